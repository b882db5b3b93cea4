package gate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// passTLS lets a connection through whose server name is allowed too.
func (c *connection) passTLS(first []byte) {
	all, reason := c.readTLS(first)
	if reason != "" {
		c.refuse(reason, all)
		return
	}
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	c.splice(to, all)
}

// readTLS reads a client's whole first message, and says why it must not be passed on, if so: a server behind an allowed name may
// serve others.
func (c *connection) readTLS(first []byte) (all []byte, reason string) {
	c.proto = string(speaksTLS)
	said, all, err := readHello(c.client, first)
	c.hello = said
	c.sni = said.name
	switch {
	case err != nil:
		return all, "bad-client-hello"
	case said.ech && c.gate.ECH != ECHPasses:
		return all, "ech"
	case said.name == "" && c.name != "":
		return all, "no-sni"
	case said.name != "" && !c.gate.Policy.Name(said.name, int(c.to.Port())).Allow:
		return all, "sni-not-allowed"
	}
	return all, ""
}

// passHellos passes on what a client says behind its first message, until no second one can come: a server may ask for one with
// other parameters (HelloRetryRequest, RFC 8446 4.1.4), and some take their name from that. With a reason it was not passed on.
//
// first is what was read of the client beyond its first message.
func (c *connection) passHellos(first []byte, to net.Conn) (up int64, reason string, err error) {
	from := resumed{c.client, bytes.NewReader(first)}
	defer func() {
		if err == nil && reason == "" {
			var rest int64
			rest, err = io.Copy(to, from.first)
			up += rest
		}
	}()
	pass := func(data []byte) error {
		n, err := to.Write(data)
		up += int64(n)
		return err
	}
	for {
		head := make([]byte, recordHeader+1) // and what kind of message it is
		if n, err := io.ReadFull(from, head); err != nil {
			return up, "", errors.Join(pass(head[:n]), err)
		}
		rest := int64(binary.BigEndian.Uint16(head[3:])) - 1
		switch {
		case head[0] == recordHandshake && head[recordHeader] == typeClientHello:
			second, all, err := readHello(from, head)
			switch {
			case err != nil:
				return up, "bad-client-hello", nil
			case second.name != c.sni || second.ech && c.gate.ECH != ECHPasses:
				c.sni = second.name
				return up, "sni-changed", nil
			}
			return up, "", pass(all)
		case head[0] == recordChange, head[0] == recordData && c.hello.early:
			if err := pass(head); err != nil || rest < 0 {
				return up, "", err
			}
			body, err := io.CopyN(to, from, rest)
			if up += body; err != nil {
				return up, "", err
			}
		default:
			return up, "", pass(head)
		}
	}
}

// resumed is a client of whom something was read already.
type resumed struct {
	*net.TCPConn
	first *bytes.Reader
}

func (r resumed) Read(p []byte) (int, error) {
	if r.first.Len() > 0 {
		return r.first.Read(p)
	}
	return r.TCPConn.Read(p)
}
