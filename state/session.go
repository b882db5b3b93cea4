package state

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Session is a process of ours that works in a jail.
type Session struct {
	PID       int       `json:"pid"`
	StartTime uint64    `json:"start_time"` // Linux: proc_pid_stat(5) field 22, clock ticks since boot; macOS: µs since 1970
	BootID    string    `json:"boot_id"`    // identity of the running boot: start times of another boot mean nothing
	Command   []string  `json:"command"`    // program name only: arguments may hold secrets
	Started   time.Time `json:"started"`    // UTC
}

// CurrentSession describes this process. Of command only the last path element is kept.
func CurrentSession(command string) (Session, error) {
	pid := os.Getpid()
	start, err := startTime(pid)
	if err != nil {
		return Session{}, fmt.Errorf("cannot read the start time of process %d: %w", pid, err)
	}
	boot, err := bootID()
	if err != nil {
		return Session{}, fmt.Errorf("cannot read the boot id: %w", err)
	}
	return Session{
		PID: pid, StartTime: start, BootID: boot,
		Command: []string{filepath.Base(command)},
		Started: time.Now().UTC().Truncate(time.Second),
	}, nil
}

// Same reports whether both name the same process.
func (s Session) Same(other Session) bool {
	return s.PID == other.PID && s.StartTime == other.StartTime && s.BootID == other.BootID
}

// Alive reports whether the session's process still runs. A process that took over its PID does not count. When the
// system cannot tell, the answer is yes: a jail in use must not be removed.
func (s Session) Alive() bool {
	if s.PID <= 0 {
		return false
	}
	boot, err := bootID()
	if err != nil {
		return true
	}
	if boot != s.BootID {
		return false
	}
	start, err := startTime(s.PID)
	if err != nil {
		return !processGone(err)
	}
	return start == s.StartTime
}
