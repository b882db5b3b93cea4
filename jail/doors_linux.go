package jail

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// doorCounts tells the parent what the descriptors are that came along: one of packets, one of connections to port 53, and
// then as many of each kind as it says, in this order.
type doorCounts struct {
	Level     Level  `json:"level"`
	Why       string `json:"why,omitempty"`
	TCP       int    `json:"tcp"`
	HostPorts int    `json:"host_ports"`
	Datagrams int    `json:"datagrams"` // 1 where the kernel tells of them
}

// ownAddress is what connections of a filtered jail come from (RFC 2544: no network has it).
var ownAddress = netip.AddrFrom4([4]byte{198, 18, 0, 2})

const (
	// redirectPort is where redirected connections arrive, beyond what Linux gives to clients by default
	// (net.ipv4.ip_local_port_range).
	redirectPort = 61000
	backlog      = 4096 // net.core.somaxconn
)

// openGate makes the ways out of a filtered jail, and passes them on to the parent. What the kernel lacks for netfilter is told;
// every other error ends the jail.
//
// Preconditions: in a network namespace of its own, with CAP_NET_ADMIN and CAP_NET_BIND_SERVICE.
func openGate(g Gate, control *os.File) error {
	v6, err := route()
	if err != nil {
		return err
	}
	var l listeners
	defer l.close()
	l.packets(dnsPort)
	l.tcp(netip.IPv4Unspecified(), dnsPort)
	count := doorCounts{Level: LevelNetfilter}
	if why := l.redirected(g, v6); why != nil && l.err == nil {
		count.Level, count.Why = LevelListeners, why.Error()
		l.each(g.ports(), v6)
		count.TCP = len(l.fds) - 2
	} else {
		count.TCP = len(l.fds) - 2
		for _, p := range g.HostPorts {
			l.tcp(loopback4, p.Jail)
			if v6 {
				l.tcp(netip.IPv6Loopback(), p.Jail)
			}
		}
		count.HostPorts = len(l.fds) - 2 - count.TCP
		count.Datagrams = l.datagrams(v6)
	}
	if l.err != nil {
		return l.err
	}
	return sendFiles(control, report{Phase: phaseDoors, Doors: &count}, l.fds)
}

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// route brings the loopback device up and leads every address to it. Without IPv6 in the kernel nothing has such an address.
func route() (v6 bool, err error) {
	if err := loopbackUp(); err != nil {
		return false, err
	}
	if err := addAddress(ownAddress); err != nil {
		return false, fmt.Errorf("address %v: %w", ownAddress, err)
	}
	if err := ownEverything(unix.AF_INET, ownAddress); err != nil {
		return false, fmt.Errorf("route of IPv4: %w", err)
	}
	quickenLoopback()
	return ownEverything(unix.AF_INET6, netip.Addr{}) == nil, nil
}

// listeners collects sockets and the first error.
type listeners struct {
	fds []int
	err error
}

func (l *listeners) close() {
	for _, fd := range l.fds {
		unix.Close(fd)
	}
}

// redirected makes the listeners that every port is redirected to, and the rules that do it. It returns why that cannot be had.
func (l *listeners) redirected(g Gate, v6 bool) error {
	port := redirectPort
	for slices.ContainsFunc(g.HostPorts, func(p HostPort) bool { return p.Jail == port }) {
		port++
	}
	before := len(l.fds)
	why := l.transparent(loopback4, port)
	if why == nil && v6 {
		why = l.transparent(netip.IPv6Loopback(), port)
	}
	if why == nil {
		if why = redirect(port, ownAddress, v6); why != nil {
			why = fmt.Errorf("nftables: %w", why)
		}
	}
	if why != nil {
		for _, fd := range l.fds[before:] {
			unix.Close(fd)
		}
		l.fds = l.fds[:before]
	}
	return why
}

// datagrams makes a socket that is told of those that lead nowhere, where the kernel has what that takes, and returns how many
// it made. They lead nowhere either way.
func (l *listeners) datagrams(v6 bool) int {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_NETFILTER)
	if err != nil {
		return 0
	}
	if err := tellDatagrams(fd, ownAddress, v6); err != nil {
		unix.Close(fd)
		return 0
	}
	l.fds = append(l.fds, fd)
	return 1
}

// transparent makes a listener that takes connections to any address (IP_TRANSPARENT of ip(7)).
func (l *listeners) transparent(address netip.Addr, port int) error {
	level, option := unix.SOL_IP, unix.IP_TRANSPARENT
	if address.Is6() {
		level, option = unix.SOL_IPV6, unix.IPV6_TRANSPARENT
	}
	fd, err := listen(address, port, func(fd int) error { return unix.SetsockoptInt(fd, level, option, 1) })
	if err == nil {
		l.fds = append(l.fds, fd)
	}
	return err
}

// each makes a listener for each port: without rules of the kernel it takes connections to all addresses.
func (l *listeners) each(ports []int, v6 bool) {
	for _, port := range ports {
		if port == dnsPort {
			continue // there already
		}
		l.tcp(netip.IPv4Unspecified(), port)
		if v6 {
			l.tcp(netip.IPv6Unspecified(), port)
		}
	}
}

func (l *listeners) tcp(address netip.Addr, port int) {
	if l.err != nil {
		return
	}
	fd, err := listen(address, port, func(int) error { return nil })
	if err != nil {
		l.err = err
		return
	}
	l.fds = append(l.fds, fd)
}

// packets makes a socket for datagrams to a port of any IPv4 address, which tells of each what it was addressed to.
func (l *listeners) packets(port int) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		l.err = err
		return
	}
	l.fds = append(l.fds, fd)
	l.err = errors.Join(unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_PKTINFO, 1), unix.Bind(fd, &unix.SockaddrInet4{Port: port}))
}

// listen makes a listener. IPv6 ones take IPv6 only, so that each family has its own.
func listen(address netip.Addr, port int, prepare func(fd int) error) (int, error) {
	fd, err := unix.Socket(int(family(address)), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if address.Is6() {
		err = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err = errors.Join(err, prepare(fd)); err == nil {
		err = unix.Bind(fd, socketAddress(address, port))
	}
	if err == nil {
		err = unix.Listen(fd, backlog)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("listen at %v: %w", netip.AddrPortFrom(address, uint16(port)), err)
	}
	return fd, nil
}

func socketAddress(address netip.Addr, port int) unix.Sockaddr {
	if address.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: address.As4()}
	}
	return &unix.SockaddrInet6{Port: port, Addr: address.As16()}
}
