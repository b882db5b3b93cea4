package config

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limits says how much of the machine a jail may use. Fields that are 0 say nothing.
type Limits struct {
	Memory    int64         `json:"memory_bytes,omitempty"` // of all processes together
	CPUs      int           `json:"cpu_milli,omitempty"`    // thousandths of one processor
	Processes int           `json:"processes,omitempty"`    // threads count as processes
	Timeout   time.Duration `json:"timeout_ns,omitempty"`   // of one run
}

// The keys of the limits, which are also the names of their flags, with a hyphen.
const (
	keyMemory    = "memory"
	keyCPUs      = "cpus"
	keyProcesses = "pids_limit"
	keyTimeout   = "timeout"
)

// LimitKeys are the keys of all limits.
func LimitKeys() []string { return []string{keyMemory, keyCPUs, keyProcesses, keyTimeout} }

// Ceiling is the name under which Config.Origins has the origin of a limit of the project file.
func Ceiling(key string) string { return "ceiling of " + key }

// Below these nothing runs: the jail's own init takes about 6 MB and 10 threads.
const (
	minMemory    = 16 << 20
	minProcesses = 32
	minCPUs      = 10 // the least quota that cpu.max takes is 1 ms in 100 ms (cgroup-v2.rst)
)

// Set reads the limit of that key: "4g", "1.5", "500", "30m".
func (l *Limits) Set(key, text string) (err error) {
	switch key {
	case keyMemory:
		l.Memory, err = parseMemory(text)
	case keyCPUs:
		l.CPUs, err = parseCPUs(text)
	case keyProcesses:
		l.Processes, err = parseProcesses(text)
	case keyTimeout:
		l.Timeout, err = parseTimeout(text)
	default:
		err = fmt.Errorf("key %q is not implemented", key)
	}
	return err
}

// Has reports whether the limit of that key is said.
func (l Limits) Has(key string) bool {
	switch key {
	case keyMemory:
		return l.Memory > 0
	case keyCPUs:
		return l.CPUs > 0
	case keyProcesses:
		return l.Processes > 0
	case keyTimeout:
		return l.Timeout > 0
	}
	return false
}

// over puts the limits that are said on top of others.
func (l Limits) over(below Limits) Limits {
	return Limits{
		Memory:    cmp.Or(l.Memory, below.Memory),
		CPUs:      cmp.Or(l.CPUs, below.CPUs),
		Processes: cmp.Or(l.Processes, below.Processes),
		Timeout:   cmp.Or(l.Timeout, below.Timeout),
	}
}

// without leaves out the limits that others say.
func (l Limits) without(others Limits) Limits {
	if others.Memory > 0 {
		l.Memory = 0
	}
	if others.CPUs > 0 {
		l.CPUs = 0
	}
	if others.Processes > 0 {
		l.Processes = 0
	}
	if others.Timeout > 0 {
		l.Timeout = 0
	}
	return l
}

// lower reports whether the limit of that key is said, and is less than the other's.
func (l Limits) lower(key string, other Limits) bool {
	switch key {
	case keyMemory:
		return least(l.Memory, other.Memory) != other.Memory
	case keyCPUs:
		return least(l.CPUs, other.CPUs) != other.CPUs
	case keyProcesses:
		return least(l.Processes, other.Processes) != other.Processes
	}
	return least(l.Timeout, other.Timeout) != other.Timeout
}

// under takes the lower of each two limits.
func (l Limits) under(other Limits) Limits {
	return Limits{
		Memory:    least(l.Memory, other.Memory),
		CPUs:      least(l.CPUs, other.CPUs),
		Processes: least(l.Processes, other.Processes),
		Timeout:   least(l.Timeout, other.Timeout),
	}
}

// least is the lower of two limits of which 0 says nothing.
func least[T int | int64 | time.Duration](a, b T) T {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// units of memory, as everybody but disk vendors counts.
var units = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}

// parseMemory reads a number of bytes with a binary unit: 512m, 4g, 1.5GiB.
func parseMemory(text string) (int64, error) {
	lower := strings.ToLower(strings.TrimSpace(text))
	end := strings.TrimRight(lower, "abcdefghijklmnopqrstuvwxyz")
	unit := lower[len(end):]
	if len(unit) > 1 {
		unit = strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")
	}
	factor, known := units[unit]
	n, err := parseDecimal(strings.TrimSpace(end))
	if !known || err != nil || n*factor > math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is no amount of memory; write one such as 512m or 4g", shorten(text))
	}
	if n*factor < minMemory {
		return 0, fmt.Errorf("%q is less than the 16m that a jail itself needs; write one such as 512m or 4g", shorten(text))
	}
	return int64(n * factor), nil
}

func parseCPUs(text string) (int, error) {
	n, err := parseDecimal(text)
	if err != nil || n*1000 < minCPUs || n > 1<<20 {
		return 0, fmt.Errorf("%q is no number of processors; write one such as 2 or 0.5, at least 0.01", shorten(text))
	}
	return int(math.Round(n * 1000)), nil
}

func parseProcesses(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < minProcesses || n > math.MaxInt32 {
		return 0, fmt.Errorf("%q is no number of processes; write one such as 500, at least %d, as threads count too", shorten(text), minProcesses)
	}
	return n, nil
}

func parseTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no length of time; write one such as 90s, 30m or 2h", shorten(text))
	}
	return d, nil
}

// parseDecimal reads digits with at most one dot. strconv reads more than people mean: 0x1p4, 1e9, inf, 1_0.
func parseDecimal(text string) (float64, error) {
	if strings.Trim(text, "0123456789.") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, 64)
}
