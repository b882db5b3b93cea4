package gate

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"
)

// byProxy connects to a gate that is asked as a proxy.
func (w *world) byProxy(t *testing.T) *net.TCPConn {
	t.Helper()
	l := listen4(t)
	go func() {
		if conn, err := l.Accept(); err == nil {
			w.gate.serveProxy(conn.(*net.TCPConn))
			conn.Close()
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// tunnel asks for a tunnel, and returns what is left to talk over.
func tunnel(t *testing.T, w *world, target string) *net.TCPConn {
	t.Helper()
	c := w.byProxy(t)
	if _, err := c.Write([]byte("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, len("HTTP/1.1 200 Connection established\r\n\r\n"))
	for n := 0; n < len(answer); {
		more, err := c.Read(answer[n:])
		if err != nil {
			t.Fatalf("%q: %v", answer[:n], err)
		}
		n += more
	}
	if !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") {
		t.Fatalf("got %q", answer)
	}
	return c
}

// A client that asks a proxy is held to the same rules as one that connects.
func TestProxyConnects(t *testing.T) {
	w := newWorld(t, Config{}, "good.example", "")
	server := &recorder{reply: "answer"}
	w.serve(t, server.handle, "good.example:443", "bad.example:443")
	if got := say(t, tunnel(t, w, "good.example:443"), 0, helloFor(t, "good.example")); !strings.Contains(got, "answer") || server.String() == "" {
		t.Errorf("the control: got %q, the server heard %q", got, server)
	}
	heard := server.String()
	for _, test := range []struct{ target, name string }{
		{"bad.example:443", "bad.example"}, {"good.example:443", "bad.example"}, {"bad.example:443", "good.example"}, {"good.example:8443", "good.example"}, {"6.6.1.2:443", "good.example"}, {"10.0.0.1:443", "good.example"}, {"a..b:443", "good.example"},
	} {
		if got := say(t, tunnel(t, w, test.target), 0, helloFor(t, test.name)); strings.Contains(got, "answer") {
			t.Errorf("%s as %s: got %q", test.target, test.name, got)
		}
	}
	if server.String() != heard {
		t.Error("the server heard of what was refused")
	}
	if denied := w.entries(t, "deny"); len(denied) == 0 || denied[0].Host != "bad.example" {
		t.Errorf("the log has %+v", denied)
	}
}

// One request for a whole address is passed on as the server expects it, and none follows it on the same connection.
func TestProxyPassesRequests(t *testing.T) {
	w := newWorld(t, Config{}, "good.example", "")
	server := &recorder{reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"}
	w.serve(t, server.handle, "good.example:80")
	got := say(t, w.byProxy(t), 0, "POST http://good.example/a?b HTTP/1.1\r\nHost: good.example\r\nContent-Length: 4\r\n\r\nbody")
	if !strings.HasSuffix(got, "ok") || !strings.HasPrefix(server.String(), "POST /a?b HTTP/1.1\r\nConnection: close\r\nHost: good.example\r\n") || !strings.HasSuffix(server.String(), "\r\n\r\nbody") {
		t.Errorf("got %q, the server heard %q", got, server)
	}
	heard := server.String()
	for _, request := range []string{
		"GET http://bad.example/ HTTP/1.1\r\nHost: bad.example\r\n\r\n",
		"GET http://good.example/ HTTP/1.1\r\nHost: bad.example\r\n\r\n",
		"GET http://bad.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n",
		"GET http://good.example:81/ HTTP/1.1\r\nHost: good.example\r\n\r\n",
		"GET http://x@good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n",
		"GET http://good.example/ HTTP/1.1\r\n\r\n",
		"GET http://good.example/ HTTP/1.1\nHost: good.example\n\n",
		"GET http://good.example/ HTTP/2.0\r\nHost: good.example\r\n\r\n",
		"GET https://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: good.example\r\n\r\n",
		"CONNECT good.example HTTP/1.1\r\n\r\n",
		"CONNECT good.example:0 HTTP/1.1\r\n\r\n",
		"CONNECT good.example:80 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: good.example\r\n\r\n",
		"\x05\x01\x00",
	} {
		if got := say(t, w.byProxy(t), 0, request); strings.Contains(got, "200 OK") || server.String() != heard {
			t.Fatalf("%q: got %q", request, got)
		}
	}
}

// The jail's localhost has what leads to the host's, and nothing else of it.
func TestProxyLeadsToHostPorts(t *testing.T) {
	server := &recorder{reply: "answer"}
	l := listen4(t)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { server.handle(conn.(*net.TCPConn)); conn.Close() }()
		}
	}()
	port := int(addrPort(l.Addr()).Port())
	w := newWorld(t, Config{HostPorts: map[int]int{port: port}}, "", "")
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]", HostName} {
		if got := say(t, tunnel(t, w, host+":"+itoa(port)), 0, "hello"); !strings.Contains(got, "answer") {
			t.Errorf("%s: got %q", host, got)
		}
	}
	other := listen4(t)
	if got := say(t, tunnel(t, w, "localhost:"+itoa(int(addrPort(other.Addr()).Port()))), 0, "hello"); got != "" {
		t.Errorf("another port answers %q", got)
	}
}

// Names of local networks are nobody's here too, but those that the user has named: a proxy further on would find them in its own.
func TestProxyKnowsNoLocalNames(t *testing.T) {
	w := newWorld(t, Config{}, "* nas.local", "")
	server := &recorder{reply: "answer"}
	names := map[string]bool{"good.example": true, "nas.local": true, "x.localhost": false, "metadata.google.internal": false, "printer.local": false, "single": false}
	for name := range names {
		w.serve(t, server.handle, name+":443")
	}
	for name, want := range names {
		if got := say(t, tunnel(t, w, name+":443"), 0, helloFor(t, name)); (got == "answer") != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// Whatever a client says, what is passed on is one request whose first line names no server.
func FuzzReadAsked(f *testing.F) {
	for _, text := range []string{"CONNECT a:443 HTTP/1.1\r\n\r\n", "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\nx", "GET http://a:80 HTTP/1.0\r\n\r\n", "\r\n\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := readAsked(bufio.NewReaderSize(strings.NewReader(text), mostLine))
		if !ok {
			return
		}
		if a.host == "" || a.port < 1 || a.port > 65535 || strings.ContainsAny(a.host, "/@?# \r\n") {
			t.Errorf("%q leads to %q, %d", text, a.host, a.port)
		}
		if a.first == nil {
			return
		}
		line, _, _ := strings.Cut(string(a.first), "\r\n")
		if parts := strings.Split(line, " "); len(parts) != 3 || !strings.HasPrefix(parts[1], "/") || strings.ContainsAny(line, "\r\n") {
			t.Errorf("%q becomes %q", text, line)
		}
	})
}
