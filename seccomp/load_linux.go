package seccomp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const instructionSize = 8 // of struct sock_filter

// Load puts every thread of the process, and all that it starts, under the filters; they cannot be taken off again. Threads
// that do not have no_new_privs get it with the first filter (SECCOMP_FILTER_FLAG_TSYNC, Linux 3.17). Errors: a filter that is
// empty or cut off, what seccomp(2) lists, and a thread that has filters of its own and so cannot follow.
// After an error some filters may be in force; the process must not go on.
//
// Preconditions: no_new_privs is set on the calling thread, which is locked, or the thread has CAP_SYS_ADMIN; nothing that the
// filters refuse is still to be done: the last thing before exec.
func Load(filters [][]byte) error {
	if len(filters) == 0 {
		return errors.New("no seccomp filters to load")
	}
	for i, filter := range filters {
		if err := load(filter); err != nil {
			return fmt.Errorf("cannot load seccomp filter %d of %d: %w", i+1, len(filters), err)
		}
	}
	return nil
}

func load(filter []byte) error {
	count := len(filter) / instructionSize
	if count == 0 || count > unix.BPF_MAXINSNS || len(filter)%instructionSize != 0 {
		return fmt.Errorf("%d bytes are no filter", len(filter))
	}
	program := make([]unix.SockFilter, count)
	for i := range program {
		raw := filter[i*instructionSize:]
		program[i] = unix.SockFilter{Code: binary.LittleEndian.Uint16(raw), Jt: raw[2], Jf: raw[3], K: binary.LittleEndian.Uint32(raw[4:])}
	}
	header := unix.SockFprog{Len: uint16(count), Filter: &program[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&header)))
	if errno != 0 {
		return errno
	}
	// With TSYNC the call can fail by returning the id of a thread that could not follow; then none has the filter.
	if thread != 0 {
		return fmt.Errorf("thread %d has filters of its own", thread)
	}
	return nil
}
