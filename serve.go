package main

import (
	"errors"
	"os"

	"jail/jail"
	"jail/session"
	"jail/state"
	"jail/terminal"
)

// served is the run of a named jail, as others of our commands reach it. That of an unnamed one is nil, and nobody does.
type served struct {
	server *session.Server
	result jail.Result
}

// serve claims the jail for a run. Where there can be no socket, as on some network file systems, a run in the foreground is one that
// nobody reaches.
func serve(f session.Folder, of state.Session) (*served, error) {
	mode := session.Foreground
	if isSupervisor() {
		mode = session.Detached
	}
	server, err := session.Listen(f, mode, of)
	switch {
	case errors.Is(err, session.ErrRunning):
		return nil, &hinted{err, "jail list tells which; jail stop ends it"}
	case err != nil && mode == session.Foreground:
		warn("no other command reaches this run: %v", err)
		return nil, nil
	case err != nil:
		return nil, &hinted{err, "put jail's state folder onto another file system with XDG_STATE_HOME"}
	}
	return &served{server: server}, nil
}

// begin answers others from now on.
func (s *served) begin(p *jail.Prepared) {
	if s == nil {
		return
	}
	s.server.Serve(session.Inside{Start: p.Start, Signal: p.Signal, Kill: p.Kill})
}

// show takes over the terminal of a detached command, which is on its own from then on.
func (s *served) show(spec jail.Spec, waits func(terminal.Status)) func(master *os.File) {
	return func(master *os.File) {
		if err := s.server.Show(master, spec, waits); err != nil {
			warn("cannot show the command's terminal: %v", err)
		}
		leave(s.server)
	}
}

// note keeps how the command ended.
func (s *served) note(result jail.Result) {
	if s != nil {
		s.result = result
	}
}

// end tells others how the run ended, when all is done that belongs to it.
func (s *served) end(err error) {
	if s == nil {
		return
	}
	var code exitWith
	var by exitBy
	if err != nil && !errors.As(err, &code) && !errors.As(err, &by) {
		s.result = jail.Result{Code: exitCode(err)}
	}
	s.server.End(s.result)
}

// tellRemaining says why a run goes on although its command has ended.
func tellRemaining(others int) {
	if others == 1 {
		warn("the command has ended, and another that was started in the jail has not: waiting for it; Ctrl-C ends it")
		return
	}
	warn("the command has ended, and %d others that were started in the jail have not: waiting for them; Ctrl-C ends them", others)
}
