package gate

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

const (
	answerTTL    = 60
	queriesASec  = 200
	queriesBurst = 1000
)

// limiter lets so many queries a second through, and more at once where there were few.
type limiter struct {
	mutex sync.Mutex
	left  float64
	last  time.Time
}

func (l *limiter) take() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	l.left = min(queriesBurst, l.left+now.Sub(l.last).Seconds()*queriesASec)
	l.last = now
	if l.left < 1 {
		return false
	}
	l.left--
	return true
}

// What of RFC 1035 is spoken here. It is written by hand, as package dnsmessage of golang.org/x/net would cost every start of the
// program more than all the rest of this package.
const (
	headerSize    = 12
	longestWire   = 255 // of a name, with the zero at its end
	flagResponse  = 0x8000
	flagRecursion = 0x0100 // desired
	flagAvailable = 0x0080
	opcodeMask    = 0x7800

	codeNoName         = 3
	codeNotImplemented = 4

	typeA, typePTR, typeAAAA = 1, 12, 28
	classInternet            = 1
)

// question is what a query asks.
type question struct {
	name string // without a dot at the end
	kind uint16
	raw  []byte // as it came, name and all
}

// parseQuestion reads the one question of a query; what else may follow is left alone.
func parseQuestion(query []byte) (q question, class uint16, ok bool) {
	if len(query) < headerSize || binary.BigEndian.Uint16(query[4:]) != 1 {
		return q, 0, false
	}
	var labels []string
	at := headerSize
	for at < len(query) && query[at] != 0 {
		length := int(query[at])
		if length > 63 || at+1+length >= len(query) || at+1+length-headerSize >= longestWire { // no pointers: there is nothing to point to
			return q, 0, false
		}
		label := string(query[at+1 : at+1+length])
		if strings.Contains(label, ".") { // of no host's name, and it must not look like one
			return q, 0, false
		}
		labels = append(labels, label)
		at += 1 + length
	}
	if at+5 > len(query) {
		return q, 0, false
	}
	q.name = strings.Join(labels, ".")
	q.kind, class = binary.BigEndian.Uint16(query[at+1:]), binary.BigEndian.Uint16(query[at+3:])
	q.raw = query[headerSize : at+5]
	return q, class, true
}

// answer answers one query out of the names alone: none is ever passed on. It returns nothing for what is no query.
func (g *Gate) answer(query []byte) []byte {
	if len(query) < headerSize {
		return nil
	}
	flags := binary.BigEndian.Uint16(query[2:])
	q, class, ok := parseQuestion(query)
	if flags&flagResponse != 0 || !ok {
		return nil
	}
	code, data := uint16(codeNotImplemented), []byte(nil)
	if flags&opcodeMask == 0 && class == classInternet {
		code, data = g.lookUp(q)
	}
	answers := uint16(0)
	if data != nil {
		answers = 1
	}
	packet := append([]byte(nil), query[:2]...)
	for _, n := range []uint16{flagResponse | flags&(opcodeMask|flagRecursion) | flagAvailable | code, 1, answers, 0, 0} {
		packet = binary.BigEndian.AppendUint16(packet, n)
	}
	packet = append(packet, q.raw...)
	if data == nil {
		return packet
	}
	packet = binary.BigEndian.AppendUint16(packet, 0xc000|headerSize) // the name of the question
	packet = binary.BigEndian.AppendUint16(packet, q.kind)
	packet = binary.BigEndian.AppendUint16(packet, classInternet)
	packet = binary.BigEndian.AppendUint32(packet, answerTTL)
	packet = binary.BigEndian.AppendUint16(packet, uint16(len(data)))
	return append(packet, data...)
}

// lookUp finds what is known: an IPv4 address of the pool for each name, the name of such an address, and the loopback. Of what is
// asked beyond that there is nothing.
func (g *Gate) lookUp(q question) (code uint16, data []byte) {
	if strings.EqualFold(q.name, "localhost") {
		switch q.kind {
		case typeA:
			return 0, []byte{127, 0, 0, 1}
		case typeAAAA:
			return 0, netip.IPv6Loopback().AsSlice()
		}
		return 0, nil
	}
	if q.kind == typePTR {
		name, ok := g.names.name(reverse(q.name))
		if !ok {
			return codeNoName, nil
		}
		return 0, wireName(name)
	}
	name, ok := servable(q.name)
	switch named := g.Policy.Names(name); {
	case !ok && !named:
		return codeNoName, nil
	case q.kind == typeA:
		return 0, g.names.address(name, named || g.Policy.Mentions(name)).AsSlice()
	}
	return 0, nil
}

// wireName writes a name as labels.
func wireName(name string) (data []byte) {
	for label := range strings.SplitSeq(name, ".") {
		data = append(append(data, byte(len(label))), label...)
	}
	return append(data, 0)
}

// reverse reads the address out of a name such as 4.3.2.1.in-addr.arpa
func reverse(name string) netip.Addr {
	labels, ok := strings.CutSuffix(strings.ToLower(name), ".in-addr.arpa")
	if !ok {
		return netip.Addr{}
	}
	parts := strings.Split(labels, ".")
	if len(parts) != 4 {
		return netip.Addr{}
	}
	address, err := netip.ParseAddr(fmt.Sprintf("%s.%s.%s.%s", parts[3], parts[2], parts[1], parts[0]))
	if err != nil {
		return netip.Addr{}
	}
	return address
}

// servePackets answers datagrams as whomever they were sent to.
func (g *Gate) servePackets(conn *net.UDPConn) {
	packet, control := make([]byte, 4096), make([]byte, 256)
	for {
		n, size, _, from, err := conn.ReadMsgUDPAddrPort(packet, control)
		if err != nil {
			if g.closing() {
				return
			}
			time.Sleep(time.Millisecond)
			continue
		}
		if !g.queries.take() {
			continue
		}
		if answer := g.answer(packet[:n]); answer != nil {
			_, _, _ = conn.WriteMsgUDPAddrPort(answer, asAddressed(control[:size]), from) // it asks again
		}
	}
}

// serveStream answers queries on one connection, each behind its length (RFC 1035 4.2.2).
func (g *Gate) serveStream(conn *net.TCPConn) {
	defer conn.Close()
	length := make([]byte, 2)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(conn, length); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length))
		if _, err := io.ReadFull(conn, query); err != nil || !g.queries.take() {
			return
		}
		answer := g.answer(query)
		if answer == nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}
