package state

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxProcesses is how many are listed of a session.
const maxProcesses = 256

// Processes lists what runs in the jail of a session, without jail's own two processes. What ends meanwhile may be missing.
func (s Session) Processes() []Process {
	if !s.Alive() {
		return nil
	}
	var found []Process
	waiting := children(s.PID)
	depth := len(waiting) // the first ones are jail's init
	for i := 0; i < len(waiting) && len(found) < maxProcesses; i++ {
		pid := waiting[i]
		if i >= depth {
			name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
			if err != nil {
				continue
			}
			found = append(found, Process{pid, strings.TrimSuffix(string(name), "\n")})
		}
		waiting = append(waiting, children(pid)...)
	}
	return found
}

// children reads /proc/PID/task/TID/children of each thread (proc(5), CONFIG_PROC_CHILDREN).
func children(pid int) []int {
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "children"))
	if err != nil {
		return nil
	}
	var found []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for word := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}
