package jail

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dialTimeout is how long a connection inside the jail may take.
const dialTimeout = 2 * time.Second

// dialInside is what init does for Doors.Dial: it connects to a port of the jail's own loopback and passes the socket on.
func dialInside(r request, control *os.File) {
	fd, err := connect(loopback4, r.Dial)
	if errors.Is(err, unix.ECONNREFUSED) {
		fd, err = connect(netip.IPv6Loopback(), r.Dial)
	}
	if err != nil {
		answer := failure(phaseAnswer, "", err)
		answer.Serial = r.Serial
		send(control, answer)
		return
	}
	defer unix.Close(fd)
	_ = sendFiles(control, report{Phase: phaseAnswer, Serial: r.Serial}, []int{fd}) // the parent is gone otherwise
}

func connect(address netip.Addr, port int) (int, error) {
	fd, err := unix.Socket(int(family(address)), unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	limit := unix.NsecToTimeval(int64(dialTimeout))
	err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit) // connect(2) too (socket(7))
	if err == nil {
		// With a time limit a signal interrupts connect(2), SA_RESTART or not (signal(7)). Called again it waits on.
		for err = unix.EINTR; errors.Is(err, unix.EINTR); {
			err = unix.Connect(fd, socketAddress(address, port))
		}
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// dial is Doors.Dial.
func (a *asker) dial(port int) (*os.File, error) {
	got, err := a.ask(request{Dial: port, Serial: a.number()}, 2*dialTimeout)
	if err == nil {
		if len(got.files) != 1 {
			err = errors.New("the jail's init answers badly")
		} else {
			err = checkPeer(got.files[0], port)
		}
	}
	if err != nil {
		closeAll(got.files)
		return nil, fmt.Errorf("connect to port %d of the jail: %w", port, err)
	}
	return got.files[0], nil
}

// checkPeer makes sure that a descriptor is a connection to a port of a loopback.
func checkPeer(f *os.File, port int) error {
	fd := int(f.Fd())
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return err
	}
	peer, err := unix.Getpeername(fd)
	if err != nil {
		return err
	}
	var at netip.AddrPort
	switch peer := peer.(type) {
	case *unix.SockaddrInet4:
		at = netip.AddrPortFrom(netip.AddrFrom4(peer.Addr), uint16(peer.Port))
	case *unix.SockaddrInet6:
		at = netip.AddrPortFrom(netip.AddrFrom16(peer.Addr), uint16(peer.Port))
	}
	if kind != unix.SOCK_STREAM || !at.Addr().IsLoopback() || int(at.Port()) != port {
		return syscall.EPROTO
	}
	return nil
}
