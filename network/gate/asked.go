package gate

import (
	"bufio"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"jail/network"
)

// serveProxy serves a client that says where it wants to go, as to an HTTP proxy (RFC 9110 9.3.6, RFC 9112 3.2.2): by CONNECT,
// after which it is led as one that has connected there itself, or by one request for a whole http address.
func (g *Gate) serveProxy(client *net.TCPConn) {
	_ = client.SetReadDeadline(time.Now().Add(firstBytes))
	from := bufio.NewReaderSize(client, mostLine)
	asked, ok := readAsked(from)
	_ = client.SetReadDeadline(time.Time{})
	if !ok {
		c := &connection{gate: g, client: client, id: g.next.Add(1), proto: "proxy", begun: time.Now()}
		c.deny("bad-request")
		_, _ = client.Write(answer("400 Bad Request", "jail: only CONNECT and requests for http addresses are served\n"))
		c.linger()
		return
	}
	to := g.destination(asked.host, asked.port)
	if asked.first == nil {
		if _, err := client.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err == nil {
			g.lead(client, to)
		}
		return
	}
	if c := g.admit(client, to); c != nil {
		c.passHTTP(asked.first)
	}
}

// asked is what a client asks a proxy for.
type asked struct {
	host  string
	port  int
	first []byte // the request for the server itself, with what of its body was read; nil for CONNECT
}

// readAsked reads the head of a request to a proxy. It is as strict as readRequest: what could be read in two ways is refused.
func readAsked(from *bufio.Reader) (a asked, ok bool) {
	var r request
	line, err := r.line(from)
	parts := strings.Split(line, " ")
	if err != nil || len(parts) != 3 || !isToken(parts[0]) || parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0" {
		return a, false
	}
	begun := len(r.head)
	for fields := 0; line != ""; fields++ {
		if line, err = r.line(from); err != nil || fields > mostFields {
			return a, false
		}
	}
	if parts[0] == "CONNECT" {
		a.host, a.port, ok = hostAndPort(parts[1], 0)
		return a, ok && from.Buffered() == 0 // it has to wait for the answer
	}
	rest, whole := strings.CutPrefix(parts[1], "http://")
	authority, path, _ := strings.Cut(rest, "/")
	if a.host, a.port, ok = hostAndPort(authority, 80); !whole || !ok {
		return a, false
	}
	// The server ends the connection after its answer: the next request may be for another one.
	a.first = append(a.first, parts[0]+" /"+path+" "+parts[2]+"\r\nConnection: close\r\n"...)
	a.first = append(a.first, r.head[begun:]...)
	behind, _ := from.Peek(from.Buffered())
	a.first = append(a.first, behind...)
	return a, true
}

// hostAndPort takes an authority apart. A port of 0 has to be said.
func hostAndPort(authority string, port int) (host string, _ int, ok bool) {
	if authority == "" || strings.ContainsAny(authority, "@?#/") {
		return "", 0, false
	}
	host, text, err := net.SplitHostPort(authority)
	if err != nil {
		host = strings.Trim(authority, "[]")
		return host, port, port > 0 && host != ""
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return host, int(n), err == nil && n > 0 && host != ""
}

// destination is where a connection would go whose client had asked the gate for the name's address. What is no name leads
// nowhere, and nor does one of a local network that a wildcard alone lets through, as none has an address for it (lookUp).
func (g *Gate) destination(host string, port int) netip.AddrPort {
	at := pool.Addr() // of no name
	if address, err := netip.ParseAddr(host); err == nil {
		at = address.Unmap().WithZone("")
	} else if name, err := network.Canonical(host); err == nil {
		allowed := g.Policy.Name(name, port).Allow
		_, ok := servable(name)
		switch {
		case name == "localhost" || name == HostName:
			at = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		case ok || !allowed || g.Policy.Names(name):
			at = g.names.address(name, allowed)
		}
	}
	return netip.AddrPortFrom(at, uint16(port))
}
