package gate

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"jail/network"
)

// world is a gate with servers that names lead to. Both lie at the loopback of the tests.
type world struct {
	gate    *Gate
	log     *lockedBuffer
	servers map[string]string // addresses by NAME:PORT
	mutex   sync.Mutex
}

type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

func newWorld(t testing.TB, c Config, allow, deny string) *world {
	t.Helper()
	w := &world{log: &lockedBuffer{}, servers: map[string]string{}}
	var err error
	if c.Policy, err = network.Compile(strings.Fields(allow), strings.Fields(deny), false); err != nil {
		t.Fatal(err)
	}
	c.Log = NewLog(w.log)
	w.gate = newGate(c)
	w.gate.mayReach = func(netip.AddrPort, network.Decision) (network.Reason, bool) { return "", true }
	w.gate.connect = func(ctx context.Context, d *net.Dialer, target string) (net.Conn, error) {
		w.mutex.Lock()
		address := w.servers[target]
		w.mutex.Unlock()
		if address == "" {
			return nil, &net.DNSError{Err: "no such host", Name: target, IsNotFound: true}
		}
		return d.DialContext(ctx, "tcp", address)
	}
	t.Cleanup(w.gate.stop)
	return w
}

// serve starts a server that a name and port lead to.
func (w *world) serve(t testing.TB, handle func(*net.TCPConn), targets ...string) {
	t.Helper()
	l := listen4(t)
	w.mutex.Lock()
	for _, target := range targets {
		host, port, _ := net.SplitHostPort(target)
		if _, err := netip.ParseAddr(host); err != nil {
			host += "."
		}
		w.servers[net.JoinHostPort(host, port)] = l.Addr().String()
	}
	w.mutex.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn.(*net.TCPConn))
			}()
		}
	}()
}

func listen4(t testing.TB) net.Listener {
	t.Helper()
	config := net.ListenConfig{}
	config.SetMultipathTCP(false) // splice(2) knows TCP alone
	l, err := config.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// open connects as a program of the jail does that has asked for a name, or names an address.
func (w *world) open(t testing.TB, host string, port int) *net.TCPConn {
	t.Helper()
	address, err := netip.ParseAddr(host)
	if err != nil {
		address = w.gate.names.address(host, true)
	}
	l, connected := listen4(t), make(chan struct{})
	go func() {
		conn, err := l.Accept()
		l.Close()
		if err != nil {
			return
		}
		<-connected // or a connection that is reset at once fails here
		w.gate.lead(conn.(*net.TCPConn), netip.AddrPortFrom(address, uint16(port)))
		conn.Close()
	}()
	dialer := net.Dialer{}
	dialer.SetMultipathTCP(false)
	conn, err := dialer.Dial("tcp", l.Addr().String())
	close(connected)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// entries waits until the log has a line of a verdict, and returns all of those.
func (w *world) entries(t testing.TB, verdict string) (found []Entry) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for line := range strings.Lines(w.log.String()) {
			var e Entry
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			if e.Verdict == verdict {
				found = append(found, e)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	t.Fatalf("no %q in the log:\n%s", verdict, w.log)
	return nil
}

// recorder is a server that keeps what it hears, and answers each read.
type recorder struct {
	mutex sync.Mutex
	heard bytes.Buffer
	reply string
}

func (r *recorder) handle(c *net.TCPConn) {
	buffer := make([]byte, 1<<16)
	for {
		n, err := c.Read(buffer)
		r.mutex.Lock()
		r.heard.Write(buffer[:n])
		r.mutex.Unlock()
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, r.reply)
	}
}

func (r *recorder) String() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.heard.String()
}

// say sends pieces with a pause between them, ends, and returns what is heard until the other side ends too.
func say(t testing.TB, c *net.TCPConn, pause time.Duration, pieces ...string) string {
	t.Helper()
	for i, piece := range pieces {
		if i > 0 {
			time.Sleep(pause)
		}
		if _, err := io.WriteString(c, piece); err != nil {
			break // refused meanwhile
		}
	}
	_ = c.CloseWrite()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	all, err := io.ReadAll(c)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%q is not answered: %v", pieces, err)
	}
	return string(all)
}

func bytewise(text string) (pieces []string) {
	for i := range len(text) {
		pieces = append(pieces, text[i:i+1])
	}
	return pieces
}

func helloFor(t testing.TB, name string) string {
	return string(clientHello(t, &tls.Config{ServerName: name, InsecureSkipVerify: name == ""}))
}

func itoa(n int) string { return strconv.Itoa(n) }
