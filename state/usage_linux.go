package state

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: USER_HZ, which is 100 on all architectures that Go runs on (time(7)).
const tick = time.Second / 100

// process is what /proc/PID/stat says of one.
type process struct {
	parent  int
	started uint64 // clock ticks since boot
	usage   Usage
}

// Measure tells what the jails of sessions take, by the PID of the session. It looks once at each process of the machine, however many
// sessions there are. Where a jail has a cgroup of its own, that is asked. Else the processes are summed up; what they share of the
// memory counts several times then.
func Measure(sessions []Session) map[int]Usage {
	processes, children := allProcesses()
	found := map[int]Usage{}
	for _, s := range sessions {
		supervisor, ok := processes[s.PID]
		if !ok || supervisor.started != s.StartTime || len(children[s.PID]) == 0 {
			continue
		}
		if usage, ok := groupUsage(s.PID, children[s.PID][0]); ok {
			found[s.PID] = usage
			continue
		}
		found[s.PID] = sum(processes, children, s.PID)
	}
	return found
}

// sum adds up all that descend from a process. A number that was given anew while it was looked could make a circle.
func sum(processes map[int]process, children map[int][]int, pid int) (all Usage) {
	waiting := slices.Clone(children[pid])
	for i := 0; i < len(waiting) && i < len(processes); i++ {
		p := processes[waiting[i]]
		all.CPU += p.usage.CPU
		all.Memory += p.usage.Memory
		waiting = append(waiting, children[waiting[i]]...)
	}
	return all
}

// allProcesses reads /proc. What ends meanwhile is missing.
func allProcesses() (processes map[int]process, children map[int][]int) {
	processes, children = map[int]process{}, map[int][]int{}
	proc, err := os.Open("/proc")
	if err != nil {
		return processes, children
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join("/proc", name, "stat"))
		if p, ok := parseProcess(data); err == nil && ok {
			processes[pid] = p
			children[p.parent] = append(children[p.parent], pid)
		}
	}
	return processes, children
}

// parseProcess reads /proc/PID/stat (proc_pid_stat(5)). Its second field is a name that the program chose.
func parseProcess(data []byte) (process, bool) {
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:])) // begins with field 3
	if len(fields) < 22 {
		return process{}, false
	}
	number := func(field int) int64 {
		n, _ := strconv.ParseInt(fields[field-3], 10, 64) // the kernel wrote it
		return n
	}
	cpu := number(14) + number(15) + number(16) + number(17) // its own, and of children that it waited for
	return process{
		parent: int(number(4)), started: uint64(number(22)),
		usage: Usage{time.Duration(cpu) * tick, number(24) * int64(os.Getpagesize())},
	}, true
}

// groupUsage asks the cgroup of a jail, which is another than that of the process which looks after it (cgroup-v2.rst). Caches that the
// kernel can drop at any time are not counted.
func groupUsage(supervisor, inside int) (Usage, bool) {
	group := groupOf(inside)
	if group == "" || group == groupOf(supervisor) {
		return Usage{}, false
	}
	dir := filepath.Join("/sys/fs/cgroup", group)
	micros, ok := groupNumber(dir, "cpu.stat", "usage_usec")
	current, haveMemory := groupNumber(dir, "memory.current", "")
	cached, haveCached := groupNumber(dir, "memory.stat", "inactive_file")
	return Usage{time.Duration(micros) * time.Microsecond, current - cached}, ok && haveMemory && haveCached
}

// groupOf is the path of a process's cgroup; empty where there is none of version 2.
func groupOf(pid int) string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cgroup"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path
		}
	}
	return ""
}

// groupNumber reads a number of a cgroup's file: that behind a word, or the only one.
func groupNumber(dir, file, word string) (int64, bool) {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if word == "" && len(fields) == 1 || len(fields) == 2 && fields[0] == word {
			n, err := strconv.ParseInt(fields[len(fields)-1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
