package jail

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Netlink by hand: google/nftables and the two modules below it would be linked into every start, for three rules and
// three routes that never change.

// message is one netlink message (netlink(7)). Its body is built by the methods, in the machine's byte order where they do
// not say otherwise.
type message struct {
	kind, flags uint16
	body        []byte
}

// pad fills up to the next boundary of four bytes.
func pad(b []byte) []byte { return append(b, make([]byte, -len(b)&3)...) }

// attr appends an attribute.
func attr(to []byte, kind uint16, value []byte) []byte {
	to = binary.NativeEndian.AppendUint16(to, uint16(unix.SizeofNlAttr+len(value)))
	to = binary.NativeEndian.AppendUint16(to, kind)
	return pad(append(to, value...))
}

// nest appends an attribute that is made of attributes.
func nest(to []byte, kind uint16, value []byte) []byte {
	return attr(to, kind|unix.NLA_F_NESTED, value)
}

// word appends an attribute of 32 bits in network byte order, as netfilter has them.
func word(to []byte, kind uint16, value uint32) []byte {
	return attr(to, kind, binary.BigEndian.AppendUint32(nil, value))
}

// cstring appends an attribute that is a text with its end.
func cstring(to []byte, kind uint16, value string) []byte {
	return attr(to, kind, append([]byte(value), 0))
}

// netlink carries out messages of one protocol in one go, and returns the first error that the kernel answers with.
func netlink(protocol int, messages ...message) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	defer unix.Close(fd)
	return exchange(fd, messages...)
}

// exchange is netlink over a socket that is there.
func exchange(fd int, messages ...message) error {
	var packet []byte
	for i, m := range messages {
		header := unix.NlMsghdr{Len: uint32(unix.SizeofNlMsghdr + len(m.body)), Type: m.kind, Flags: m.flags | unix.NLM_F_REQUEST, Seq: uint32(i)}
		packet = append(packet, unsafe.Slice((*byte)(unsafe.Pointer(&header)), unix.SizeofNlMsghdr)...)
		packet = pad(append(packet, m.body...))
	}
	if err := unix.Sendto(fd, packet, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	return answers(fd, messages)
}

// answers reads what the kernel said, all of which is there once the request was taken (netlink_unicast is synchronous).
func answers(fd int, messages []message) error {
	wanted := 0
	for _, m := range messages {
		if m.flags&unix.NLM_F_ACK != 0 {
			wanted++
		}
	}
	buffer := make([]byte, 16<<10)
	for wanted > 0 {
		n, _, err := unix.Recvfrom(fd, buffer, unix.MSG_DONTWAIT)
		if err != nil {
			return fmt.Errorf("netlink answer: %w", err)
		}
		for rest := buffer[:n]; len(rest) >= unix.SizeofNlMsghdr+4; {
			length := int(binary.NativeEndian.Uint32(rest))
			if length < unix.SizeofNlMsghdr || length > len(rest) {
				return fmt.Errorf("netlink answer: %w", unix.EBADMSG)
			}
			if binary.NativeEndian.Uint16(rest[4:]) == unix.NLMSG_ERROR {
				if errno := -int32(binary.NativeEndian.Uint32(rest[unix.SizeofNlMsghdr:])); errno != 0 {
					return unix.Errno(errno)
				}
				wanted--
			}
			rest = rest[min(len(rest), (length+3)&^3):]
		}
	}
	return nil
}

const loopbackIndex = 1 // of lo in every network namespace (loopback_net_init in drivers/net/loopback.c)

// addAddress gives the loopback device an address of its own.
func addAddress(address netip.Addr) error {
	raw := address.AsSlice()
	body := []byte{family(address), uint8(address.BitLen()), 0, unix.RT_SCOPE_HOST}
	body = binary.NativeEndian.AppendUint32(body, loopbackIndex)
	body = attr(attr(body, unix.IFA_LOCAL, raw), unix.IFA_ADDRESS, raw)
	return netlink(unix.NETLINK_ROUTE, message{unix.RTM_NEWADDR, unix.NLM_F_ACK | unix.NLM_F_CREATE | unix.NLM_F_EXCL, body})
}

// ownEverything makes every address of a family one of the machine's own ("AnyIP", commit ab79ad14a2d5 of Linux 2.6.37): what is
// sent to one comes back on the loopback device. Packets come from source where it is valid.
func ownEverything(family uint8, source netip.Addr) error {
	body := []byte{family, 0, 0, 0, unix.RT_TABLE_LOCAL, unix.RTPROT_STATIC, unix.RT_SCOPE_HOST, unix.RTN_LOCAL, 0, 0, 0, 0}
	body = attr(body, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, loopbackIndex))
	if source.IsValid() {
		body = attr(body, unix.RTA_PREFSRC, source.AsSlice())
	}
	return netlink(unix.NETLINK_ROUTE, message{unix.RTM_NEWROUTE, unix.NLM_F_ACK | unix.NLM_F_CREATE | unix.NLM_F_EXCL, body})
}

func family(address netip.Addr) uint8 {
	if address.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}
