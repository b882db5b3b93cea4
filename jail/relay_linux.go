package jail

import (
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// relay passes signals that reach the parent on to init, which passes them on to the command.
type relay struct {
	terminal  Terminal
	screen    atomic.Pointer[screen] // with a terminal of the jail's own, once it is there
	resized   chan os.Signal         // SIGWINCH, then
	control   io.Writer
	signals   chan os.Signal
	asked     chan os.Signal // SIGTSTP, with an inherited terminal
	continued chan os.Signal // SIGCONT, then
	resumed   time.Time      // when the last of them came
	halted    chan struct{}
	left      atomic.Bool // the command has ended, and further ones have not
	done      chan struct{}
}

// settled is how long it may take until we have heard of one stop in both ways: from the kernel and from init.
const settled = 20 * time.Millisecond

// start begins to catch and to pass on. What comes before the command runs waits in the control socket. With an inherited
// terminal the kernel sends what keys and resizing make to the whole foreground process group, the command included: SIGINT
// and SIGQUIT are then only kept from ending us, and SIGTSTP only tells that the jail is to stop before us.
func (r *relay) start() {
	others := []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2}
	if !r.terminal.shared() {
		others = append(others, syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT)
	}
	r.signals, r.done = make(chan os.Signal, 16), make(chan struct{})
	r.asked, r.resized = make(chan os.Signal, 1), make(chan os.Signal, 1)
	r.continued, r.halted = make(chan os.Signal, 1), make(chan struct{}, 1)
	Notified(r.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		// Nobody needs to wait for those that do not end us: catching one takes two thread switches.
		signal.Notify(r.signals, others...)
		if r.terminal.shared() {
			signal.Notify(r.asked, syscall.SIGTSTP)
			signal.Notify(r.continued, syscall.SIGCONT)
		}
		if r.terminal == TerminalOwn {
			signal.Notify(r.resized, syscall.SIGWINCH)
		}
		for {
			select {
			case s := <-r.signals:
				r.pass(s.(syscall.Signal))
			case <-r.asked:
				send(r.control, request{Signal: syscall.SIGTSTP})
			case <-r.continued:
				r.resumed = time.Now()
				if s := r.screen.Load(); s != nil {
					s.again() // it may be in the foreground again
				}
				send(r.control, request{Signal: syscall.SIGCONT})
			case <-r.resized:
				if s := r.screen.Load(); s != nil {
					go s.resize()
				}
			case <-r.halted:
				r.stopToo()
			case <-r.done:
				return
			}
		}
	}()
}

func (r *relay) pass(s syscall.Signal) {
	if fromKeys := s == syscall.SIGINT || s == syscall.SIGQUIT; fromKeys && r.terminal == TerminalInherit && !r.left.Load() {
		return // the command has it already
	}
	send(r.control, request{Signal: s})
	if s == syscall.SIGTSTP {
		// Init stops the command. We stop too, as the caller's shell expects, until SIGCONT.
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
}

// remain is told that the command has ended and further ones have not: nobody of the jail has the caller's terminal any more.
func (r *relay) remain() {
	r.left.Store(true)
	r.screen.Store(nil)
}

// halt is told that the jail is stopped.
func (r *relay) halt() {
	select {
	case r.halted <- struct{}{}:
	default:
	}
}

// stopToo stops the job that we are part of, as a program outside does that was asked to stop by a key that it reads itself, and
// lets the jail go on when we do. The command cannot do it: its signals stay in the jail.
func (r *relay) stopToo() {
	select {
	case <-r.continued:
		r.resumed = time.Now()
	case <-time.After(settled):
	}
	if time.Since(r.resumed) < 2*settled {
		// Reading or setting the terminal from the background has stopped us together with the command, and that is over.
		send(r.control, request{Signal: syscall.SIGCONT})
		return
	}
	select {
	case <-r.asked: // which is what the jail stopped for
	default:
	}
	s := r.screen.Load()
	if s != nil {
		s.restore()
	}
	Suspend(0, r.continued)
	if s != nil {
		s.again()
	}
	send(r.control, request{Signal: syscall.SIGCONT})
}

// stop ends the passing on. The signals stay caught: giving each back takes two thread switches, and what follows the
// end of the command is the end of this process.
func (r *relay) stop() { close(r.done) }
