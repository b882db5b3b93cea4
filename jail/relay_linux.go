package jail

import (
	"io"
	"os"
	"os/signal"
	"syscall"
)

// relay passes signals that reach the parent on to init, which passes them on to the command.
type relay struct {
	terminal Terminal
	control  io.Writer
	signals  chan os.Signal
	done     chan struct{}
}

// start begins to catch and to pass on. What comes before the command runs waits in the control socket. With an inherited terminal the kernel sends what keys and resizing make to the
// whole foreground process group, the command included: SIGINT and SIGQUIT are then only kept from ending us, and job
// control keeps its defaults.
func (r *relay) start() {
	others := []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2}
	if r.terminal == TerminalNone {
		others = append(others, syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT)
	}
	r.signals, r.done = make(chan os.Signal, 16), make(chan struct{})
	signal.Notify(r.signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		// Nobody needs to wait for those that do not end us: catching one takes two thread switches.
		signal.Notify(r.signals, others...)
		for {
			select {
			case s := <-r.signals:
				r.pass(s.(syscall.Signal))
			case <-r.done:
				return
			}
		}
	}()
}

func (r *relay) pass(s syscall.Signal) {
	if fromKeys := s == syscall.SIGINT || s == syscall.SIGQUIT; fromKeys && r.terminal == TerminalInherit {
		return // the command has it already
	}
	send(r.control, request{s})
	if s == syscall.SIGTSTP {
		// Init stops the command. We stop too, as the caller's shell expects, until SIGCONT.
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
}

// stop ends the passing on. The signals stay caught: giving each back takes two thread switches, and what follows the
// end of the command is the end of this process.
func (r *relay) stop() { close(r.done) }
