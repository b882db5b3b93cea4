package session

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"jail/jail"
)

// verb is what a client asks for first.
type verb string

const (
	verbStatus verb = "status" // answered once
	verbAttach verb = "attach" // descriptors come with the answer; then Window and Signal go, and Ended comes
	verbStart  verb = "start"  // likewise
	verbStop   verb = "stop"   // answered when the run has ended
	verbSend   verb = "send"
	verbWait   verb = "wait" // answered when the run does what is waited for
)

// request is what a client says: one with a Verb, and after some of them more.
type request struct {
	Verb     verb           `json:"verb,omitempty"`
	Window   jail.Window    `json:"window,omitzero"`
	ReadOnly bool           `json:"read_only,omitempty"` // attach
	Process  *jail.Process  `json:"process,omitempty"`   // start
	Signal   syscall.Signal `json:"signal,omitempty"`
	Grace    time.Duration  `json:"grace_ns,omitempty"` // stop: until SIGKILL
	Text     string         `json:"text,omitempty"`     // send
	Enter    bool           `json:"enter,omitempty"`    // send: press Enter behind it
	For      []State        `json:"for,omitempty"`      // wait
}

// reply is what the run says.
type reply struct {
	Error  string       `json:"error,omitempty"`
	Errno  int          `json:"errno,omitempty"`   // of a command that could not be started
	Start  string       `json:"program,omitempty"` // that command
	Output jail.Output  `json:"output,omitempty"`
	Screen jail.Screen  `json:"screen,omitzero"` // attach
	Status *Status      `json:"status,omitempty"`
	Ended  *jail.Result `json:"ended,omitempty"`
}

// maxDescriptors is how many come with one message.
const maxDescriptors = 3

// link is one side of a connection: messages in JSON, a line each, some with descriptors.
type link struct {
	conn    *net.UnixConn
	decoder *json.Decoder
	files   []*os.File // that came and were not taken
}

func newLink(conn *net.UnixConn) *link {
	l := &link{conn: conn}
	l.decoder = json.NewDecoder(l)
	return l
}

// Read keeps the descriptors that come along.
func (l *link) Read(p []byte) (int, error) {
	ancillary := make([]byte, unix.CmsgSpace(4*maxDescriptors))
	n, size, _, _, err := l.conn.ReadMsgUnix(p, ancillary)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	messages, err := unix.ParseSocketControlMessage(ancillary[:size])
	if err != nil {
		return 0, err
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return 0, err
		}
		for _, fd := range fds {
			l.files = append(l.files, os.NewFile(uintptr(fd), "from the jail"))
		}
	}
	return n, nil
}

func (l *link) receive(message any) error { return l.decoder.Decode(message) }

// send writes a message, with descriptors that stay open here.
func (l *link) send(message any, files ...*os.File) error {
	data, err := json.Marshal(message)
	if err != nil {
		return err
	}
	data = append(data, '\n')
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = unix.UnixRights(fds...)
	}
	_ = l.conn.SetWriteDeadline(time.Now().Add(patience))
	n, _, err := l.conn.WriteMsgUnix(data, rights, nil)
	if err == nil && n < len(data) {
		_, err = l.conn.Write(data[n:])
	}
	return err
}

// take gives away the descriptors that have come.
func (l *link) take() []*os.File {
	files := l.files
	l.files = nil
	return files
}

func (l *link) close() {
	for _, f := range l.take() {
		f.Close()
	}
	l.conn.Close()
}

// err is what a reply says went wrong. Errors: *jail.StartError.
func (r reply) err() error {
	switch {
	case r.Errno != 0:
		return &jail.StartError{Program: r.Start, Err: syscall.Errno(r.Errno)}
	case r.Error != "":
		return errors.New(r.Error)
	}
	return nil
}
