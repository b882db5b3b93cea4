package gate

import (
	"bytes"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"time"
)

const (
	recordHandshake = 0x16
	extensionECH    = 0xfe0d // RFC 9849
	mostHello       = 64 << 10
)

// accessDenied is the alert of that name (RFC 8446 6.2).
var accessDenied = []byte{0x15, 3, 3, 0, 2, 2, 49}

// hello is what a client says of itself in its first message.
type hello struct {
	name string
	ech  bool
}

// errSeen ends a handshake once the first message was read.
var errSeen = errors.New("seen")

// readHello reads the whole first message, over as many records as it takes, and returns all bytes that it has read.
func readHello(conn net.Conn, first []byte) (hello, []byte, error) {
	from := &recorder{Conn: conn, seen: first, ahead: bytes.NewReader(bytes.Clone(first))}
	var found hello
	_ = conn.SetReadDeadline(time.Now().Add(firstBytes))
	err := tls.Server(from, &tls.Config{GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
		found = hello{info.ServerName, slices.Contains(info.Extensions, extensionECH)}
		return nil, errSeen
	}}).Handshake()
	_ = conn.SetReadDeadline(time.Time{})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return found, from.seen, err
}

// recorder keeps what is read and drops what is written.
type recorder struct {
	net.Conn
	ahead *bytes.Reader
	seen  []byte
}

func (r *recorder) Read(p []byte) (int, error) {
	if r.ahead.Len() > 0 {
		return r.ahead.Read(p)
	}
	if len(r.seen) > mostHello {
		return 0, errors.New("too long")
	}
	n, err := r.Conn.Read(p)
	r.seen = append(r.seen, p[:n]...)
	return n, err
}

func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }

// passTLS lets a connection through whose server name is allowed too: a server behind an allowed name may serve others.
func (c *connection) passTLS(first []byte) {
	c.proto = "tls"
	said, all, err := readHello(c.client, first)
	c.sni = said.name
	port := int(c.to.Port())
	switch {
	case err != nil:
		c.refuse("bad-client-hello", all)
		return
	case said.ech:
		c.refuse("ech", all)
		return
	case said.name == "" && c.name != "":
		c.refuse("no-sni", all)
		return
	case said.name != "" && !c.gate.Policy.Name(said.name, port).Allow:
		c.refuse("sni-not-allowed", all)
		return
	}
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	c.splice(to, all)
}
