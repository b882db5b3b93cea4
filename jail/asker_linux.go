package jail

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// asker asks init for what it answers, by several callers at a time. Init is not trusted: the command may have got hold of it.
type asker struct {
	control *os.File
	mutex   sync.Mutex
	serial  int
	waiting map[int]chan answer // by the number of the request; nil: the jail has ended
}

const jailEnded = "the jail has ended"

type answer struct {
	report report
	files  []*os.File
}

// number returns one for a request that init is to answer.
func (a *asker) number() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.serial++
	return a.serial
}

// ask sends a request that has a number of its own. It returns init's answer and the descriptors that came with it, which are the
// caller's to close. Errors: what init says went wrong, a syscall.Errno where it was a system call; ETIMEDOUT; the jail's end.
func (a *asker) ask(r request, patience time.Duration) (answer, error) {
	answered := make(chan answer, 1)
	a.mutex.Lock()
	ended := a.waiting == nil
	if !ended {
		a.waiting[r.Serial] = answered
	}
	a.mutex.Unlock()
	if ended {
		return answer{}, errors.New(jailEnded)
	}
	send(a.control, r)
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	var got answer
	select {
	case got = <-answered:
	case <-timeout.C:
		a.mutex.Lock()
		delete(a.waiting, r.Serial)
		a.mutex.Unlock()
		select {
		case got = <-answered: // just before
		default:
			return answer{}, unix.ETIMEDOUT
		}
	}
	return got, got.report.err()
}

// err is what a report says went wrong.
func (r report) err() error {
	switch {
	case r.Step != "":
		return &StepError{Step: r.Step, Errno: r.Errno, Text: r.Text}
	case r.Errno != 0:
		return r.Errno
	case r.Text != "":
		return errors.New(r.Text)
	}
	return nil
}

// answered takes init's answer and the descriptors that came with it.
func (a *asker) answered(r report, files []*os.File) {
	a.mutex.Lock()
	waiting, asked := a.waiting[r.Serial]
	delete(a.waiting, r.Serial)
	a.mutex.Unlock()
	if asked && r.err() == nil {
		waiting <- answer{r, files}
		return
	}
	closeAll(files)
	if asked {
		waiting <- answer{report: r}
	}
}

// end tells those who wait, and who ask from now on, that nobody answers any more.
func (a *asker) end() {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, waiting := range a.waiting {
		waiting <- answer{report: report{Text: jailEnded}}
	}
	a.waiting = nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}
