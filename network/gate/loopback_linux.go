package gate

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// unpaced gives a socket whose way is the loopback the congestion control that every kernel has (TCP_CONGESTION of tcp(7)): the
// host's may be one that paces what it sends, as BBR does, and that is less than half of the loopback's speed.
func unpaced(_, _ string, raw syscall.RawConn) error {
	return raw.Control(func(fd uintptr) { _ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno") })
}
