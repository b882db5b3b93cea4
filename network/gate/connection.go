package gate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"time"

	"jail/network"
)

const (
	// firstBytes is how long a client may take to speak where clients speak first.
	firstBytes = 30 * time.Second
	// serverFirst is how long to wait for the client before the server is asked to begin, as databases and ssh servers do.
	serverFirst = 150 * time.Millisecond
	// refusal is how long to wait for what a refused client says, to answer it in its own language.
	refusal = 2 * time.Second
)

// connection is one that a program of the jail made.
type connection struct {
	gate     *Gate
	client   *net.TCPConn
	id       int64
	to       netip.AddrPort // where it went
	name     string         // whose address that is; empty for an address that was asked for itself
	decision network.Decision
	proto    string
	sni      string
	hello    hello  // of TLS
	ip       string // what it was connected to; empty where a proxy connects
	begun    time.Time
}

func (g *Gate) handle(client *net.TCPConn) { g.lead(client, addrPort(client.LocalAddr())) }

// lead leads a client to where it wants to go.
func (g *Gate) lead(client *net.TCPConn, to netip.AddrPort) {
	if c := g.admit(client, to); c != nil {
		c.pass(int(to.Port()))
	}
}

// admit decides by where a client wants to go. What needs no look at what it says is done already, and gives nil.
func (g *Gate) admit(client *net.TCPConn, to netip.AddrPort) *connection {
	c := &connection{gate: g, client: client, id: g.next.Add(1), to: to, begun: time.Now()}
	port := int(c.to.Port())
	switch {
	case port == 53 && !c.to.Addr().IsLoopback():
		g.serveStream(client)
		return nil
	case c.to.Addr().IsLoopback():
		c.name = HostName
	default:
		c.name, _ = g.names.name(c.to.Addr())
	}
	if c.name == "" && pool.Contains(c.to.Addr()) {
		c.refuse(string(network.NotAllowed), nil) // of a name that was forgotten, or of none: out there somebody else has it
		return nil
	}
	if c.name == HostName {
		c.toHost(port)
		return nil
	}
	if c.name != "" {
		c.decision = g.Policy.Name(c.name, port)
	} else {
		c.decision = g.Policy.Address(c.to.Addr(), port)
	}
	if !c.decision.Allow {
		c.refuse(string(c.decision.Reason), nil)
		return nil
	}
	return c
}

// host is what the log calls the destination.
func (c *connection) host() string {
	if c.name != "" {
		return c.name
	}
	return c.to.Addr().String()
}

// toHost leads to a port of the host's loopback, where the jail was given one.
func (c *connection) toHost(port int) {
	host, ok := c.gate.HostPorts[port]
	if !ok {
		c.deny(string(network.NotAllowed))
		reset(c.client)
		return
	}
	to, err := (&net.Dialer{Timeout: dialTimeout, Control: unpaced}).DialContext(c.gate.context, "tcp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(host)).String())
	if err != nil {
		reset(c.client)
		return
	}
	c.proto, c.decision.Rule = "tcp", "host_ports"
	c.splice(to.(*net.TCPConn), nil)
}

// pass finds out what is spoken, and goes on with that.
func (c *connection) pass(port int) {
	wait := serverFirst
	switch port {
	case 443, 80:
		wait = firstBytes
	case 22:
		wait = time.Millisecond
	}
	first, spoken, err := listen(c.client, wait)
	silent := len(first) == 0 && (errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, io.EOF))
	switch {
	case spoken == speaksTLS:
		c.passTLS(first)
	case spoken == speaksHTTP || port == 80 && len(first) > 0:
		c.passHTTP(first)
	case spoken == speaksOther:
		c.passOther(first)
	case silent && wait != firstBytes:
		c.passSilent()
	case len(first) > 0:
		c.refuse("host-not-allowed", first) // it might have become a request
	default:
		c.refuse("no-client-bytes", nil)
	}
}

// passOther passes on what has no name in it.
func (c *connection) passOther(first []byte) {
	c.proto = string(speaksOther)
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	c.splice(to, first)
}

// passSilent connects for a client that has said nothing yet, so that a server that speaks first is heard. The server is told
// nothing before it is known what the client speaks, and a client that turns out to speak TLS or HTTP is held to the rules of
// those.
func (c *connection) passSilent() {
	c.proto = string(speaksOther)
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	defer to.Close()
	defer context.AfterFunc(c.gate.context, func() { to.Close() })()
	c.allowed()
	down := c.answers(to)
	first, spoken, err := listen(c.client, 0)
	reason := ""
	switch {
	case spoken == speaksTLS:
		first, reason = c.readTLS(first)
	case spoken == speaksHTTP:
		c.proto = "http"
		c.exchange(c.reader(first), nil, to, down)
		return
	case spoken == undecided && len(first) > 0:
		reason = "host-not-allowed"
	case err != nil && !errors.Is(err, io.EOF):
		to.Close()
	}
	if reason != "" {
		down.hold.Store(true)
		to.Close()
		<-down.done
		c.refuse(reason, first)
		return
	}
	c.relay(to, first, down)
}

// splice sends what was read already and then all in both directions, until both ended.
func (c *connection) splice(to *net.TCPConn, first []byte) {
	defer to.Close()
	defer context.AfterFunc(c.gate.context, func() { to.Close() })()
	c.allowed()
	c.relay(to, first, c.answers(to))
}

// relay sends what was read already and all that follows, until the other direction has ended too.
func (c *connection) relay(to *net.TCPConn, first []byte, down *answers) {
	var behind []byte
	if c.proto == string(speaksTLS) {
		first, behind = first[:c.hello.size], first[c.hello.size:]
	}
	n, err := to.Write(first)
	up, more, reason := int64(n), int64(0), ""
	if err == nil && c.proto == string(speaksTLS) {
		more, reason, err = c.passHellos(behind, to)
		up += more
	}
	if reason != "" {
		down.hold.Store(true)
		_ = to.CloseWrite()
		_ = to.SetReadDeadline(time.Now().Add(time.Second))
		<-down.done
		c.deny(reason)
		_, _ = c.client.Write(accessDenied)
		c.linger()
		c.ended(up, down.bytes)
		return
	}
	if err == nil {
		more, err = c.gate.buffers.pour(to, c.client)
		up += more
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		_ = c.client.CloseRead() // nobody takes what still comes
	}
	_ = to.CloseWrite()
	<-down.done
	c.ended(up, down.bytes)
}

func (c *connection) allowed() {
	c.gate.Log.Write(Entry{ID: c.id, Verdict: "allow", Rule: c.decision.Rule, Via: "tcp", Proto: c.proto, Host: c.host(), Port: int(c.to.Port()), SNI: c.sni, IP: c.ip})
}

func (c *connection) ended(up, down int64) {
	c.gate.Log.Write(Entry{ID: c.id, Verdict: "end", Up: up, Down: down, MS: time.Since(c.begun).Milliseconds()})
}

// deny writes a refusal down.
func (c *connection) deny(reason string) {
	pid, command := c.gate.who(addrPort(c.client.RemoteAddr()))
	c.gate.Log.Write(Entry{PID: pid, Command: command, ID: c.id, Verdict: "deny", Reason: reason, Via: "tcp", Proto: c.proto, Host: c.host(), Port: int(c.to.Port()), SNI: c.sni})
}

// refuse ends a connection so that its client can tell why: by a TLS alert, an HTTP answer, or a reset. first is what the client
// has said already.
func (c *connection) refuse(reason string, first []byte) {
	c.deny(reason)
	if port := c.to.Port(); first == nil && (port == 443 || port == 80 || port/1000 == 8) {
		first, _, _ = listen(c.client, refusal)
	}
	switch classify(first) {
	case speaksTLS:
		_, _ = c.client.Write(accessDenied)
		c.linger()
	case speaksHTTP:
		_, _ = c.client.Write(forbidden(c.host(), reason))
		c.linger()
	default:
		reset(c.client)
	}
}

// linger lets the client read what it was told: data that nobody read would make the kernel reset the connection.
func (c *connection) linger() {
	_ = c.client.CloseWrite()
	_ = c.client.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = io.Copy(io.Discard, io.LimitReader(c.client, 1<<20))
}

// refuseDial tells that the destination cannot or must not be reached.
func (c *connection) refuseDial(err error) {
	reason := Unreachable
	var vetoed *vetoError
	if errors.As(err, &vetoed) {
		reason = string(vetoed.reason)
	}
	c.deny(reason)
	reset(c.client)
}
