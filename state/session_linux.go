package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// startTime returns field 22 of /proc/PID/stat. A zombie has ended: it counts as no process.
func startTime(pid int) (uint64, error) {
	path := "/proc/" + strconv.Itoa(pid) + "/stat"
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	// Field 2 is the program's name in parentheses; it may itself hold spaces and parentheses.
	end := bytes.LastIndexByte(data, ')')
	if end < 0 {
		return 0, fmt.Errorf("unexpected content of %s", path)
	}
	fields := strings.Fields(string(data[end+1:])) // begins with field 3, the state
	if len(fields) < 20 {
		return 0, fmt.Errorf("unexpected content of %s", path)
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return 0, syscall.ESRCH
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

func bootID() (string, error) {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data)), err
}

// processGone reports whether an error of startTime means that there is no such process. ESRCH comes from a process
// that ends while its file is read.
func processGone(err error) bool {
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH)
}
