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

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"
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

// answer answers one query out of the names alone: none is ever passed on. It returns nothing for what is no query.
func (g *Gate) answer(query []byte) []byte {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil || header.Response {
		return nil
	}
	question, err := parser.Question()
	if err != nil {
		return nil
	}
	answer := dnsmessage.Header{ID: header.ID, Response: true, OpCode: header.OpCode, RecursionDesired: header.RecursionDesired, RecursionAvailable: true}
	var resource *dnsmessage.Resource
	switch {
	case header.OpCode != 0 || question.Class != dnsmessage.ClassINET:
		answer.RCode = dnsmessage.RCodeNotImplemented
	default:
		answer.RCode, resource = g.lookUp(question)
	}
	builder := dnsmessage.NewBuilder(nil, answer)
	builder.EnableCompression()
	if builder.StartQuestions() != nil || builder.Question(question) != nil {
		return nil
	}
	if resource != nil {
		if err := builder.StartAnswers(); err != nil {
			return nil
		}
		switch body := resource.Body.(type) {
		case *dnsmessage.AResource:
			err = builder.AResource(resource.Header, *body)
		case *dnsmessage.AAAAResource:
			err = builder.AAAAResource(resource.Header, *body)
		case *dnsmessage.PTRResource:
			err = builder.PTRResource(resource.Header, *body)
		}
	}
	packet, finishErr := builder.Finish()
	if err != nil || finishErr != nil {
		return nil
	}
	return packet
}

// lookUp finds what is known: an IPv4 address of the pool for each name, the name of such an address, and the loopback.
func (g *Gate) lookUp(q dnsmessage.Question) (dnsmessage.RCode, *dnsmessage.Resource) {
	asked := q.Name.String()
	found := func(body dnsmessage.ResourceBody) (dnsmessage.RCode, *dnsmessage.Resource) {
		header := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: answerTTL}
		return dnsmessage.RCodeSuccess, &dnsmessage.Resource{Header: header, Body: body}
	}
	if strings.EqualFold(asked, "localhost.") {
		switch q.Type {
		case dnsmessage.TypeA:
			return found(&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}})
		case dnsmessage.TypeAAAA:
			return found(&dnsmessage.AAAAResource{AAAA: netip.IPv6Loopback().As16()})
		}
		return dnsmessage.RCodeSuccess, nil
	}
	if q.Type == dnsmessage.TypePTR {
		if name, ok := g.names.name(reverse(asked)); ok {
			if target, err := dnsmessage.NewName(name + "."); err == nil {
				return found(&dnsmessage.PTRResource{PTR: target})
			}
		}
		return dnsmessage.RCodeNameError, nil
	}
	name, ok := servable(asked)
	switch {
	case !ok:
		return dnsmessage.RCodeNameError, nil
	case q.Type == dnsmessage.TypeA:
		return found(&dnsmessage.AResource{A: g.names.address(name).As4()})
	}
	return dnsmessage.RCodeSuccess, nil
}

// reverse reads the address out of a name such as 4.3.2.1.in-addr.arpa.
func reverse(name string) netip.Addr {
	labels, ok := strings.CutSuffix(strings.ToLower(name), ".in-addr.arpa.")
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

// asAddressed makes the control message by which an answer comes from the address that was asked (IP_PKTINFO of ip(7)).
func asAddressed(control []byte) []byte {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_PKTINFO && len(m.Data) >= unix.SizeofInet4Pktinfo {
			return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: [4]byte(m.Data[8:12])})
		}
	}
	return nil
}

// serveStream answers queries on one connection, each behind its length (RFC 1035 4.2.2).
func (g *Gate) serveStream(conn net.Conn) {
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
