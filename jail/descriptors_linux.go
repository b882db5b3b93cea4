package jail

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// sendFiles is send with descriptors, which stay open here (SCM_RIGHTS of unix(7)).
func sendFiles(socket *os.File, r report, fds []int) error {
	r.Files = len(fds)
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return unix.Sendmsg(int(socket.Fd()), append(data, '\n'), unix.UnixRights(fds...), nil, 0)
}

// receiver reads a control socket together with the descriptors that come along.
type receiver struct {
	socket *os.File
	files  []*os.File // not taken yet
}

func (r *receiver) Read(p []byte) (int, error) {
	ancillary := make([]byte, unix.CmsgSpace(4*maxDoors))
	for {
		n, size, flags, _, err := unix.Recvmsg(int(r.socket.Fd()), p, ancillary, unix.MSG_CMSG_CLOEXEC)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		}
		if err := r.keep(ancillary[:size]); err != nil {
			return 0, err
		}
		if flags&unix.MSG_CTRUNC != 0 {
			return 0, errors.New("descriptors were lost on the way")
		}
		if n == 0 {
			return 0, io.EOF
		}
		return n, nil
	}
}

func (r *receiver) keep(ancillary []byte) error {
	if len(ancillary) == 0 {
		return nil
	}
	messages, err := unix.ParseSocketControlMessage(ancillary)
	if err != nil {
		return err
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return err
		}
		for _, fd := range fds {
			r.files = append(r.files, os.NewFile(uintptr(fd), "door"))
		}
	}
	return nil
}

// take gives away what came with a report, and nothing where that says more than came. A report without descriptors may be read
// together with the next one that has some.
func (r *receiver) take(with report) []*os.File {
	if with.Files < 0 || with.Files > len(r.files) {
		return nil
	}
	files := r.files[:with.Files:with.Files]
	r.files = r.files[with.Files:]
	return files
}

// close closes what nobody took.
func (r *receiver) close() {
	closeAll(r.files)
	r.files = nil
}

// doors takes the listeners that came with a report of them.
func (r *receiver) doors(count doorCounts) (Doors, error) {
	if got, want := len(r.files), 2+count.TCP+count.HostPorts+count.Datagrams; got != want || count.TCP < 0 || count.HostPorts < 0 || count.Datagrams < 0 || count.Datagrams > 1 {
		return Doors{}, fmt.Errorf("the jail's init opened %d doors and passed on %d", want, got)
	}
	files := r.files
	r.files = nil
	d := Doors{Level: count.Level, Why: count.Why, DNSPacket: files[0], DNS: files[1]}
	files = files[2:]
	d.TCP, files = files[:count.TCP], files[count.TCP:]
	d.HostPorts, files = files[:count.HostPorts], files[count.HostPorts:]
	if count.Datagrams > 0 {
		d.Datagrams = files[0]
	}
	return d, nil
}
