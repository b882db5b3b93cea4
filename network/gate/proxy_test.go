package gate

import (
	"io"
	"net"
	"net/netip"
	"testing"
)

func TestProxyExceptions(t *testing.T) {
	const elsewhere = "192.0.2.1:443"
	for _, tt := range []struct {
		exceptions, name, to string
		direct               bool
	}{
		{"", "a.example", elsewhere, false},
		{"*", "a.example", elsewhere, true},
		{"corp.example", "corp.example", elsewhere, true},
		{"corp.example", "git.corp.example", elsewhere, true},
		{"corp.example", "xcorp.example", elsewhere, false},
		{"x.example, Corp.Example.", "git.corp.example", elsewhere, true},
		{".corp.example", "git.corp.example", elsewhere, true},
		{".corp.example", "corp.example", elsewhere, false},
		{"*.corp.example", "git.corp.example", elsewhere, true},
		{"*.corp.example", "corp.example", elsewhere, false},
		{"corp.example:8443", "corp.example", "192.0.2.1:8443", true},
		{"corp.example:8443", "corp.example", elsewhere, false},
		{"corp.example:https", "corp.example", elsewhere, false},
		{"192.0.2.0/24", "", elsewhere, true},
		{"192.0.2.0/24", "a.example", elsewhere, false}, // whose address nobody has asked for yet
		{"192.0.2.1", "", elsewhere, true},
		{"192.0.2.1:80", "", elsewhere, false},
		{"[2001:db8::1]:443", "", "[2001:db8::1]:443", true},
		{"2001:db8::1", "", "[2001:db8::1]:443", true},
		{"2001:db8::1", "", "[2001:db8::2]:443", false},
		{",,.,*.", "a.example", elsewhere, false},
	} {
		p, err := ParseProxy("http://proxy.example:3128", tt.exceptions)
		if err != nil {
			t.Fatal(err)
		}
		if got := !p.leads(tt.name, netip.MustParseAddrPort(tt.to)); got != tt.direct {
			t.Errorf("with NO_PROXY=%q %q %s: direct %v, want %v", tt.exceptions, tt.name, tt.to, got, tt.direct)
		}
	}
}

// What is excepted is connected to directly, and held to the same veto; the rest is asked of the proxy, which is not there.
func TestProxyException(t *testing.T) {
	gone := listen4(t)
	gone.Close()
	for _, tt := range []struct {
		host, want string
		veto       bool
	}{
		{"near.test", "near", false},
		{"near.test", "", true}, // the server is at the loopback
		{"far.test", "", false},
	} {
		w := newWorld(t, Config{}, "near.test:8080 far.test:8080", "")
		w.serve(t, func(c *net.TCPConn) { _, _ = io.WriteString(c, "near") }, "near.test:8080", "far.test:8080")
		var err error
		if w.gate.Upstream, err = ParseProxy("http://"+gone.Addr().String(), "near.test"); err != nil {
			t.Fatal(err)
		}
		if tt.veto {
			w.gate.mayReach = w.gate.reach
		}
		if got := say(t, w.open(t, tt.host, 8080), 0, "\x00"); got != tt.want {
			t.Errorf("%s, with the veto %v: got %q, want %q", tt.host, tt.veto, got, tt.want)
		}
	}
}
