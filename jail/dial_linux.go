package jail

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
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
		answer := failure(phaseDialed, "", err)
		answer.Serial = r.Serial
		send(control, answer)
		return
	}
	defer unix.Close(fd)
	_ = sendFiles(control, report{Phase: phaseDialed, Serial: r.Serial}, []int{fd}) // the parent is gone otherwise
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

// dialler asks init for connections inside the jail. Init is not trusted: the command may have got hold of it.
type dialler struct {
	control *os.File
	mutex   sync.Mutex
	serial  int
	waiting map[int]chan dialled
}

type dialled struct {
	file *os.File
	err  error
}

// dial is Doors.Dial.
func (d *dialler) dial(port int) (*os.File, error) {
	answer := make(chan dialled, 1)
	d.mutex.Lock()
	d.serial++
	serial := d.serial
	d.waiting[serial] = answer
	d.mutex.Unlock()
	send(d.control, request{Dial: port, Serial: serial})
	var got dialled
	select {
	case got = <-answer:
	case <-time.After(2 * dialTimeout):
		d.mutex.Lock()
		delete(d.waiting, serial)
		d.mutex.Unlock()
		select {
		case got = <-answer: // just before
		default:
			return nil, fmt.Errorf("connect to port %d of the jail: %w", port, unix.ETIMEDOUT)
		}
	}
	if got.err == nil {
		if got.err = checkPeer(got.file, port); got.err != nil {
			got.file.Close()
		}
	}
	if got.err != nil {
		return nil, fmt.Errorf("connect to port %d of the jail: %w", port, got.err)
	}
	return got.file, nil
}

// answered takes init's answer and the descriptors that came with it.
func (d *dialler) answered(r report, files []*os.File) {
	d.mutex.Lock()
	answer, asked := d.waiting[r.Serial]
	delete(d.waiting, r.Serial)
	d.mutex.Unlock()
	if asked && r.Text == "" && len(files) == 1 {
		answer <- dialled{file: files[0]}
		return
	}
	for _, f := range files {
		f.Close()
	}
	if !asked {
		return
	}
	err := error(r.Errno)
	if r.Errno == 0 {
		err = errors.New("the jail's init answers badly")
	}
	answer <- dialled{err: err}
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
