package session

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"time"

	"jail/jail"
)

// attach shows the run to a client until either goes.
func (s *Server) attach(l *link, r request) {
	s.mutex.Lock()
	h := s.hub
	s.mutex.Unlock()
	if h == nil {
		_ = l.send(reply{Error: "it runs in the foreground of another terminal, and cannot be attached to"})
		return
	}
	ours, theirs, err := socketPair()
	if err != nil {
		_ = l.send(failed(err))
		return
	}
	err = l.send(reply{Output: s.spec.Output, Screen: s.spec.Screen}, theirs)
	theirs.Close()
	if err != nil {
		ours.Close()
		return
	}
	v := h.attach(ours, r.Window, r.ReadOnly)
	s.note(nil)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for {
			var r request
			if l.receive(&r) != nil {
				return
			}
			h.mutex.Lock()
			v.window = r.Window
			h.resize()
			h.mutex.Unlock()
		}
	}()
	select {
	case <-gone:
		h.detach(v)
	case <-s.over:
		v.end()
		<-v.shown
		s.sendStatus(l)
	}
	s.note(nil)
}

// start starts a further command, whose terminal or pipes the client has.
func (s *Server) start(l *link, r request) {
	if r.Process == nil {
		return
	}
	started, err := s.inside.Start(*r.Process)
	if err != nil {
		_ = l.send(failed(err))
		return
	}
	s.note(func() { s.others++ })
	defer s.note(func() { s.others-- })
	err = l.send(reply{Output: s.spec.Output}, started.Files...)
	for _, f := range started.Files {
		f.Close() // the client alone has them: when it is gone, the command's terminal is
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for err == nil {
			var r request
			if err = l.receive(&r); err == nil && r.Signal != 0 {
				started.Signal(r.Signal)
			}
		}
	}()
	select {
	case result, ok := <-started.Ended:
		if !ok {
			result = jail.Result{Signal: syscall.SIGKILL}
		}
		_ = l.send(reply{Ended: &result})
	case <-gone:
		s.bury(started)
	}
}

// bury ends a command whose client is gone.
func (s *Server) bury(started *jail.Started) {
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGKILL} {
		started.Signal(sig)
		select {
		case <-started.Ended:
			return
		case <-s.over:
			return
		case <-time.After(patience):
		}
	}
}

// stop ends the run: politely, and after the grace period by force.
func (s *Server) stop(l *link, r request) {
	if r.Grace > 0 {
		s.inside.Signal(syscall.SIGTERM)
		s.inside.Signal(syscall.SIGCONT)
		select {
		case <-s.over:
		case <-time.After(r.Grace):
		}
	}
	s.inside.Kill()
	<-s.over
	s.sendStatus(l)
}

// send types something. Several lines are pasted where the program takes that (bracketed paste of xterm's ctlseqs), so that it does
// not take each for the end of what is said.
func (s *Server) send(text string, enter bool) error {
	s.mutex.Lock()
	h := s.hub
	s.mutex.Unlock()
	if h == nil {
		return errors.New("it runs in the foreground of another terminal, where its keys are typed")
	}
	keys := strings.ReplaceAll(text, "\n", "\r")
	h.mutex.Lock()
	pastes := h.quiet.Pastes()
	h.mutex.Unlock()
	if pastes && strings.Contains(keys, "\r") {
		keys = "\x1b[200~" + strings.ReplaceAll(keys, "\x1b", "") + "\x1b[201~"
	}
	if enter {
		keys += "\r"
	}
	typed := make(chan error, 1)
	go func() { typed <- h.input(nil, []byte(keys)) }()
	select {
	case err := <-typed:
		return err
	case <-time.After(unread):
		return errors.New("the command reads nothing of what is typed, and has not taken all of it yet")
	}
}

// unread is how long a command may take nothing of what is sent, before whoever sent it is told.
const unread = 5 * time.Second

// wait answers when the run does one of what is waited for, and in each case when it ends.
func (s *Server) wait(l *link, states []State) {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = l.receive(&request{}) // nothing more comes
	}()
	for {
		s.mutex.Lock()
		changed := s.changed
		s.mutex.Unlock()
		now := s.status()
		if slices.Contains(states, now.State) {
			_ = l.send(reply{Status: &now})
			return
		}
		select {
		case <-changed:
		case <-time.After(waitPause): // what becomes idle changes nothing
		case <-gone:
			return
		case <-s.over:
			s.sendStatus(l)
			return
		}
	}
}

// waitPause is how often it is looked whether a run has become idle.
const waitPause = 2 * time.Second
