package jail

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"time"
)

// Run builds the jail of a Spec, runs its command in it, passes the caller's signals on to it, and returns how it ended. When
// Run returns, no process of the jail is left. Errors: *StepError, *StartError and those of a.Serve; they mean that the command
// did not run.
func (p *Prepared) Run(s Spec, a Attendance) (Result, error) {
	return p.carryOut(s, a, func() attending {
		relay := &relay{terminal: s.Terminal, control: p.control}
		relay.start()
		return attending{stop: relay.stop, halt: relay.halt, remain: relay.remain, show: func(master *os.File) (*screen, error) {
			screen, err := newScreen(View{Streams: p.streams, Far: master, Output: s.Output, Screen: s.Screen, Waits: a.Waits})
			relay.screen.Store(screen)
			return screen, err
		}}
	})
}

// Read is Run for a command of the program's own: signals are not passed on, and the end of ctx ends the jail at once. The
// error is the context's then.
func (p *Prepared) Read(ctx context.Context, s Spec) (Result, error) {
	result, err := p.carryOut(s, Attendance{}, func() attending {
		ended := make(chan struct{})
		stopped := context.AfterFunc(ctx, func() {
			_ = syscall.Kill(p.pid, syscall.SIGKILL)
			close(ended)
		})
		stop := func() {
			if !stopped() {
				<-ended // the pid is not reaped before, and so nobody else's
			}
		}
		return attending{stop: stop, halt: func() {}, remain: func() {}} // without a terminal it is never stopped
	})
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	return result, err
}

// attending is what the parent does while a jail runs.
type attending struct {
	stop   func()                                 // it has ended
	halt   func()                                 // it is stopped
	remain func()                                 // its command has ended, and it has not
	show   func(master *os.File) (*screen, error) // it has a terminal of its own
}

// carryOut builds the jail and follows it to its end. What begin begins, while init builds, ends by stop before init is reaped.
func (p *Prepared) carryOut(s Spec, a Attendance, begin func() attending) (Result, error) {
	if err := p.accept(s, a); err != nil {
		p.Discard()
		return Result{}, fmt.Errorf("invalid plan: %w", err)
	}
	defer runtime.UnlockOSThread()
	defer p.control.Close()
	p.handoff.Close()
	send(p.control, request{})
	// After init was told to go, because catching signals takes a third of a millisecond, and long before init is ready to
	// start the command. A signal that comes earlier still ends us, and init with us.
	r := &running{Prepared: p, spec: s, attendance: a, attending: begin(), from: &receiver{socket: p.control}}
	defer time.AfterFunc(longRun, forgetProgram).Stop()
	result, told, err := follow(r.from, events{
		doors: r.serve, terminal: r.open, ready: r.begin, stopped: r.halt, remain: r.outlasted, ended: p.further.tell,
		answered: func(answer report) { p.asker.answered(answer, r.from.take(answer)) },
	})
	ws, killed, waitErr := r.end()
	switch {
	case err != nil:
		return Result{}, err
	case told:
	case waitErr != nil:
		return Result{}, waitErr
	case !ws.Signaled():
		return Result{}, fmt.Errorf("the jail's init ended early, with code %d, and everything in the jail with it", ws.ExitStatus())
	default: // init was killed from outside, and everything in the jail with it
		result = Result{Signal: ws.Signal()}
	}
	return result.afterKills(killed), nil
}

// accept checks a Spec and hands it to init.
func (p *Prepared) accept(s Spec, a Attendance) error {
	if err := s.Validate(); err != nil {
		return err
	}
	switch {
	case s.Backend != BackendNamespaces:
		return fmt.Errorf("it is for %s", s.Backend)
	case s.Network.Filtered() && a.Serve == nil:
		return errors.New("nobody serves its network")
	case s.Terminal == TerminalDetached && a.Show == nil:
		return errors.New("nobody takes its terminal")
	case s.UID != p.outline.UID || s.GID != p.outline.GID || s.Network != p.outline.Network || s.Limits != p.outline.Limits || !reflect.DeepEqual(s.Gate, p.outline.Gate):
		return errors.New("it differs from its outline")
	}
	return seal(p.handoff, s)
}

// running is a jail that has its Spec, seen from its parent. Its methods are told of what init reports.
type running struct {
	*Prepared
	attending
	spec       Spec
	attendance Attendance
	from       *receiver
	opened     *screen // of a terminal of the jail's own
	shown      *screen // the same, from when it relays until the command has ended
}

// serve has the doors of a filtered network served.
func (r *running) serve(count doorCounts) error {
	opened, err := r.from.doors(count)
	if err != nil {
		return err
	}
	if r.attendance.Serve == nil {
		opened.Close()
		return errors.New("the jail's init opens a network that it was not asked for")
	}
	own := inodes(opened.files())
	opened.Dial = r.asker.dial
	opened.Listening = func() []int { return listening(r.pid, own) }
	opened.Who = func(client netip.AddrPort) (int, string) { return who(r.pid, client) }
	if err := r.attendance.Serve(opened); err != nil {
		return err
	}
	send(r.control, request{Serves: true})
	return nil
}

// open takes the other side of a terminal of the jail's own.
func (r *running) open(terminal report) {
	files := r.from.take(terminal)
	switch {
	case len(files) != 1:
		closeAll(files)
	case r.spec.Terminal == TerminalDetached:
		r.attendance.Show(files[0])
	case r.show == nil || r.spec.Terminal != TerminalOwn:
		closeAll(files)
	default:
		r.opened, _ = r.show(files[0]) // or nothing is seen of the command, which ends for want of a terminal
	}
}

// begin is told that the walls stand.
func (r *running) begin(w Walls) {
	if r.attendance.Ready != nil {
		r.attendance.Ready(w)
	}
	if r.shown = r.opened; r.shown != nil {
		r.shown.start()
	}
}

// outlasted is told that the command has ended, and others have not.
func (r *running) outlasted(others int) {
	r.remain()
	r.endScreen()
	if r.attendance.Remain != nil {
		r.attendance.Remain(others)
	}
}

func (r *running) endScreen() {
	if r.shown != nil {
		r.shown.end()
		r.shown = nil
	}
}

// end ends init, which has said all that it has to say but may not know it: it can wait for something that never comes, or be no
// longer what it was. If it has ended by itself, that is the status. Killed are the processes that the memory limit ended.
func (r *running) end() (ws syscall.WaitStatus, killed int, err error) {
	_ = syscall.Kill(r.pid, syscall.SIGKILL)
	r.from.close()
	r.asker.end()
	r.further.over()
	r.stop()
	// The kernel has ended every process of init's PID namespace before init can be reaped (pid_namespaces(7)).
	ws, err = wait(r.pid)
	r.endScreen()
	killed = r.group.killed()
	r.group.remove()
	return ws, killed, err
}
