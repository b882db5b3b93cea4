package gate

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"jail/network"
)

const (
	good   = "GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n"
	evil   = "GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n"
	banner = "220 welcome\r\n"
	change = "\x14\x03\x03\x00\x01\x01"     // ChangeCipherSpec
	alert  = "\x15\x03\x03\x00\x02\x01\x5a" // a warning, user_canceled
	none   = "\x17\x03\x03\x00\x00"         // application data, of no byte
)

// Each way round the gate is tried at a connection to an allowed name, with a control: what is allowed comes through by the same
// way, whole. What is refused never reaches the server, not one byte of it.
func TestWaysRoundTheGate(t *testing.T) {
	hello, other, nameless, foreign := helloFor(t, "allowed.test"), helloFor(t, "other.test"), helloFor(t, ""), helloFor(t, "evil.test")
	hidden := string(withExtension([]byte(hello), []byte{0xfe, 0x0d, 0, 1, 0}))
	early := string(withExtension([]byte(hello), []byte{0, extensionEarly, 0, 0}))
	cut := string(cutInto([]byte(hello), 50))
	cutForeign := string(cutInto([]byte(foreign), 50))
	for _, tt := range []struct {
		what   string
		port   int
		pause  time.Duration
		pieces []string
		reason string // empty where it is let through
		ech    ECH
		heard  string // what the server hears, where that is not all that was said
	}{
		{what: "request", port: 80, pieces: []string{good}},
		{what: "host", port: 80, pieces: []string{evil}, reason: "host-not-allowed"},
		{what: "second hello", port: 443, pieces: []string{hello, change + hello, "\x17\x03\x03\x00\x01x"}},
		{what: "second hello with another name", port: 443, pieces: []string{hello, foreign}, reason: "sni-changed", heard: hello},
		{what: "second hello with another name that is allowed", port: 443, pieces: []string{hello, other}, reason: "sni-changed", heard: hello},
		{what: "second hello without a name", port: 443, pieces: []string{hello, nameless}, reason: "sni-changed", heard: hello},
		{what: "second hello behind a change of cipher", port: 443, pieces: []string{hello, change, foreign}, reason: "sni-changed", heard: hello + change},
		{what: "second hello behind an alert", port: 443, pieces: []string{hello, alert, foreign}, reason: "sni-changed", heard: hello + alert},
		{what: "second hello behind an empty change of cipher", port: 443, pieces: []string{hello, "\x14\x03\x03\x00\x00", foreign}, reason: "sni-changed", heard: hello + "\x14\x03\x03\x00\x00"},
		{what: "second hello behind early data", port: 443, pieces: []string{early, none, "\x17\x03\x03\x00\x01x", foreign}, reason: "sni-changed", heard: early + none + "\x17\x03\x03\x00\x01x"},
		{what: "second hello behind an empty message", port: 443, pieces: []string{hello, "\x16\x03\x03\x00\x00", foreign}, reason: "bad-client-hello", heard: hello},
		{what: "an alert and the end", port: 443, pieces: []string{hello, alert}},
		{what: "second hello with a hidden name", port: 443, pieces: []string{hello, hidden}, reason: "sni-changed", heard: hello},
		{what: "second hello in pieces", port: 443, pieces: []string{hello, cutForeign}, reason: "sni-changed", heard: hello},
		{what: "another message of the handshake", port: 443, pieces: []string{hello, "\x16\x03\x03\x00\x04\x10\x00\x00\x00", change, "\x17\x03\x03\x00\x01x"}},
		{what: "request at another port", port: 8080, pieces: []string{strings.Replace(good, "test", "test:8080", 1)}},
		{what: "host at another port", port: 8080, pieces: []string{evil}, reason: "host-not-allowed"},
		{what: "host with another port", port: 80, pieces: []string{strings.Replace(good, "test", "test:8080", 1)}, reason: "host-not-allowed"},
		{what: "host in upper case", port: 80, pieces: []string{strings.Replace(good, "allowed.test", "ALLOWED.test.", 1)}},
		{what: "host with user", port: 80, pieces: []string{strings.Replace(good, "allowed.test", "allowed.test@evil.test", 1)}, reason: "host-not-allowed"},
		{what: "second host on one connection", port: 80, pieces: []string{good + evil}, reason: "host-not-allowed", heard: good},
		{what: "second request on one connection", port: 80, pieces: []string{good + good}},
		{what: "absolute form", port: 80, pieces: []string{strings.Replace(good, " /", " http://evil.test/", 1)}, reason: "host-not-allowed"},
		{what: "two hosts", port: 80, pieces: []string{strings.Replace(good, "\r\n\r\n", "\r\nHost: evil.test\r\n\r\n", 1)}, reason: "bad-request"},
		{what: "folded host", port: 80, pieces: []string{strings.Replace(good, "\r\n\r\n", "\r\nX: y\r\n Host: evil.test\r\n\r\n", 1)}, reason: "bad-request"},
		{what: "no host", port: 80, pieces: []string{"GET / HTTP/1.1\r\n\r\n"}, reason: "bad-request"},
		{what: "host behind a lone line feed", port: 80, pieces: []string{strings.Replace(good, "\r\n\r\n", "\r\nX: y\nHost: evil.test\r\n\r\n", 1)}, reason: "bad-request"},
		{what: "host behind a NUL", port: 80, pieces: []string{strings.Replace(good, "allowed", "evil.test\x00.allowed", 1)}, reason: "bad-request"},
		{what: "connect", port: 80, pieces: []string{"CONNECT evil.test:443 HTTP/1.1\r\nHost: allowed.test\r\n\r\n"}, reason: "host-not-allowed"},
		{what: "connect at another port", port: 8080, pieces: []string{"CONNECT evil.test:443 HTTP/1.1\r\nHost: allowed.test\r\n\r\n"}, reason: "host-not-allowed"},
		{what: "length and chunks", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + evil}, reason: "bad-request"},
		{what: "two lengths", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n" + evil}, reason: "bad-request"},
		{what: "length below zero", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: -0\r\n\r\n"}, reason: "bad-request"},
		{what: "chunks of HTTP/1.0", port: 80, pieces: []string{"POST / HTTP/1.0\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, reason: "bad-request"},
		{what: "chunks", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + good}},
		{what: "host behind chunks", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + evil}, reason: "host-not-allowed",
			heard: "POST / HTTP/1.1\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{what: "host in a body", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: " + itoa(len(evil)) + "\r\n\r\n" + evil}},
		{what: "host behind chunks of another spelling", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nTransfer_Encoding: chunked\r\nContent-Length: " + itoa(5+len(evil)) + "\r\n\r\n0\r\n\r\n" + evil}, reason: "bad-request"},
		{what: "host behind a length of another spelling", port: 80, pieces: []string{"POST / HTTP/1.1\r\nHost: allowed.test\r\nCONTENT_LENGTH: 0\r\nContent-Length: " + itoa(len(evil)) + "\r\n\r\n" + evil}, reason: "bad-request"},
		{what: "other field with an underscore", port: 80, pieces: []string{strings.Replace(good, "\r\n\r\n", "\r\nx_trace: 1\r\n\r\n", 1)}},
		{what: "host behind chunks of a version behind a tab", port: 80, pieces: []string{"POST /\tHTTP/1.0 HTTP/1.1\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}, reason: "bad-request"},
		{what: "HTTP/2 by prior knowledge", port: 80, pieces: []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, reason: "bad-request"},
		{what: "HTTP/2 at another port", port: 8080, pieces: []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}, reason: "bad-request"},
		{what: "HTTP/2 by upgrade", port: 80, pieces: []string{strings.Replace(good, "\r\n\r\n", "\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 1)}, reason: "upgrade"},
		{what: "host byte by byte", port: 8080, pause: time.Millisecond, pieces: bytewise(evil), reason: "host-not-allowed"},
		{what: "request byte by byte", port: 8080, pause: time.Millisecond, pieces: bytewise(good)},
		{what: "request that begins late", port: 8080, pause: 2100 * time.Millisecond, pieces: []string{"", good}},
		{what: "host that begins late", port: 8080, pause: 2100 * time.Millisecond, pieces: []string{"", evil}, reason: "host-not-allowed"},
		{what: "method that takes its time", port: 8080, pause: 2100 * time.Millisecond, pieces: []string{"GE", evil[2:]}, reason: "host-not-allowed"},
		{what: "method that begins late and takes its time", port: 8080, pause: 2100 * time.Millisecond, pieces: []string{"", "GE", evil[2:]}, reason: "host-not-allowed"},
		{what: "host behind empty lines", port: 8080, pieces: []string{strings.Repeat("\r\n", 8) + evil}, reason: "host-not-allowed"},
		{what: "host with a method of its own", port: 8080, pieces: []string{"BREW / HTTP/1.1\r\nHost: evil.test\r\n\r\n"}, reason: "host-not-allowed"},
		{what: "method of its own", port: 8080, pieces: []string{"BREW / HTTP/1.1\r\nHost: allowed.test\r\n\r\n"}},
		{what: "host behind a bare CR for a space", port: 8080, pieces: []string{"BREW\r/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"}, reason: "bad-request"},
		{what: "host behind a long method", port: 8080, pieces: []string{strings.Repeat("A", 33) + evil[3:]}, reason: "host-not-allowed"},
		{what: "host behind a longer method", port: 8080, pieces: []string{strings.Repeat("A", mostLine+1) + evil[3:]}, reason: "bad-request"},
		{what: "long method", port: 8080, pieces: []string{strings.Repeat("A", 33) + good[3:]}},
		{what: "long word of another protocol", port: 8080, pieces: []string{strings.Repeat("A", 33) + " you\r\n", evil}},
		{what: "absolute form of a long scheme", port: 8080, pieces: []string{"BREW " + strings.Repeat("a", 17) + "://evil.test" + evil[4:]}, reason: "host-not-allowed"},
		{what: "host behind a line of a relay", port: 8080, pieces: []string{"PROXY TCP4 192.0.2.1 192.0.2.2 1 80\r\n" + evil}, reason: "bad-request"},
		{what: "host behind a header of a relay", port: 8080, pieces: []string{proxyHeader + "\x20\x00\x00\x00" + evil}, reason: "bad-request"},
		{what: "request to a port of TLS", port: 443, pieces: []string{evil}, reason: "host-not-allowed"},

		{what: "TLS", port: 443, pieces: []string{hello}},
		{what: "name of TLS", port: 443, pieces: []string{foreign}, reason: "sni-not-allowed"},
		{what: "name of TLS that is allowed too", port: 443, pieces: []string{other}},
		{what: "no name of TLS", port: 443, pieces: []string{nameless}, reason: "no-sni"},
		{what: "hidden name of TLS", port: 443, pieces: []string{hidden}, reason: "ech"},
		{what: "hidden name of TLS that begins late", port: 8080, pause: 400 * time.Millisecond, pieces: []string{"", hidden}, reason: "ech"},
		{what: "hidden name of TLS where that is relaxed", port: 443, ech: ECHPasses, pieces: []string{hidden}},
		{what: "TLS at another port", port: 8080, pieces: []string{foreign}, reason: "sni-not-allowed"},
		{what: "TLS at the port of HTTP", port: 80, pieces: []string{foreign}, reason: "sni-not-allowed"},
		{what: "TLS byte by byte", port: 443, pieces: bytewise(hello)},
		{what: "name of TLS byte by byte", port: 443, pieces: bytewise(foreign), reason: "sni-not-allowed"},
		{what: "TLS over many records", port: 443, pieces: []string{cut}},
		{what: "name of TLS over many records", port: 443, pieces: []string{cutForeign}, reason: "sni-not-allowed"},
		{what: "TLS that begins late", port: 8080, pause: 400 * time.Millisecond, pieces: []string{"", hello}},
		{what: "name of TLS that begins late", port: 8080, pause: 400 * time.Millisecond, pieces: []string{"", foreign}, reason: "sni-not-allowed"},
		{what: "half of a first message", port: 443, pieces: []string{hello[:40]}, reason: "bad-client-hello"},
		{what: "garbage of TLS", port: 443, pieces: []string{"\x16\x03\x01\x00\x05garba"}, reason: "bad-client-hello"},
		{what: "nothing", port: 443, pieces: nil, reason: "no-client-bytes"},

		{what: "name of TLS behind an alert", port: 443, pieces: []string{alert + foreign}, reason: "bad-client-hello"},
		{what: "name of TLS behind an alert of no version", port: 443, pieces: []string{"\x15\x00\x00\x00\x02\x01\x5a" + foreign}, reason: "bad-client-hello"},
		{what: "name of TLS behind an alert of another version", port: 8080, pieces: []string{"\x15\x05\x02\x00\x02\x01\x5a" + foreign}, reason: "bad-client-hello"},
		{what: "name of TLS behind an alert that begins late", port: 8080, pause: 400 * time.Millisecond, pieces: []string{"", alert[:1], alert[1:] + foreign}, reason: "bad-client-hello"},
		{what: "hidden name of TLS behind an alert", port: 443, pieces: []string{alert + hidden}, reason: "bad-client-hello"},
		{what: "name of TLS behind an empty change of cipher", port: 443, pieces: []string{"\x14\x03\x01\x00\x00" + foreign}, reason: "bad-client-hello"},
		{what: "name of TLS behind a header of a relay", port: 443, pieces: []string{proxyHeader + "\x20\x00\x00\x00" + foreign}, reason: "bad-request"},
		{what: "name of TLS behind a line of a relay", port: 443, pieces: []string{"PROXY UNKNOWN\r\n" + foreign}, reason: "bad-request"},
		{what: "first message of SSL 2.0", port: 443, pieces: []string{"\x80\x2e\x01\x03\x03\x00\x15\x00\x00\x00\x10" + strings.Repeat("x", 37)}, reason: "bad-client-hello"},
		{what: "other protocol whose first byte is an alert's", port: 8080, pieces: []string{"\x15\x00\x00\x00\x07\x00\x00\x00more", "more"}},

		{what: "other protocol", port: 8080, pieces: []string{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "more"}},
		{what: "half of what might be a request", port: 8080, pieces: []string{"PING"}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, Config{ECH: tt.ech}, "allowed.test:443,80,8080 other.test", "")
			server := &recorder{}
			w.serve(t, server.handle, "allowed.test:80", "allowed.test:443", "allowed.test:8080")
			got := say(t, w.open(t, "allowed.test", tt.port), tt.pause, tt.pieces...)
			want := strings.Join(tt.pieces, "")
			if tt.reason != "" {
				if e := w.entries(t, "deny"); e[0].Reason != tt.reason || e[0].Host != "allowed.test" || e[0].Port != tt.port {
					t.Errorf("the log has %+v, want %q", e, tt.reason)
				}
				want = tt.heard
				if strings.HasPrefix(want, "GET") && !strings.Contains(got, "403") {
					t.Errorf("the client hears %q", got)
				}
			} else {
				w.entries(t, "end")
			}
			if heard := server.String(); heard != want {
				t.Errorf("the server heard %q, want %q\n%s", heard, want, w.log)
			}
		})
	}
}

// Where a connection goes decides before anything is said: by names, and by addresses that no name was asked for.
func TestDestinations(t *testing.T) {
	w := newWorld(t, Config{HostPorts: map[int]int{1: 1}}, "*.wild.test exact.test:8080 203.0.113.0/24:8080 [2001:db8::/32]:8080 6.0.0.0/8:9999", "no.wild.test")
	server := &recorder{}
	for _, target := range []string{"a.wild.test:22", "exact.test:8080", "203.0.113.5:8080", "[2001:db8::5]:8080", "xwild.test:22", "wild.test:22", "no.wild.test:22", "203.0.114.5:8080", "6.6.250.250:9999", "6.7.0.1:9999"} {
		w.serve(t, server.handle, target)
	}
	for _, tt := range []struct {
		host   string
		port   int
		reason string
	}{
		{"a.wild.test", 22, ""}, {"exact.test", 8080, ""}, {"203.0.113.5", 8080, ""}, {"2001:db8::5", 8080, ""},
		{"xwild.test", 22, "not-in-allow-list"}, {"wild.test", 22, "not-in-allow-list"}, {"no.wild.test", 22, "deny-rule"}, {"exact.test", 22, "port"},
		{"203.0.114.5", 8080, "direct-ip"}, {"203.0.113.5", 22, "port"}, {"6.6.250.250", 9999, "not-in-allow-list"},
		{"127.0.0.1", 8081, "not-in-allow-list"}, {HostName, 22, "not-in-allow-list"}, {"6.7.0.1", 9999, ""},
	} {
		before := server.String()
		say(t, w.open(t, tt.host, tt.port), 0, "\x00hello")
		if passed := server.String() != before; passed != (tt.reason == "") {
			t.Errorf("%s at %d: passed is %v", tt.host, tt.port, passed)
		}
		if tt.host == "127.0.0.1" {
			tt.host = HostName // which it is in a jail
		}
		if found := strings.Contains(w.log.String(), `"deny","reason":"`+tt.reason+`","via":"tcp","host":"`+tt.host+`","port":`+itoa(tt.port)); found != (tt.reason != "") {
			t.Errorf("%s at %d: %s", tt.host, tt.port, w.log)
		}
	}
}

// An allowed name that leads to this machine is refused in the moment of the connection, whatever it led to before.
func TestNamesThatLeadHome(t *testing.T) {
	w := newWorld(t, Config{}, "rebind.test:80,443,22", "")
	server := &recorder{reply: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}
	w.serve(t, server.handle, "rebind.test:80", "rebind.test:443", "rebind.test:22")
	request := strings.Replace(good, "allowed", "rebind", 1)
	if got := say(t, w.open(t, "rebind.test", 80), 0, request); !strings.Contains(got, "200 OK") {
		t.Fatalf("the control hears %q", got)
	}
	w.gate.mayReach = w.gate.reach
	before := server.String()
	if got := say(t, w.open(t, "rebind.test", 80), 0, request); !strings.Contains(got, "403 Forbidden") || !strings.Contains(got, "private-address") {
		t.Errorf("the client hears %q", got)
	}
	say(t, w.open(t, "rebind.test", 443), 0, helloFor(t, "rebind.test"))
	say(t, w.open(t, "rebind.test", 22), 0, "SSH-2.0-x\r\n")
	for _, e := range w.entries(t, "deny") {
		if e.Reason != string(network.PrivateAddress) {
			t.Errorf("got %+v", e)
		}
	}
	if n := strings.Count(w.log.String(), string(network.PrivateAddress)); n != 3 || server.String() != before {
		t.Errorf("%d are refused, and the server heard %q", n, server)
	}
}

// An address of this very machine is private, also where it is a public one, unless a rule names it.
func TestOwnAddresses(t *testing.T) {
	for _, tt := range []struct {
		rules string
		audit bool
		to    string
		want  network.Reason
	}{
		{"", true, "203.0.113.7:80", network.PrivateAddress},
		{"", true, "[2001:db8::7]:80", network.PrivateAddress},
		{"", true, "203.0.113.8:80", ""},
		{"203.0.113.0/24:80", false, "203.0.113.7:80", ""},
		{"203.0.113.7:80", false, "203.0.113.7:80", ""},
	} {
		policy, err := network.Compile(strings.Fields(tt.rules), nil, tt.audit)
		if err != nil {
			t.Fatal(err)
		}
		g := newGate(Config{Policy: policy})
		g.addresses = func() ([]net.Addr, error) {
			return []net.Addr{&net.IPNet{IP: net.ParseIP("203.0.113.7"), Mask: net.CIDRMask(24, 32)}, &net.IPNet{IP: net.ParseIP("2001:db8::7"), Mask: net.CIDRMask(64, 128)}}, nil
		}
		to := netip.MustParseAddrPort(tt.to)
		reason, ok := g.mayReach(to, policy.Address(to.Addr(), int(to.Port())))
		if ok != (tt.want == "") || reason != tt.want {
			t.Errorf("%s by %q: %v, %q", tt.to, tt.rules, ok, reason)
		}
		g.addresses = func() ([]net.Addr, error) { return nil, errors.New("no") }
		if _, ok := g.mayReach(netip.MustParseAddrPort("203.0.113.8:80"), network.Decision{Allow: true}); ok {
			t.Error("without knowing its own addresses the gate lets one through")
		}
	}
}

// Behind a proxy the gate still decides about addresses: the proxy would connect to any.
func TestUpstream(t *testing.T) {
	proxy := &recorder{reply: "HTTP/1.1 200 Connection established\r\n\r\n"}
	w := newWorld(t, Config{}, "allowed.test:8080 169.254.0.0/16:8080 203.0.113.0/24:8080 *:8081", "")
	w.gate.mayReach = w.gate.reach
	l := listen4(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				proxy.handle(conn.(*net.TCPConn))
			}()
		}
	}()
	var err error
	if w.gate.Upstream, err = ParseProxy("http://user:secret@"+l.Addr().String(), ""); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		host, asked string
		port        int
	}{
		{"allowed.test", "CONNECT allowed.test:8080 HTTP/1.1\r\n", 8080},
		{"203.0.113.5", "CONNECT 203.0.113.5:8080 HTTP/1.1\r\n", 8080},
		{"169.254.169.254", "", 8080},
		{"127.0.0.2", "", 8080},
		{"6.6.6.6", "", 8081},
	} {
		before := proxy.String()
		c := w.open(t, tt.host, tt.port)
		say(t, c, 0, "\x00hello")
		if heard := strings.TrimPrefix(proxy.String(), before); tt.asked == "" && heard != "" || !strings.HasPrefix(heard, tt.asked) {
			t.Errorf("for %s the proxy is asked %q", tt.host, heard)
		}
	}
	if strings.Contains(w.log.String(), "secret") {
		t.Error("the log has the proxy's password")
	}
}

// What a server says first is heard before the client speaks, and an answer that its end alone ends comes to its end.
func TestServersThatSpeakFirst(t *testing.T) {
	w := newWorld(t, Config{}, "allowed.test:25,80,8080", "")
	w.serve(t, func(c *net.TCPConn) {
		_, _ = c.Write([]byte(banner))
		_, _ = c.Read(make([]byte, 16))
		_, _ = c.Write([]byte("250 hi\r\n"))
	}, "allowed.test:25")
	w.serve(t, func(c *net.TCPConn) {
		_, _ = c.Read(make([]byte, 4096))
		_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\n\r\nall of it"))
	}, "allowed.test:80")
	c := w.open(t, "allowed.test", 25)
	heard := make([]byte, len(banner))
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(heard); err != nil || string(heard) != banner {
		t.Fatalf("got %q, %v", heard, err)
	}
	if got := say(t, c, 0, "EHLO me\r\n"); got != "250 hi\r\n" {
		t.Errorf("got %q", got)
	}
	c = w.open(t, "allowed.test", 80)
	if _, err := c.Write([]byte(good)); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	var all []byte
	buffer := make([]byte, 512)
	for {
		n, err := c.Read(buffer)
		all = append(all, buffer[:n]...)
		if err != nil {
			if !errors.Is(err, io.EOF) || !strings.HasSuffix(string(all), "all of it") {
				t.Errorf("got %q, %v", all, err)
			}
			break
		}
	}
	w.entries(t, "end")
}

// A host that cannot be reached, be it that the resolver is down, is told as such and not as refused by the policy.
func TestUnreachable(t *testing.T) {
	w := newWorld(t, Config{}, "gone.test:80,22", "")
	if got := say(t, w.open(t, "gone.test", 80), 0, strings.Replace(good, "allowed", "gone", 1)); !strings.Contains(got, "502 Bad Gateway") {
		t.Errorf("the client hears %q", got)
	}
	say(t, w.open(t, "gone.test", 22), 0, "SSH-2.0-x\r\n")
	if n := strings.Count(w.log.String(), `"dial-error"`); n != 2 || strings.Contains(w.log.String(), `"allow"`) {
		t.Errorf("the log has %s", w.log)
	}
}

// Behind an accepted upgrade to WebSocket all passes; behind one that the server did not accept each host is looked at on.
func TestUpgrade(t *testing.T) {
	request := "GET / HTTP/1.1\r\nHost: allowed.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	for _, tt := range []struct{ answer, heard string }{
		{"HTTP/1.1 101 Switching Protocols\r\n\r\n", request + "\x81\x00" + evil},
		{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", request},
	} {
		w := newWorld(t, Config{}, "allowed.test", "")
		server := &recorder{reply: tt.answer}
		w.serve(t, server.handle, "allowed.test:80")
		follows := strings.TrimPrefix(tt.heard, request) // what a server that has not accepted must not be told
		if follows == "" {
			follows = evil
		}
		say(t, w.open(t, "allowed.test", 80), 0, request+follows)
		w.entries(t, "end")
		if heard := server.String(); heard != tt.heard {
			t.Errorf("behind %q the server hears %q, want %q", tt.answer, heard, tt.heard)
		}
	}
}
