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
// other parameters (HelloRetryRequest, RFC 8446 4.1.4), and some take their name from that. What servers skip while they wait for
// it, as warnings and early data, is passed on and does not end the search. With a reason the second one was not passed on.
//
// first is what was read of the client beyond its first message.
func (c *connection) passHellos(first []byte, to net.Conn) (up int64, reason string, err error) {
	from := resumed{c.client, bytes.NewReader(first)}
	counted := &countingWriter{to: to}
	for {
		head := make([]byte, recordHeader, recordHeader+1)
		if n, err := io.ReadFull(from, head); err != nil {
			_, failed := counted.Write(head[:n])
			return counted.bytes, "", errors.Join(failed, err)
		}
		length := binary.BigEndian.Uint16(head[3:])
		switch head[0] {
		case recordHandshake:
			if length == 0 {
				return counted.bytes, "bad-client-hello", nil
			}
			head = head[:recordHeader+1] // and what kind of message it is
			if _, err := io.ReadFull(from, head[recordHeader:]); err != nil {
				return counted.bytes, "", err
			}
			if head[recordHeader] == typeClientHello {
				head, reason = c.readSecondHello(from, head)
			}
			if reason != "" {
				return counted.bytes, reason, nil
			}
			return finish(counted, head, from.first)
		case recordData:
			if !c.hello.early {
				return finish(counted, head, from.first)
			}
		}
		if _, err := counted.Write(head); err != nil {
			return counted.bytes, "", err
		}
		if _, err := io.CopyN(counted, from, int64(length)); err != nil {
			return counted.bytes, "", err
		}
	}
}

// finish passes on what was read of a client and not looked at.
func finish(to *countingWriter, head []byte, rest *bytes.Reader) (up int64, reason string, err error) {
	if _, err = to.Write(head); err == nil {
		_, err = rest.WriteTo(to)
	}
	return to.bytes, "", err
}

// readSecondHello reads the rest of a second first message, which must be for the same server.
func (c *connection) readSecondHello(from net.Conn, head []byte) (all []byte, reason string) {
	second, all, err := readHello(from, head)
	switch {
	case err != nil:
		return nil, "bad-client-hello"
	case second.name != c.sni || second.ech && c.gate.ECH != ECHPasses:
		c.sni = second.name
		return nil, "sni-changed"
	}
	return all, ""
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
