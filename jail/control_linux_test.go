package jail

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// following is follow with what an init says, and with events of which none is missing.
func following(t *testing.T, say func(init *os.File), on events) (Result, bool, error) {
	t.Helper()
	parent, init, err := controlPair()
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Close()
	go func() {
		defer init.Close()
		say(init)
	}()
	from := &receiver{socket: parent}
	defer from.close()
	on.answered = func(r report) {
		if got := from.take(r); len(got) > 0 {
			t.Errorf("it was given %d descriptors", len(got))
		}
	}
	return follow(from, on)
}

// A report without descriptors and one with them can be read in one go: they stay with the one that they came with.
func TestDescriptorsStayWithTheirAnswer(t *testing.T) {
	parent, init, err := controlPair()
	if err != nil {
		t.Fatal(err)
	}
	defer parent.Close()
	a := &asker{control: init, waiting: map[int]chan answer{1: make(chan answer, 1), 2: make(chan answer, 1)}}
	first, second := a.waiting[1], a.waiting[2]
	send(init, report{Phase: phaseAnswer, Serial: 1, Errno: syscall.ECONNREFUSED, Text: "refused"})
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if err := sendFiles(init, report{Phase: phaseAnswer, Serial: 2}, []int{int(null.Fd())}); err != nil {
		t.Fatal(err)
	}
	init.Close()
	from := &receiver{socket: parent}
	if _, _, err := follow(from, events{answered: func(r report) { a.answered(r, from.take(r)) }}); err != nil {
		t.Fatal(err)
	}
	if got := <-first; got.report.Errno != syscall.ECONNREFUSED || len(got.files) != 0 {
		t.Errorf("the first got %+v", got)
	}
	got := <-second
	if len(got.files) != 1 || len(from.files) != 0 {
		t.Errorf("the second got %d descriptors, and %d are left", len(got.files), len(from.files))
	}
	closeAll(got.files)
}

// Nobody waits for the answer of a jail that has ended, which is asked by commands of the user's as long as its run is not.
func TestNobodyWaitsForAJailThatHasEnded(t *testing.T) {
	_, init, err := controlPair()
	if err != nil {
		t.Fatal(err)
	}
	defer init.Close()
	a := &asker{control: init, waiting: map[int]chan answer{}}
	got := make(chan error, 1)
	ask := func() {
		_, err := a.ask(request{Serial: a.number()}, time.Minute)
		got <- err
	}
	go ask()
	for asked := false; !asked; {
		a.mutex.Lock()
		asked = len(a.waiting) > 0
		a.mutex.Unlock()
	}
	a.end()
	for _, when := range []string{"before", "after"} {
		select {
		case err := <-got:
			if err == nil || err.Error() != jailEnded {
				t.Errorf("who asked %s it ended: got %v", when, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("who asked %s it ended waits", when)
		}
		go ask()
	}
}

// The command may have got hold of init: nothing that this says has what happens once done again, or fills our memory.
func TestInitIsNotTrusted(t *testing.T) {
	for name, test := range map[string]struct {
		say   func(init *os.File)
		ready int // how often the jail is said to stand
		want  string
	}{
		"once":        {func(init *os.File) { send(init, report{Phase: phaseReady}) }, 1, ""},
		"ready again": {func(init *os.File) { send(init, report{Phase: phaseReady}); send(init, report{Phase: phaseReady}) }, 1, "twice"},
		"a terminal more": {func(init *os.File) {
			send(init, report{Phase: phaseTerminal})
			send(init, report{Phase: phaseTerminal})
		}, 0, "twice"},
		"ends again": {func(init *os.File) {
			send(init, report{Phase: phaseExited, Others: 1})
			send(init, report{Phase: phaseExited, Others: 1})
		}, 0, "twice"},
		"without end":                {func(init *os.File) { send(init, report{Phase: phaseReady, Text: strings.Repeat("x", maxReport)}) }, 0, ""},
		"more descriptors than came": {func(init *os.File) { send(init, report{Phase: phaseAnswer, Files: 5}) }, 0, ""},
		"fewer than none":            {func(init *os.File) { send(init, report{Phase: phaseAnswer, Files: -1}) }, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			ready := 0
			_, _, err := following(t, test.say, events{
				terminal: func(report) {}, ready: func(Walls) { ready++ }, remain: func(int) {},
			})
			if ready != test.ready || (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("ready %d times, %v", ready, err)
			}
		})
	}
}

// What a report may have in it fits.
func TestReportFits(t *testing.T) {
	data, err := json.Marshal(report{Phase: phaseFailed, Step: strings.Repeat("/", 4*unix.PathMax), Text: strings.Repeat("\x00", 4*unix.PathMax)})
	if err != nil || len(data) > maxReport {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// An init that says nothing any more, and does not end, is ended.
func TestSilentInitIsEnded(t *testing.T) {
	handoff, err := newHandoff()
	if err != nil {
		t.Fatal(err)
	}
	parent, init, err := controlPair()
	if err != nil {
		t.Fatal(err)
	}
	asleep := exec.Command("sleep", "1000")
	if err := asleep.Start(); err != nil {
		t.Fatal(err)
	}
	init.Close()
	t.Cleanup(func() { _ = asleep.Process.Kill() }) // where Run has not
	s := Spec{
		Hostname: "jail", UID: 1000, GID: 1000, Program: "/bin/true", Argv: []string{"true"}, Dir: "/", Grace: time.Second,
		Network: NetworkHost, Terminal: TerminalNone, Output: OutputFiltered, Landlock: WallRequired, Syscalls: Syscalls{Wall: WallRequired},
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	p := &Prepared{outline: s, pid: asleep.Process.Pid, handoff: handoff, control: parent, asker: &asker{}, further: &started{}}
	runtime.LockOSThread()
	result, err := p.carryOut(s, Attendance{}, func() attending { return attending{stop: func() {}} })
	if err != nil || result.Signal != syscall.SIGKILL {
		t.Errorf("got %+v, %v", result, err)
	}
}
