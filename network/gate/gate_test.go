package gate

import (
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"jail/network"
)

// opened serves a gate at loopback listeners: what connects there wants to go to the loopback, and so to a port of the host.
func opened(t testing.TB, c Config) (g *Gate, at string) {
	t.Helper()
	l := Listeners{DNS: listen4(t), HostPorts: []net.Listener{listen4(t)}}
	packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	l.Packets = packets
	host := listen4(t)
	go func() {
		for {
			conn, err := host.Accept()
			if err != nil {
				return
			}
			// Without splice(2): a test counts pipes.
			go func() { _, _ = io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}); conn.Close() }()
		}
	}()
	at = l.HostPorts[0].Addr().String()
	c.HostPorts = map[int]int{int(netip.MustParseAddrPort(at).Port()): int(addrPort(host.Addr()).Port())}
	c.Policy = &network.Policy{}
	g = Serve(c, l)
	t.Cleanup(g.Close)
	return g, at
}

func echoes(c net.Conn) bool {
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(c, "ping\n"); err != nil {
		return false
	}
	_, err := io.ReadFull(c, make([]byte, 5))
	return err == nil
}

// More connections than there may be are reset and logged, those that are open go on, and the next ones pass again.
func TestMaxConnections(t *testing.T) {
	log := &lockedBuffer{}
	_, at := opened(t, Config{MaxConnections: 3, Log: NewLog(log)})
	var open []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", at)
		if err != nil || !echoes(c) {
			t.Fatalf("a connection that there is room for: %v", err)
		}
		defer c.Close()
		open = append(open, c)
	}
	for range 20 {
		if c, err := net.Dial("tcp", at); err == nil {
			if echoes(c) {
				t.Error("a fourth connection passes")
			}
			c.Close()
		}
	}
	if !strings.Contains(log.String(), `"reason":"limit"`) {
		t.Errorf("the log has %s", log)
	}
	if slices.ContainsFunc(open, func(c net.Conn) bool { return !echoes(c) }) {
		t.Error("an open connection ended")
	}
	open[0].Close()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", at)
		if err == nil && echoes(c) {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal("no connection passes again")
		}
	}
}

// When a gate is closed the connections end, and the log has their ends.
func TestClose(t *testing.T) {
	log := &lockedBuffer{}
	g, at := opened(t, Config{Log: NewLog(log)})
	c, err := net.Dial("tcp", at)
	if err != nil || !echoes(c) {
		t.Fatalf("the control: %v", err)
	}
	defer c.Close()
	done := make(chan struct{})
	go func() { g.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("it does not end")
	}
	if !strings.Contains(log.String(), `"verdict":"end","up":5,"down":5`) {
		t.Errorf("the log has %s", log)
	}
	if echoes(c) {
		t.Error("the connection lives")
	}
}

func dialTCP(t testing.TB, at string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
