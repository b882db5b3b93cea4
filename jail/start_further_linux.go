package jail

import (
	"errors"
	"sync"
	"syscall"
	"time"
)

// startTimeout is how long init may take to start a further command: it only forks.
const startTimeout = 10 * time.Second

// started are the further commands of a jail, seen from its parent, by the serial number of what asked for them.
type started struct {
	mutex sync.Mutex
	ended map[int]chan Result
	gone  bool // the jail is
}

// Start starts a further command in a jail that runs. Errors: *StartError, *StepError, and ETIMEDOUT where init does not answer.
func (p *Prepared) Start(c Process) (*Started, error) {
	serial := p.asker.number()
	ended := p.further.expect(serial)
	got, err := p.asker.ask(request{Start: &c, Serial: serial}, startTimeout)
	want := 3
	if c.Window != (Window{}) {
		want = 1
	}
	if err == nil && len(got.files) != want {
		closeAll(got.files)
		err = syscall.EPROTO // init is no more what it was
	}
	var step *StepError
	if errors.As(err, &step) {
		p.further.forget(serial)
		return nil, err
	}
	if err != nil {
		p.further.forget(serial)
		program := ""
		if len(c.Argv) > 0 {
			program = c.Argv[0]
		}
		return nil, &StartError{Program: program, Err: err}
	}
	return &Started{Files: got.files, Ended: ended, signal: func(s syscall.Signal) {
		send(p.control, request{Signal: s, Serial: serial})
	}}, nil
}

// Signal passes a signal on to the command. After SIGTERM and SIGHUP it has the grace period to end.
func (p *Prepared) Signal(s syscall.Signal) { send(p.control, request{Signal: s}) }

// Kill ends everything in the jail at once.
func (p *Prepared) Kill() {
	p.further.mutex.Lock()
	defer p.further.mutex.Unlock()
	if !p.further.gone { // afterwards the pid may be another's
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}

// expect returns where the end of a command will be told.
func (s *started) expect(serial int) <-chan Result {
	ended := make(chan Result, 1)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.gone {
		close(ended)
	} else {
		s.ended[serial] = ended
	}
	return ended
}

func (s *started) forget(serial int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.ended, serial)
}

// tell is told by init how a command ended.
func (s *started) tell(r report) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if ended, ok := s.ended[r.Serial]; ok {
		delete(s.ended, r.Serial)
		ended <- r.Result
	}
}

// over tells those who wait that the jail has ended.
func (s *started) over() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.gone = true
	for _, ended := range s.ended {
		close(ended)
	}
	s.ended = nil
}
