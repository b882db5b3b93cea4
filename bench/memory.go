package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// peakMemory prints the peak resident memory of jail's two processes while a command runs.
func peakMemory(box *sandbox) error {
	cmd := box.command(box.jail, "run", "--", "cat")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	// An echo proves that the command runs, and so that both processes have reached their peak.
	fmt.Fprintln(stdin, "ready")
	if _, err := stdout.Read(make([]byte, 16)); err != nil {
		return err
	}
	parent, err := highWater(cmd.Process.Pid)
	if err != nil {
		return err
	}
	init, err := onlyChild(cmd.Process.Pid)
	if err != nil {
		return err
	}
	child, err := highWater(init)
	if err != nil {
		return err
	}
	fmt.Printf("peak memory: parent %.1f MB + init %.1f MB = %.1f MB\n", mega(parent), mega(child), mega(parent+child))
	if err := stdin.Close(); err != nil {
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	return cmd.Wait()
}

// onlyChild finds the child of a process, whichever of its threads started it (proc_pid_task_tid_children(5)).
func onlyChild(pid int) (int, error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err
	}
	var all []string
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			return 0, err
		}
		all = append(all, strings.Fields(string(data))...)
	}
	if len(all) != 1 {
		return 0, fmt.Errorf("process %d has %d children, and one was expected", pid, len(all))
	}
	return strconv.Atoi(all[0])
}

// highWater is VmHWM of proc_pid_status(5), in KiB.
func highWater(pid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strconv.Atoi(strings.Fields(value)[0])
		}
	}
	return 0, fmt.Errorf("no VmHWM of process %d", pid)
}

func mega(kib int) float64 { return float64(kib) / 1024 }
