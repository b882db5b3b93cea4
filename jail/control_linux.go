package jail

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// The control socket joins the parent and init: reports come up, requests go down. Requests and not signals, because
// catching nine signals costs a Go process a millisecond (runtime.sigenable asks another thread for each).

// phase says what a report is about.
type phase string

const (
	phaseFailed   phase = "failed"   // a step failed; nothing was started
	phaseDoors    phase = "doors"    // the listeners of a filtered network are there, and come along
	phaseTerminal phase = "terminal" // the jail has a terminal of its own, whose other side comes along
	phaseReady    phase = "ready"    // every wall stands and was tried; the command is about to start
	phaseNoStart  phase = "nostart"  // the jail stands, the command could not be started
	phaseStopped  phase = "stopped"  // every process of the jail is stopped, and the parent's turn has come
	phaseAnswer   phase = "answer"   // what a request with a serial number asked for was done, or not; descriptors come along
	phaseEnded    phase = "ended"    // a further command ended
	phaseExited   phase = "exited"   // the command ended
)

// report is what init tells the parent.
type report struct {
	Phase  phase         `json:"phase"`
	Step   string        `json:"step,omitempty"`
	Errno  syscall.Errno `json:"errno,omitempty"`
	Text   string        `json:"text,omitempty"`
	Walls  Walls         `json:"walls"`
	Result Result        `json:"result"`
	Doors  *doorCounts   `json:"doors,omitempty"`
	Serial int           `json:"serial,omitempty"` // of the request that this answers, or by which what it is about was started
	Files  int           `json:"files,omitempty"`  // how many descriptors come along
	Others int           `json:"others,omitempty"` // further commands that still run when the command has ended
}

// request is what the parent asks of init: for a filtered network to open doors, at once; then, with nothing in it, to
// begin; then to start the command, once the doors are served; then to pass signals on to it, to connect to ports inside and
// to start further commands.
type request struct {
	Open   *Gate          `json:"open,omitempty"`
	Serves bool           `json:"serves,omitempty"`
	Signal syscall.Signal `json:"signal"`
	Dial   int            `json:"dial,omitempty"`
	Start  *Process       `json:"start,omitempty"`
	Serial int            `json:"serial,omitempty"` // of a Dial or a Start, or of the Start whose command a Signal is for
}

// send writes one message. An error means that the other side is gone, which each side learns by its own means.
func send(socket io.Writer, message any) { _ = json.NewEncoder(socket).Encode(message) }

// failure describes an error for the other process, errno included.
func failure(p phase, step string, err error) report {
	r := report{Phase: p, Step: step, Text: err.Error()}
	errors.As(err, &r.Errno)
	return r
}

// controlPair makes the two ends of a control socket.
func controlPair() (parent, child *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control"), nil
}

// events are what follow calls.
type events struct {
	doors    func(doorCounts) error // the listeners of a filtered network have come
	terminal func(report)           // the jail has a terminal of its own
	ready    func(Walls)            // the walls stand
	answered func(report)           // init answers a request with a serial number
	ended    func(report)           // a further command did
	stopped  func()                 // the jail is
	remain   func(others int)       // the command ended, and further ones still run
}

// maxReport bounds one report, in bytes: what an init says that is no more what it was is not to fill our memory.
const maxReport = 1 << 20

// onlyOnce are the reports of what happens once in a jail.
var onlyOnce = []phase{phaseDoors, phaseTerminal, phaseReady, phaseExited}

// follow reads init's reports until the socket closes. It returns how the command ended, false where init died before
// it could say so, and an error where the command never started, or where init is no more what it was.
func follow(control io.Reader, on events) (Result, bool, error) {
	bounded := &io.LimitedReader{R: control}
	decoder := json.NewDecoder(bounded)
	var result Result
	told := false
	var seen []phase
	for {
		var r report
		bounded.N = maxReport
		if err := decoder.Decode(&r); err != nil {
			return result, told, nil // the end, or what is no message: init is gone, or is to go
		}
		if slices.Contains(onlyOnce, r.Phase) {
			if slices.Contains(seen, r.Phase) {
				return Result{}, false, fmt.Errorf("the jail's init says %q twice", r.Phase)
			}
			seen = append(seen, r.Phase)
		}
		switch r.Phase {
		case phaseFailed:
			return Result{}, false, &StepError{Step: r.Step, Errno: r.Errno, Text: r.Text}
		case phaseDoors:
			if r.Doors == nil {
				return Result{}, false, errors.New("the jail's init opened no doors")
			}
			if err := on.doors(*r.Doors); err != nil {
				return Result{}, false, err
			}
		case phaseTerminal:
			on.terminal(r)
		case phaseReady:
			on.ready(r.Walls)
		case phaseAnswer:
			on.answered(r)
		case phaseEnded:
			on.ended(r)
		case phaseStopped:
			on.stopped()
		case phaseNoStart:
			err := error(r.Errno)
			if r.Errno == 0 {
				err = errors.New(r.Text)
			}
			return Result{}, false, &StartError{Program: r.Step, Err: err}
		case phaseExited:
			if r.Others == 0 {
				return r.Result, true, nil
			}
			result, told = r.Result, true
			on.remain(r.Others)
		}
	}
}

// await waits for one request. It reads byte by byte, so that nothing of what follows is taken.
func await(control io.Reader) (r request, ok bool) {
	var line []byte
	for b := []byte{0}; b[0] != '\n'; line = append(line, b[0]) {
		if _, err := control.Read(b); err != nil {
			return r, false
		}
	}
	return r, json.Unmarshal(line, &r) == nil
}

// requests reads what the parent asks for, until it is gone. Dials it carries out by itself.
func requests(control *os.File) <-chan request {
	ch := make(chan request)
	go func() {
		decoder := json.NewDecoder(control)
		for {
			var r request
			if decoder.Decode(&r) != nil {
				return // the parent is gone, and PR_SET_PDEATHSIG ends init
			}
			if r.Dial != 0 {
				go dialInside(r, control)
				continue
			}
			ch <- r
		}
	}()
	return ch
}
