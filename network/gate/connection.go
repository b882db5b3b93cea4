package gate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
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
	begun    time.Time
}

func (g *Gate) handle(client *net.TCPConn) {
	c := &connection{gate: g, client: client, id: g.next.Add(1), to: addrPort(client.LocalAddr()), begun: time.Now()}
	port := int(c.to.Port())
	switch {
	case port == 53 && !c.to.Addr().IsLoopback():
		g.serveStream(client)
		return
	case c.to.Addr().IsLoopback():
		c.name = HostName
	default:
		c.name, _ = g.names.name(c.to.Addr())
	}
	if c.name == HostName {
		c.toHost(port)
		return
	}
	if c.name != "" {
		c.decision = g.Policy.Name(c.name, port)
	} else {
		c.decision = g.Policy.Address(c.to.Addr(), port)
	}
	if !c.decision.Allow {
		c.refuse(string(c.decision.Reason), nil)
		return
	}
	c.pass(port)
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
	to, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(c.gate.context, "tcp", netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(host)).String())
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
	if port == 443 || port == 80 {
		wait = firstBytes
	}
	if port == 22 {
		wait = time.Millisecond
	}
	first, err := peek(c.client, wait)
	switch {
	case len(first) > 0 && first[0] == recordHandshake:
		c.passTLS(first)
	case looksLikeHTTP(first) || port == 80 && len(first) > 0:
		c.passHTTP(first)
	case len(first) > 0:
		c.passOther(first)
	case errors.Is(err, os.ErrDeadlineExceeded) && wait != firstBytes:
		c.passOther(nil)
	default:
		c.refuse("no-client-bytes", nil)
	}
}

// peek reads what the client says first, at least what tells HTTP from others, if it says anything in time.
func peek(conn *net.TCPConn, wait time.Duration) (first []byte, err error) {
	buffer := make([]byte, 4096)
	_ = conn.SetReadDeadline(time.Now().Add(wait))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	for len(first) < longestMethod && (len(first) == 0 || mayBeHTTP(first)) {
		n, err := conn.Read(buffer)
		first = append(first, buffer[:n]...)
		if err != nil {
			if len(first) > 0 {
				err = nil
			}
			return first, err
		}
		if len(first) > 0 {
			_ = conn.SetReadDeadline(time.Now().Add(refusal))
		}
	}
	return first, nil
}

var methods = []string{"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PRI ", "PROPFIND ", "MKCOL ", "COPY ", "MOVE ", "LOCK ", "UNLOCK ", "REPORT ", "SEARCH ", "QUERY "}

const longestMethod = 9

// mayBeHTTP reports whether more bytes could make a request of it.
func mayBeHTTP(first []byte) bool {
	first = bytes.TrimLeft(first, "\r\n")
	for _, method := range methods {
		if strings.HasPrefix(method, strings.ToUpper(string(first[:min(len(first), len(method))]))) {
			return true
		}
	}
	return false
}

func looksLikeHTTP(first []byte) bool {
	return len(bytes.TrimLeft(first, "\r\n")) >= 4 && mayBeHTTP(first)
}

// passOther connects at once. A server that speaks first is heard; a client that then turns out to speak TLS or HTTP is held to
// the rules of those.
func (c *connection) passOther(first []byte) {
	c.proto = "tcp"
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	if len(first) > 0 {
		c.splice(to, first)
		return
	}
	done := make(chan struct{})
	var down int64
	go func() {
		defer close(done)
		down, _ = io.Copy(c.client, to)
		_ = c.client.CloseWrite()
	}()
	c.allowed()
	first, err = peekLater(c.client)
	late := len(first) > 0 && (first[0] == recordHandshake || looksLikeHTTP(first))
	if late {
		// It waited until it was taken for something else. The server has been told nothing yet.
		c.deny("host-not-allowed")
		reset(c.client)
		to.Close()
		<-done
		return
	}
	up := int64(0)
	if err == nil {
		if _, err = to.Write(first); err == nil {
			up, err = io.Copy(to, c.client)
			up += int64(len(first))
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		_ = c.client.CloseRead()
	}
	_ = to.CloseWrite()
	<-done
	to.Close()
	c.ended(up, down)
}

// peekLater waits for the client for as long as it takes.
func peekLater(conn *net.TCPConn) ([]byte, error) {
	first := make([]byte, 4096)
	n, err := conn.Read(first)
	if n == 0 {
		return nil, err
	}
	more := first[:n]
	for len(more) < longestMethod && mayBeHTTP(more) {
		_ = conn.SetReadDeadline(time.Now().Add(refusal))
		n, err := conn.Read(first[len(more):])
		more = first[:len(more)+n]
		if err != nil {
			break
		}
	}
	_ = conn.SetReadDeadline(time.Time{})
	return more, nil
}

// splice sends what was read already and then all in both directions, until both ended.
func (c *connection) splice(to *net.TCPConn, first []byte) {
	defer to.Close()
	defer context.AfterFunc(c.gate.context, func() { to.Close() })()
	c.allowed()
	var up, down int64
	var both sync.WaitGroup
	both.Go(func() {
		n, err := to.Write(first)
		up = int64(n)
		if err == nil {
			var more int64
			more, err = io.Copy(to, c.client)
			up += more
		}
		if err != nil {
			_ = c.client.CloseRead() // nobody takes what still comes
		}
		_ = to.CloseWrite()
	})
	both.Go(func() {
		var err error
		if down, err = io.Copy(c.client, to); err != nil {
			_ = to.CloseRead()
		}
		_ = c.client.CloseWrite()
	})
	both.Wait()
	c.ended(up, down)
}

func (c *connection) allowed() {
	c.gate.Log.Write(Entry{ID: c.id, Verdict: "allow", Rule: c.decision.Rule, Via: "tcp", Proto: c.proto, Host: c.host(), Port: int(c.to.Port()), SNI: c.sni})
}

func (c *connection) ended(up, down int64) {
	c.gate.Log.Write(Entry{ID: c.id, Verdict: "end", Up: up, Down: down, MS: time.Since(c.begun).Milliseconds()})
}

// deny writes a refusal down.
func (c *connection) deny(reason string) {
	c.gate.Log.Write(Entry{ID: c.id, Verdict: "deny", Reason: reason, Via: "tcp", Proto: c.proto, Host: c.host(), Port: int(c.to.Port()), SNI: c.sni})
}

// refuse ends a connection so that its client can tell why: by a TLS alert, an HTTP answer, or a reset. first is what the client
// has said already.
func (c *connection) refuse(reason string, first []byte) {
	c.deny(reason)
	if port := c.to.Port(); first == nil && (port == 443 || port == 80 || port/1000 == 8) {
		first, _ = peek(c.client, refusal)
	}
	switch {
	case len(first) > 0 && first[0] == recordHandshake:
		_, _ = c.client.Write(accessDenied)
		c.linger()
	case looksLikeHTTP(first):
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
	reason := "dial-error"
	var vetoed *vetoError
	if errors.As(err, &vetoed) {
		reason = string(vetoed.reason)
	}
	c.deny(reason)
	reset(c.client)
}
