package gate

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"jail/network"
)

func testGate() *Gate {
	g := &Gate{names: newNames(), Config: Config{Policy: &network.Policy{}}}
	g.queries.left, g.queries.last = queriesBurst, time.Now()
	return g
}

// ask packs a question as a resolver does, and unpacks the answer with another's code.
func ask(t *testing.T, g *Gate, name string, kind dnsmessage.Type) dnsmessage.Message {
	t.Helper()
	query := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true}}
	query.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}}
	packet, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	// Resolvers put EDNS behind it.
	packet[11] = 1
	packet = append(packet, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0)
	var m dnsmessage.Message
	if err := m.Unpack(g.answer(packet)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if m.ID != 7 || !m.Response || !m.RecursionDesired || !m.RecursionAvailable || len(m.Questions) != 1 || m.Questions[0] != query.Questions[0] {
		t.Errorf("%s: got %+v", name, m)
	}
	return m
}

func TestAnswers(t *testing.T) {
	g := testGate()
	first := ask(t, g, "a.example.com.", dnsmessage.TypeA)
	if len(first.Answers) != 1 {
		t.Fatalf("got %+v", first)
	}
	address := netip.AddrFrom4(first.Answers[0].Body.(*dnsmessage.AResource).A)
	if name, ok := g.names.name(address); !ok || name != "a.example.com" || !pool.Contains(address) {
		t.Errorf("%v is the address of %q", address, name)
	}
	again := ask(t, g, "A.Example.com.", dnsmessage.TypeA)
	if len(again.Answers) != 1 || again.Answers[0].Body.(*dnsmessage.AResource).A != address.As4() {
		t.Errorf("in capitals: %+v", again)
	}
	if other := testGate(); ask(t, other, "a.example.com.", dnsmessage.TypeA).Answers[0].Body.(*dnsmessage.AResource).A != address.As4() {
		t.Error("another run has another address")
	}
	four := address.As4()
	back := ask(t, g, netip.AddrFrom4([4]byte{four[3], four[2], four[1], four[0]}).String()+".in-addr.arpa.", dnsmessage.TypePTR)
	if len(back.Answers) != 1 || back.Answers[0].Body.(*dnsmessage.PTRResource).PTR.String() != "a.example.com." {
		t.Errorf("back: %+v", back)
	}
	for _, kind := range []dnsmessage.Type{dnsmessage.TypeAAAA, dnsmessage.TypeTXT, dnsmessage.TypeSRV, dnsmessage.TypeMX, 65, 64} {
		if m := ask(t, g, "a.example.com.", kind); len(m.Answers) != 0 || m.RCode != dnsmessage.RCodeSuccess {
			t.Errorf("type %v: %+v", kind, m)
		}
	}
	for _, name := range []string{"single.", "printer.local.", "x.internal.", "x.onion.", "1.0.0.10.in-addr.arpa.", "a b.example.", "a\x00.example.", "."} {
		if m := ask(t, g, name, dnsmessage.TypeA); len(m.Answers) != 0 || m.RCode != dnsmessage.RCodeNameError {
			t.Errorf("%q: %+v", name, m)
		}
	}
	if m := ask(t, g, "localhost.", dnsmessage.TypeA); m.Answers[0].Body.(*dnsmessage.AResource).A != [4]byte{127, 0, 0, 1} {
		t.Errorf("localhost: %+v", m)
	}
	if m := ask(t, g, HostName+".", dnsmessage.TypeA); len(m.Answers) != 1 {
		t.Errorf("%s: %+v", HostName, m)
	}
}

// A hundred thousand names are more than there are addresses: the oldest go, those that stay keep theirs, and no two share one.
func TestManyNames(t *testing.T) {
	n := newNames()
	kept := n.address("kept.example", true)
	var last netip.Addr
	for i := range 100_000 {
		last = n.address("n"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+netip.AddrFrom4([4]byte{0, byte(i >> 16), byte(i >> 8), byte(i)}).String(), false)
	}
	if len(n.byName) > mostNames || len(n.byName) != len(n.bySlot) {
		t.Errorf("%d names, %d addresses", len(n.byName), len(n.bySlot))
	}
	if _, ok := n.name(last); !ok {
		t.Error("the last name is gone")
	}
	if name, _ := n.name(kept); name != "kept.example" {
		t.Errorf("a name that a rule is about became %q", name)
	}
}

// Names of local networks are nobody's, but those that the user has named.
func TestLocalNamesThatAreNamed(t *testing.T) {
	g := testGate()
	var err error
	if g.Policy, err = network.Compile([]string{"nas.local", "db:5432", "*.corp.internal", "*"}, nil, false); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"nas.local.": 1, "NAS.local.": 1, "db.": 1, "other.local.": 0, "git.corp.internal.": 0, "single.": 0, "127.0.0.1.": 0, "2130706433.": 0} {
		if m := ask(t, g, name, dnsmessage.TypeA); len(m.Answers) != want {
			t.Errorf("%s: got %v, want %d", name, m.Answers, want)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	query := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName("a.example."), Type: 1, Class: 1}}}
	packet, _ := query.Pack()
	f.Add(packet)
	f.Add(packet[:13])
	f.Add(bytes.Repeat([]byte{63}, 400))
	f.Add(append(packet[:12:12], 0xc0, 12, 0, 1, 0, 1))
	f.Add(slices.Concat(packet[:12], bytes.Repeat(append([]byte{63}, bytes.Repeat([]byte("a"), 63)...), 4), []byte{0, 0, 1, 0, 1})) // a byte too long
	g := testGate()
	f.Fuzz(func(t *testing.T, data []byte) {
		answer := g.answer(data)
		if answer == nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(answer); err != nil || !m.Response || len(answer) > len(data)+300 {
			t.Errorf("%q gives %q: %v", data, answer, err)
		}
	})
}
