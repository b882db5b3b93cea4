package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
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
	parent, err := resident(cmd.Process.Pid, "VmHWM")
	if err != nil {
		return err
	}
	init, err := onlyChild(cmd.Process.Pid)
	if err != nil {
		return err
	}
	child, err := resident(init, "VmHWM")
	if err != nil {
		return err
	}
	fmt.Printf("peak memory: parent %.1f MiB + init %.1f MiB = %.1f MiB\n", mebi(parent), mebi(child), mebi(parent+child))
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

// resident is VmHWM or VmRSS of proc_pid_status(5), in KiB.
func resident(pid int, name string) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strconv.Atoi(strings.Fields(value)[0])
		}
	}
	return 0, fmt.Errorf("no %s of process %d", name, pid)
}

// networkMemory prints what jail outside of a filtered run needs while connections are open, when its start is over.
func networkMemory(box *sandbox, address string) error {
	for _, work := range []struct{ connections, bound int }{{0, 12}, {1000, 32}} {
		held, err := open(box.filtered(address, "net-h", strconv.Itoa(work.connections)))
		if err != nil {
			return err
		}
		if _, err := held.measure(); err != nil {
			return err
		}
		time.Sleep(1500 * time.Millisecond) // until it is a run that stays
		kib, err := resident(held.cmd.Process.Pid, "VmRSS")
		if err != nil {
			return err
		}
		if err := held.close(); err != nil {
			return err
		}
		fmt.Printf("%-36s %9.1f MiB %12s  bound %d MiB: %s\n", fmt.Sprintf("memory with %d connections", work.connections), mebi(kib), "", work.bound, verdict(mebi(kib) <= float64(work.bound)))
	}
	return nil
}

func mebi(kib int) float64 { return float64(kib) / 1024 }
