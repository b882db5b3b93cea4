package jail

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// loopbackUp sets IFF_UP on lo (netdevice(7)); a new network namespace has it down.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(uint16(unix.IFF_UP | unix.IFF_RUNNING))
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

const (
	// plainCongestion is the congestion control that every kernel has and every network namespace may choose (tcp(7)).
	plainCongestion = "reno"
	// largestSegments is how much TCP may hand to lo at once (TSO_MAX_SIZE of linux/netdevice.h, in whole words).
	largestSegments = 524280
)

// quickenLoopback makes the most of a device on which nothing is lost and nothing has to wait: the host's congestion control
// may be one that paces what it sends, as BBR does, at half of the speed, and segments of IPv4 may be larger than a packet
// ("BIG TCP", Linux 6.3). All of it is speed alone, and a kernel that refuses it is slower.
//
// Preconditions: in a network namespace of its own, with CAP_NET_ADMIN.
func quickenLoopback() {
	_ = setSwitches(func(proc int) error { return writeSwitch(proc, "net/ipv4/tcp_congestion_control", plainCongestion) })
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[4:], loopbackIndex)
	body = attr(body, unix.IFLA_GSO_IPV4_MAX_SIZE, binary.NativeEndian.AppendUint32(nil, largestSegments))
	_ = netlink(unix.NETLINK_ROUTE, message{unix.RTM_NEWLINK, unix.NLM_F_ACK, body})
}
