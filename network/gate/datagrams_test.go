package gate

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// nflog makes a message of NFLOG about a packet.
func nflog(kind uint16, packet []byte) []byte {
	attribute := func(kind uint16, value []byte) []byte {
		a := binary.NativeEndian.AppendUint16(nil, uint16(4+len(value)))
		a = append(binary.NativeEndian.AppendUint16(a, kind), value...)
		return append(a, make([]byte, -len(a)&3)...)
	}
	body := slices.Concat([]byte{2, 0, 0, 7}, attribute(1, []byte{8, 0, 0, 0}), attribute(9, packet))
	m := binary.NativeEndian.AppendUint32(nil, uint32(16+len(body)))
	m = binary.NativeEndian.AppendUint16(m, kind)
	return slices.Concat(m, make([]byte, 10), body)
}

func packet4(t testing.TB, fragment, protocol string) []byte {
	t.Helper()
	packet, err := hex.DecodeString("45000020abcd" + fragment + "40" + protocol + "0000" + "c6120002" + "cb007142" + "c35001bb000c0000" + "68690000")
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func TestDatagrams(t *testing.T) {
	six, _ := hex.DecodeString("6000000000081140" + strings.Repeat("0", 31) + "1" + "20010db8000000000000000000000042" + "c350007b00080000")
	good := packet4(t, "0000", "11")
	for _, tt := range []struct {
		name     string
		messages []byte
		want     []string
	}{
		{"IPv4", nflog(packetMessage, good), []string{"203.0.113.66:443"}},
		{"IPv6", nflog(packetMessage, six), []string{"[2001:db8::42]:123"}},
		{"two", slices.Concat(nflog(packetMessage, good), nflog(packetMessage, six)), []string{"203.0.113.66:443", "[2001:db8::42]:123"}},
		{"of another kind", nflog(packetMessage|1, good), nil},
		{"a later fragment", nflog(packetMessage, packet4(t, "0001", "11")), []string{"203.0.113.66:0"}},
		{"another protocol", nflog(packetMessage, packet4(t, "0000", "01")), []string{"203.0.113.66:0"}},
		{"cut in the header of UDP", nflog(packetMessage, good[:22]), []string{"203.0.113.66:0"}},
		{"cut in the header of IP", nflog(packetMessage, good[:19]), nil},
		{"cut in the header of IPv6", nflog(packetMessage, six[:39]), nil},
		{"no packet", nflog(packetMessage, nil), nil},
		{"a message that is said to be longer", nflog(packetMessage, good)[:40], nil},
	} {
		var got []string
		eachDatagram(tt.messages, func(to netip.AddrPort) { got = append(got, to.String()) })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Datagrams are in the log by the name that the jail asked for, those too that came just before the end; and are no refusal that a
// run ends with: browsers try HTTP/3 wherever they go.
func TestDatagramsAreWrittenDown(t *testing.T) {
	w := newWorld(t, Config{}, "allowed.test", "")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	packet := packet4(t, "0000", "11")
	send := func(to netip.Addr) {
		copy(packet[16:], to.AsSlice())
		if _, err := write.Write(nflog(packetMessage, packet)); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() { w.gate.serveDatagrams(read); close(done) }()
	send(w.gate.names.address("allowed.test", true))
	w.entries(t, "deny")
	_ = read.SetReadDeadline(time.Unix(1, 0))
	<-done

	if read, write, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	_ = read.SetReadDeadline(time.Unix(1, 0))
	send(netip.MustParseAddr("203.0.113.66"))
	w.gate.serveDatagrams(read)

	var got []Entry
	for _, e := range w.entries(t, "deny") {
		e.Time = time.Time{}
		got = append(got, e)
	}
	want := []Entry{{Verdict: "deny", Reason: "udp", Via: "udp", Host: "allowed.test", Port: 443}, {Verdict: "deny", Reason: "udp", Via: "udp", Host: "203.0.113.66", Port: 443}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if denials, more, err := w.gate.Log.Finish(); len(denials) != 0 || more != 0 || err != nil {
		t.Errorf("at the end: %v, %d, %v", denials, more, err)
	}
}

func FuzzDatagrams(f *testing.F) {
	f.Add(nflog(packetMessage, packet4(f, "0000", "11")))
	f.Add([]byte{0x60})
	f.Fuzz(func(t *testing.T, messages []byte) {
		eachDatagram(messages, func(to netip.AddrPort) {
			if !to.Addr().IsValid() {
				t.Error("no address")
			}
		})
		if to, ok := destination(messages); ok && !to.Addr().IsValid() {
			t.Error("no address")
		}
	})
}
