package session

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"jail/jail"
	"jail/state"
	"jail/terminal"
)

// Inside is what a server can do to the jail.
type Inside struct {
	Start  func(jail.Process) (*jail.Started, error)
	Signal func(syscall.Signal)
	Kill   func()
}

// Server is the run of one jail, as its folder's socket shows it. It is made before the run starts, and asked nothing before
// Serve.
type Server struct {
	folder   Folder
	claim    *os.File
	listener *net.UnixListener
	inside   Inside
	mutex    sync.Mutex
	record   Record
	hub      *hub      // of a detached run, once it has its terminal
	spec     jail.Spec // what of it is for the terminals of others
	others   int
	changed  chan struct{} // closed and made anew at each change of what Status tells
	over     chan struct{} // closed by End
	clients  sync.WaitGroup
}

// Listen claims the folder for a run. Errors: ErrRunning.
func Listen(f Folder, mode Mode, of state.Session) (*Server, error) {
	claim, err := f.claim()
	if err != nil {
		return nil, err
	}
	s := &Server{folder: f, claim: claim, changed: make(chan struct{}), over: make(chan struct{})}
	s.record = Record{SchemaVersion: SchemaVersion, Mode: mode, Session: of}
	if s.listener, err = f.listen(); err == nil {
		err = f.write(s.record)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close lets the folder go.
func (s *Server) close() {
	if s.listener != nil {
		s.listener.Close()
		_ = os.Remove(s.folder.socket())
	}
	s.claim.Close()
}

// Serve answers whoever comes, from now on.
func (s *Server) Serve(inside Inside) {
	s.inside = inside
	go func() {
		for {
			conn, err := s.listener.AcceptUnix()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(acceptPause) // no descriptors: others end meanwhile
				continue
			}
			s.clients.Go(func() { s.answer(conn) })
		}
	}()
}

// acceptPause is how long a server without descriptors waits.
const acceptPause = 100 * time.Millisecond

// Show takes over the other side of a detached run's terminal. Waits is that of jail.View.
func (s *Server) Show(master *os.File, spec jail.Spec, waits func(terminal.Status)) error {
	h, err := newHub(master, spec, newOutput(s.folder), waits)
	if err != nil {
		return err
	}
	h.changed = func() { s.note(nil) }
	s.mutex.Lock()
	s.hub, s.spec = h, spec
	s.mutex.Unlock()
	go h.serve()
	return nil
}

// Messages is where what jail itself has to say of a detached run is kept, for Log.
func (s *Server) Messages() (*os.File, error) {
	return os.OpenFile(s.folder.messages(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
}

// End tells everybody how the run ended, and lets the folder go. It is to be called once, in each case.
func (s *Server) End(result jail.Result) {
	s.mutex.Lock()
	h := s.hub
	s.mutex.Unlock() // the hub takes it, when the last words change what Status tells
	if h != nil {
		select {
		case <-h.ended:
		case <-time.After(stalled): // somebody took the terminal along
		}
		h.master.Close() // whoever still types to it ends
	}
	s.mutex.Lock()
	ended := time.Now().UTC().Truncate(time.Second)
	s.record.Ended, s.record.ExitCode = &ended, result.ExitCode()
	_ = s.folder.write(s.record) // a full disk: the run will be told as lost
	s.close()                    // before anybody is told: who knows of the end may begin anew
	close(s.over)
	s.mutex.Unlock()
	s.clients.Wait()
}

// answer serves one client.
func (s *Server) answer(conn *net.UnixConn) {
	l := newLink(conn)
	defer l.close()
	if !ours(conn) {
		return
	}
	var r request
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if l.receive(&r) != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	switch r.Verb {
	case verbStatus:
		s.sendStatus(l)
	case verbAttach:
		s.attach(l, r)
	case verbStart:
		s.start(l, r)
	case verbStop:
		s.stop(l, r)
	case verbSend:
		_ = l.send(failed(s.send(r.Text, r.Enter)))
	case verbWait:
		s.wait(l, r.For)
	default:
		_ = l.send(reply{Error: "this run was started by a jail that does not know that"})
	}
}

// patience is how long the other side may take to say what it wants, and to take what it is told.
const patience = 10 * time.Second

func failed(err error) reply {
	var start *jail.StartError
	var errno syscall.Errno
	switch {
	case err == nil:
		return reply{}
	case errors.As(err, &start) && errors.As(start.Err, &errno):
		return reply{Error: err.Error(), Start: start.Program, Errno: int(errno)}
	}
	return reply{Error: err.Error()}
}

// note changes what Status tells.
func (s *Server) note(change func()) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if change != nil {
		change()
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) sendStatus(l *link) {
	now := s.status()
	_ = l.send(reply{Status: &now})
}

func (s *Server) status() Status {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := s.record.status()
	now.Others = s.others
	if s.hub == nil || now.State == Done {
		return now
	}
	seen := s.hub.notice.Status()
	now.State, now.Says, now.Title = states[seen.State], seen.Text, seen.Title
	s.hub.mutex.Lock()
	defer s.hub.mutex.Unlock()
	now.Viewers, now.Active = len(s.hub.viewers), s.hub.wrote.UTC().Truncate(time.Second)
	return now
}

// states are those of a run by what its terminal shows.
var states = map[terminal.State]State{terminal.Working: Working, terminal.Waiting: Waiting, terminal.Idle: Idle}

// socketPair makes the two ends of a stream. Ours can be waited for by the runtime.
func socketPair() (ours, theirs *os.File, err error) {
	syscall.ForkLock.RLock()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fds[0])
		unix.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "viewer"), os.NewFile(uintptr(fds[1]), "run"), nil
}
