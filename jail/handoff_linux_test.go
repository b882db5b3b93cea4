package jail

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Init obeys only what nobody can change any more: each seal counts.
func TestUnpackRefusesWhatIsNotSealed(t *testing.T) {
	want := Spec{Hostname: "jail", Program: "/bin/true"}
	for _, test := range []struct {
		name string
		lack int
		why  string
	}{
		{"all seals", 0, ""},
		{"none", seals, "not sealed"},
		{"writable", unix.F_SEAL_WRITE, "not sealed"},
		{"grows", unix.F_SEAL_GROW, "not sealed"},
		{"shrinks", unix.F_SEAL_SHRINK, "not sealed"},
		{"takes more seals", unix.F_SEAL_SEAL, "not sealed"},
	} {
		handoff, err := newHandoff()
		if err != nil {
			t.Fatal(err)
		}
		defer handoff.Close()
		if _, err := handoff.Write(encodeSpec(want)); err != nil {
			t.Fatal(err)
		}
		if _, err := unix.FcntlInt(handoff.Fd(), unix.F_ADD_SEALS, seals&^test.lack); err != nil {
			t.Fatal(err)
		}
		fd, err := unix.FcntlInt(handoff.Fd(), unix.F_DUPFD_CLOEXEC, 3)
		if err != nil {
			t.Fatal(err)
		}
		got, err := unpack(fd)
		switch {
		case test.why == "" && (err != nil || !reflect.DeepEqual(encodeSpec(got), encodeSpec(want))):
			t.Errorf("%s: %+v, %v", test.name, got, err)
		case test.why != "" && (err == nil || !strings.Contains(err.Error(), test.why)):
			t.Errorf("%s: got %v, want %q", test.name, err, test.why)
		}
		if err != nil {
			unix.Close(fd) // unpack closes only what it took
		}
	}
}

// A file on disk is no hand-off, whatever it says.
func TestUnpackRefusesAFile(t *testing.T) {
	fd, err := unix.Open(t.TempDir(), unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unpack(fd); err == nil {
		t.Error("it was taken")
	}
}
