package jail

import (
	"encoding/binary"
	"errors"
	"time"

	"jail/mounts"
	"jail/seccomp"
)

// wire carries a Spec to init in a form that costs nothing to read: JSON would take a twentieth of a whole start. One
// list of fields serves both directions, and a test fills every field of Spec to see that none was forgotten. What only
// people read does not travel (Why, Lost, Notes), nor what the caller of Run does (Gate, Guard, Kept, Output, and of Screen all but
// whether there is a bar), nor what another back end is told (Backend, Seatbelt).
type wire struct {
	data    []byte
	reading bool
	broken  bool // read past the end
}

func encodeSpec(s Spec) []byte {
	w := wire{data: make([]byte, 0, 16<<10)}
	w.spec(&s)
	return w.data
}

func decodeSpec(data []byte) (Spec, error) {
	var s Spec
	w := wire{data: data, reading: true}
	w.spec(&s)
	if w.broken || len(w.data) > 0 {
		return Spec{}, errors.New("the hand-off does not hold exactly one Spec")
	}
	return s, nil
}

func (w *wire) spec(s *Spec) {
	text(w, &s.Name)
	text(w, &s.Hostname)
	list(w, &s.Mounts, w.mount)
	text(w, &s.Passing)
	text(w, &s.Dir)
	text(w, &s.Program)
	list(w, &s.Argv, func(v *string) { text(w, v) })
	list(w, &s.Env, func(v *string) { text(w, v) })
	number(w, &s.UID)
	number(w, &s.GID)
	text(w, &s.Network)
	text(w, &s.Terminal)
	text(w, &s.Screen.Bar.Style)
	number[time.Duration](w, &s.Grace)
	text(w, &s.Landlock)
	w.limits(&s.Limits)
	text(w, &s.Syscalls.Wall)
	text(w, &s.Syscalls.Profile)
	list(w, &s.Syscalls.Relaxed, func(v *seccomp.Relaxation) { text(w, v) })
}

func (w *wire) limits(l *Limits) {
	number(w, &l.Memory)
	number(w, &l.CPUs)
	number(w, &l.Processes)
	number(w, &l.Files)
	number(w, &l.FileSize)
	number[time.Duration](w, &l.Timeout)
	text(w, &l.Cgroup.Dir)
	text(w, &l.Cgroup.Leaf)
	text(w, &l.Cgroup.Controllers)
}

func (w *wire) mount(m *mounts.Mount) {
	text(w, &m.Kind)
	text(w, &m.Target)
	text(w, &m.Source)
	text(w, &m.Layer)
	text(w, &m.Access)
	text(w, &m.Text)
	number(w, &m.Size)
	number(w, &m.Mode)
	number(w, &m.Inode)
}

// number carries an integer as a varint (encoding/binary).
func number[T ~int | ~int64 | ~uint32 | ~uint64](w *wire, v *T) {
	if !w.reading {
		w.data = binary.AppendVarint(w.data, int64(*v))
		return
	}
	n, size := binary.Varint(w.data)
	if size <= 0 {
		w.broken, w.data = true, nil
		return
	}
	*v, w.data = T(n), w.data[size:]
}

// text carries a string as its length and its bytes.
func text[T ~string](w *wire, v *T) {
	length := len(*v)
	number(w, &length)
	if !w.reading {
		w.data = append(w.data, *v...)
		return
	}
	if length < 0 || length > len(w.data) {
		w.broken, w.data = true, nil
		return
	}
	*v, w.data = T(w.data[:length]), w.data[length:]
}

// list carries a slice as its length and its elements.
func list[T any](w *wire, v *[]T, each func(*T)) {
	length := len(*v)
	number(w, &length)
	if w.reading {
		if length < 0 || length > len(w.data) { // each element takes a byte at least
			w.broken, w.data = true, nil
			return
		}
		*v = make([]T, length)
	}
	for i := range *v {
		each(&(*v)[i])
	}
}
