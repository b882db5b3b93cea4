package jail

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The descriptors that init inherits, in one place. Everything from 3 up is close-on-exec before the command starts.
const (
	handoffFD = 3 // sealed memfd with the Spec
	controlFD = 4 // init's end of the control socket
)

const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// newHandoff makes the empty memfd that a child stage inherits.
func newHandoff() (*os.File, error) {
	fd, err := unix.MemfdCreate("jail", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	return os.NewFile(uintptr(fd), "hand-off"), nil
}

// seal writes a Spec into the hand-off and seals it: the child reads exactly what was planned, and nothing on disk or
// in argv or the environment says what that was.
func seal(handoff *os.File, s Spec) error {
	// WriteAt and not Write: the offset is shared with the child.
	if _, err := handoff.WriteAt(encodeSpec(s), 0); err != nil {
		return err
	}
	if _, err := unix.FcntlInt(handoff.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("cannot seal the hand-off: %w", err)
	}
	return nil
}

// unpack reads what seal wrote, and refuses a descriptor that somebody else made.
func unpack(fd int) (Spec, error) {
	got, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0)
	if err != nil {
		return Spec{}, fmt.Errorf("descriptor %d is no hand-off: %w", fd, err)
	}
	if got&seals != seals {
		return Spec{}, fmt.Errorf("the hand-off is not sealed (%#x)", got)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return Spec{}, err
	}
	data := make([]byte, st.Size)
	if _, err := unix.Pread(fd, data, 0); err != nil {
		return Spec{}, err
	}
	unix.Close(fd)
	return decodeSpec(data)
}
