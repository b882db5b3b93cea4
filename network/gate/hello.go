package gate

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"
)

// The first message of TLS is read by hand: crypto/tls would cost every start of the program, filtered or not, a part of a
// millisecond for what its package init does. A test compares the two.

const (
	recordChange      = 0x14 // of cipher
	recordAlert       = 0x15
	recordHandshake   = 0x16
	recordData        = 0x17
	recordHeartbeat   = 0x18
	recordHeader      = 5
	mostRecord        = 16 << 10
	mostHello         = 64 << 10
	mostHelloRecords  = mostHello + mostHello/4 // with the headers of its records, of which a client may make one for each byte
	typeClientHello   = 1
	extensionName     = 0
	extensionECH      = 0xfe0d // RFC 9849
	extensionEarly    = 42     // early data (RFC 8446 4.2.10)
	nameTypeHost      = 0
	longestName       = 255
	handshakeHeader   = 4
	versionMajor      = 3
	mostMajor         = 0x0f // that a server lets pass where no version is agreed on yet
	versionOld        = 2    // the second byte of SSL 2.0's
	alertSize         = 2
	randomAndVersions = 34
)

// accessDenied is the alert of that name (RFC 8446 6.2).
var accessDenied = []byte{0x15, 3, 3, 0, 2, 2, 49}

// hello is what a client says of itself in its first message.
type hello struct {
	name  string
	ech   bool
	early bool // data may follow at once
	size  int  // of the records that it came in
}

var errHello = errors.New("no ClientHello of TLS")

// readHello reads the whole first message, over as many records as it takes, and returns all bytes that it has read.
func readHello(conn net.Conn, all []byte) (hello, []byte, error) {
	_ = conn.SetReadDeadline(time.Now().Add(firstBytes))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	need := func(n int) error { // more bytes, until there are n
		for len(all) < n {
			buffer := make([]byte, 4096)
			got, err := conn.Read(buffer)
			all = append(all, buffer[:got]...)
			if err != nil && len(all) < n {
				return err
			}
		}
		return nil
	}
	var message []byte
	for at := 0; ; {
		if err := need(at + recordHeader); err != nil {
			return hello{}, all, noEnd(err)
		}
		length := int(binary.BigEndian.Uint16(all[at+3:]))
		if all[at] != recordHandshake || all[at+1] != versionMajor || length == 0 || length > mostRecord || at+recordHeader+length > mostHelloRecords {
			return hello{}, all, errHello
		}
		if err := need(at + recordHeader + length); err != nil {
			return hello{}, all, noEnd(err)
		}
		message = append(message, all[at+recordHeader:at+recordHeader+length]...)
		at += recordHeader + length
		if len(message) < handshakeHeader {
			continue
		}
		size := int(message[1])<<16 | int(message[2])<<8 | int(message[3])
		if message[0] != typeClientHello || size > mostHello {
			return hello{}, all, errHello
		}
		if len(message) >= handshakeHeader+size {
			found, ok := parseHello(message[handshakeHeader : handshakeHeader+size])
			if !ok || len(message) > handshakeHeader+size {
				return hello{}, all, errHello
			}
			found.size = at
			return found, all, nil
		}
	}
}

func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// cursor takes parts off the front of a message.
type cursor []byte

// vector takes a part that begins with its length, of so many bytes.
func (c *cursor) vector(lengthBytes int) (cursor, bool) {
	if len(*c) < lengthBytes {
		return nil, false
	}
	length := 0
	for _, b := range (*c)[:lengthBytes] {
		length = length<<8 | int(b)
	}
	rest := (*c)[lengthBytes:]
	if len(rest) < length {
		return nil, false
	}
	*c = rest[length:]
	return rest[:length], true
}

func (c *cursor) uint16() (int, bool) {
	if len(*c) < 2 {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(*c))
	*c = (*c)[2:]
	return n, true
}

// parseHello reads a ClientHello (RFC 8446 4.1.2). Whatever is not exactly of that form is none: a server that reads it in another
// way must not be asked.
func parseHello(data []byte) (found hello, ok bool) {
	c := cursor(data)
	if len(c) < randomAndVersions || c[0] != versionMajor {
		return found, false
	}
	c = c[randomAndVersions:]
	session, ok1 := c.vector(1)
	suites, ok2 := c.vector(2)
	compressions, ok3 := c.vector(1)
	if !ok1 || !ok2 || !ok3 || len(session) > 32 || len(suites) == 0 || len(suites)%2 != 0 || len(compressions) == 0 {
		return found, false
	}
	if len(c) == 0 {
		return found, true // TLS 1.2 without extensions
	}
	extensions, ok := c.vector(2)
	if !ok || len(c) > 0 {
		return found, false
	}
	seen := map[int]bool{}
	for len(extensions) > 0 {
		kind, ok1 := extensions.uint16()
		body, ok2 := extensions.vector(2)
		if !ok1 || !ok2 || seen[kind] {
			return found, false
		}
		seen[kind] = true
		switch kind {
		case extensionECH:
			found.ech = true
		case extensionEarly:
			found.early = true
		case extensionName:
			if found.name, ok = parseServerName(body); !ok {
				return found, false
			}
		}
	}
	return found, true
}

// parseServerName reads a list of one host name (RFC 6066 3).
func parseServerName(body cursor) (string, bool) {
	list, ok := body.vector(2)
	if !ok || len(body) > 0 || len(list) == 0 || list[0] != nameTypeHost {
		return "", false
	}
	list = list[1:]
	name, ok := list.vector(2)
	return string(name), ok && len(list) == 0 && len(name) > 0 && len(name) <= longestName
}
