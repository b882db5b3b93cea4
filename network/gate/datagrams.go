package gate

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// What a message of NFLOG is made of (linux/netlink.h, linux/netfilter/nfnetlink_log.h).
const (
	netlinkHeader  = 16
	packetMessage  = 4 << 8 // NFNL_SUBSYS_ULOG, and NFULNL_MSG_PACKET, which is 0
	familyHeader   = 4      // nfgenmsg
	attributeSize  = 4      // of its header
	attributeKind  = 0x3fff // without its two flags
	packetPayload  = 9      // NFULA_PAYLOAD
	protocolUDP    = 17
	headerIPv4     = 20
	headerIPv6     = 40
	portsOfUDP     = 4
	mostOfMessages = 64 << 10
)

// serveDatagrams writes down where datagrams wanted to go, which all lead nowhere. At the end, which a deadline tells, it takes what
// the kernel has told already: a run may end with a datagram.
func (g *Gate) serveDatagrams(from *os.File) {
	defer from.Close()
	buffer := make([]byte, mostOfMessages)
	for {
		n, err := from.Read(buffer)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			g.lastDatagrams(from, buffer)
			return
		case errors.Is(err, syscall.ENOBUFS): // there were more than fit
		case err != nil:
			return
		default:
			eachDatagram(buffer[:n], g.refusedDatagram)
		}
	}
}

// lastDatagrams takes what can be read without waiting.
func (g *Gate) lastDatagrams(from *os.File, buffer []byte) {
	raw, err := from.SyscallConn()
	if err != nil || from.SetReadDeadline(time.Time{}) != nil {
		return
	}
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, err := syscall.Read(int(fd), buffer)
			if err != nil || n <= 0 {
				return true
			}
			eachDatagram(buffer[:n], g.refusedDatagram)
		}
	})
}

func (g *Gate) refusedDatagram(to netip.AddrPort) {
	host := to.Addr().String()
	if name, ok := g.names.name(to.Addr()); ok {
		host = name
	}
	g.Log.Write(Entry{Verdict: "deny", Reason: reasonUDP, Via: "udp", Host: host, Port: int(to.Port())})
}

// eachDatagram finds in messages of NFLOG where their packets were sent.
func eachDatagram(messages []byte, tell func(to netip.AddrPort)) {
	for len(messages) >= netlinkHeader {
		size := int(binary.NativeEndian.Uint32(messages))
		if size < netlinkHeader || size > len(messages) {
			return
		}
		if kind := binary.NativeEndian.Uint16(messages[4:]); kind == packetMessage && size >= netlinkHeader+familyHeader {
			if to, ok := destination(payload(messages[netlinkHeader+familyHeader : size])); ok {
				tell(to)
			}
		}
		messages = messages[min(len(messages), (size+3)&^3):]
	}
}

// payload finds the packet among the attributes of a message.
func payload(attributes []byte) []byte {
	for len(attributes) >= attributeSize {
		size := int(binary.NativeEndian.Uint16(attributes))
		if size < attributeSize || size > len(attributes) {
			return nil
		}
		if binary.NativeEndian.Uint16(attributes[2:])&attributeKind == packetPayload {
			return attributes[attributeSize:size]
		}
		attributes = attributes[min(len(attributes), (size+3)&^3):]
	}
	return nil
}

// destination reads where a packet of UDP goes, whose headers a program of the jail may have made. Behind extensions of IPv6 and
// in fragments there is no port.
func destination(packet []byte) (to netip.AddrPort, ok bool) {
	if len(packet) == 0 {
		return to, false
	}
	var address netip.Addr
	var rest []byte
	switch packet[0] >> 4 {
	case 4:
		size := int(packet[0]&0xf) * 4
		if len(packet) < headerIPv4 || size < headerIPv4 || size > len(packet) {
			return to, false
		}
		address = netip.AddrFrom4([4]byte(packet[16:20]))
		if first := binary.BigEndian.Uint16(packet[6:])&0x1fff == 0; first && packet[9] == protocolUDP {
			rest = packet[size:]
		}
	case 6:
		if len(packet) < headerIPv6 {
			return to, false
		}
		address = netip.AddrFrom16([16]byte(packet[24:40]))
		if packet[6] == protocolUDP {
			rest = packet[headerIPv6:]
		}
	default:
		return to, false
	}
	port := uint16(0)
	if len(rest) >= portsOfUDP {
		port = binary.BigEndian.Uint16(rest[2:])
	}
	return netip.AddrPortFrom(address, port), true
}
