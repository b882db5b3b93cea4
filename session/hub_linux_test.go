package session

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"jail/jail"
)

// detached is a hub around a terminal, and the side of it that a program has.
func detached(t *testing.T, spec jail.Spec) (*hub, *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	settings, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err == nil {
		settings.Oflag &^= unix.OPOST
		settings.Lflag &^= unix.ECHO | unix.ICANON
		err = unix.IoctlSetTermios(int(slave.Fd()), unix.TCSETS, settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHub(master, spec, newOutput(Folder(t.TempDir())), nil)
	if err != nil {
		t.Fatal(err)
	}
	h.changed = func() {}
	go h.serve()
	t.Cleanup(func() {
		slave.Close()
		<-h.ended
	})
	return h, slave
}

// watch attaches, and returns the viewer's end.
func watch(t *testing.T, h *hub, readOnly bool) (*viewer, *os.File) {
	t.Helper()
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	v := h.attach(ours, jail.UsualWindow, readOnly)
	t.Cleanup(func() { theirs.Close() })
	return v, theirs
}

// readUntil reads until something was read.
func readUntil(t *testing.T, f *os.File, text string) string {
	t.Helper()
	var all []byte
	buffer := make([]byte, 32<<10)
	for !bytes.Contains(all, []byte(text)) {
		n, err := f.Read(buffer)
		all = append(all, buffer[:n]...)
		if err != nil {
			t.Fatalf("no %q in %q: %v", text, all, err)
		}
	}
	return string(all)
}

func TestNobodyLooksAndTheProgramIsAnswered(t *testing.T) {
	h, slave := detached(t, jail.Spec{})
	if _, err := slave.WriteString("\x1b[c"); err != nil {
		t.Fatal(err)
	}
	readUntil(t, slave, "\x1b[?62;22c")
	// With somebody there it is his terminal that is asked.
	_, there := watch(t, h, false)
	readUntil(t, there, "\x1b[2J")
	if _, err := slave.WriteString("\x1b[c"); err != nil {
		t.Fatal(err)
	}
	readUntil(t, there, "\x1b[c")
}

// A viewer that takes nothing holds nobody up for long, and gets the picture when it takes again.
func TestViewerThatStallsIsLeftBehind(t *testing.T) {
	h, slave := detached(t, jail.Spec{})
	stuck, theirs := watch(t, h, true)
	_, other := watch(t, h, false)
	readUntil(t, theirs, "\x1b[2J")
	written := make(chan error, 1)
	go func() {
		_, err := io.Copy(slave, io.LimitReader(endless{}, 16<<20))
		if err == nil {
			_, err = slave.WriteString("\x1b[?25lthe end")
		}
		written <- err
	}()
	readUntil(t, other, "the end")
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if !stuck.behind.Load() {
		t.Error("it is not behind")
	}
	got := readUntil(t, theirs, "the end\x1b[?25l") // what is shown again, and the modes
	if len(got) > 4<<20 {
		t.Errorf("it got %d bytes of what it missed", len(got))
	}
	if _, err := slave.WriteString("and on"); err != nil {
		t.Fatal(err)
	}
	readUntil(t, theirs, "and on")
}

// A viewer that takes everything in the moment in which it is given up is shown a picture like any other.
func TestViewerThatFallsBehindAtTheLastMoment(t *testing.T) {
	h, _ := detached(t, jail.Spec{})
	v := &viewer{hub: h, queue: make(chan []byte, queued), gone: make(chan struct{})}
	shown := make(chan []byte)
	go func() {
		for {
			data, _ := v.next()
			shown <- data
		}
	}()
	v.queue <- []byte("the last")
	<-shown
	time.Sleep(10 * time.Millisecond) // it waits for more
	v.fallBehind()
	for range 2 {
		select {
		case data := <-shown:
			if len(data) > 0 {
				return
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it waits for what does not come")
		}
	}
	t.Error("it is shown nothing")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	return copy(p, strings.Repeat("0123456789abcde\n", 1+len(p)/16)), nil
}

// Nothing is shown twice to who attaches while the program writes, and nothing is left out.
func TestAttachedInTheMiddleOfOutput(t *testing.T) {
	h, slave := detached(t, jail.Spec{})
	begun := make(chan struct{})
	go func() {
		for i := range 400 {
			_, _ = slave.WriteString(string(rune('a'+i%26)) + "|")
			if i == 100 {
				close(begun)
			}
		}
		_, _ = slave.WriteString("end")
	}()
	<-begun
	_, theirs := watch(t, h, false)
	got := readUntil(t, theirs, "end")
	_, got, _ = strings.Cut(got, "\x1b[2J")
	if want := strings.Repeat("a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y|z|", 16)[:800] + "end"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestWindowIsTheSmallestThatTypes(t *testing.T) {
	h, slave := detached(t, jail.Spec{})
	size := func() jail.Window {
		w, err := unix.IoctlGetWinsize(int(slave.Fd()), unix.TIOCGWINSZ)
		if err != nil {
			t.Fatal(err)
		}
		return jail.Window{Rows: w.Row, Columns: w.Col}
	}
	a, _ := watch(t, h, false)
	b, _ := watch(t, h, false)
	c, _ := watch(t, h, true)
	set := func(v *viewer, rows, columns uint16) {
		h.mutex.Lock()
		defer h.mutex.Unlock()
		v.window = jail.Window{Rows: rows, Columns: columns}
		h.resize()
	}
	set(a, 30, 100)
	set(b, 40, 90)
	set(c, 5, 5)
	if got, want := size(), (jail.Window{Rows: 30, Columns: 90}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	h.detach(a)
	if got, want := size(), (jail.Window{Rows: 40, Columns: 90}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	h.detach(b)
	if got, want := size(), (jail.Window{Rows: 40, Columns: 90}); got != want {
		t.Errorf("with nobody left: got %v, want %v", got, want)
	}
}

// What is kept on the disk is bounded, and a follower loses nothing when it begins anew.
func TestOutputIsBounded(t *testing.T) {
	folder := Folder(t.TempDir())
	o := newOutput(folder)
	var followed bytes.Buffer
	o.write([]byte("start\n"), true)
	at, err := folder.Log(&followed)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	want.WriteString("start\n")
	chunk := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // a mebibyte
	for i := range 11 {
		chunk[0] = byte('a' + i)
		o.write(chunk, true)
		want.Write(chunk)
		if at, err = folder.Follow(&followed, at); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(followed.Bytes(), want.Bytes()) {
		t.Errorf("the follower has %d bytes of %d", followed.Len(), want.Len())
	}
	var size int64
	paths, err := filepath.Glob(string(folder) + "/output*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > 2*maxOutput || size < maxOutput {
		t.Errorf("%d bytes are kept", size)
	}
	if len(o.tail) > 2*maxTail+len(chunk) || len(o.again()) > maxTail {
		t.Errorf("%d bytes in memory, %d are shown again", len(o.tail), len(o.again()))
	}
}

// rotating is a reader of the log during whose first look the run writes so much that its files are changed.
type rotating struct {
	read bytes.Buffer
	once sync.Once
	more func()
}

func (r *rotating) Write(p []byte) (int, error) {
	r.once.Do(r.more)
	return r.read.Write(p)
}

func TestLogThatIsPutAsideIsRead(t *testing.T) {
	folder := Folder(t.TempDir())
	o := newOutput(folder)
	defer o.close()
	half := bytes.Repeat([]byte("x"), maxOutput/2+1)
	for _, words := range []string{"first", "second"} {
		o.write(append([]byte(words), half...), true)
	}
	log := &rotating{more: func() { o.write(half, true) }}
	if _, err := folder.Log(log); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{"first", "second"} {
		if !strings.Contains(log.read.String(), words) {
			t.Errorf("%q is lost", words)
		}
	}
}

func TestFolderHasOneRun(t *testing.T) {
	// Longer than an address of a socket can be.
	folder := Folder(filepath.Join(t.TempDir(), strings.Repeat("long", 40)))
	if _, err := folder.Status(); err != ErrNone {
		t.Errorf("got %v", err)
	}
	of := self(t)
	s, err := Listen(folder, Foreground, of)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(folder, Foreground, of); err != ErrRunning {
		t.Errorf("a second one: %v", err)
	}
	s.Serve(Inside{})
	status, err := folder.Status()
	if err != nil || status.State != Running || status.Program != "cargo" {
		t.Errorf("got %+v, %v", status, err)
	}
	waited := make(chan Status, 1)
	c, err := folder.Dial()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		got, err := c.Wait(Done)
		if err == ErrGone { // it came too late to be told
			got, _ = folder.Status()
		}
		waited <- got
	}()
	s.End(jail.Result{Code: 7})
	if got := <-waited; got.State != Done || got.ExitCode == nil || *got.ExitCode != 7 {
		t.Errorf("who waited is told %+v", got)
	}
	if status, err = folder.Status(); err != nil || status.State != Done || *status.ExitCode != 7 {
		t.Errorf("got %+v, %v", status, err)
	}
	if s, err = Listen(folder, Detached, of); err != nil {
		t.Fatal(err)
	}
	s.End(jail.Result{})
}

func TestRunThatWasKilledIsLost(t *testing.T) {
	folder := Folder(t.TempDir())
	of := self(t)
	of.StartTime++ // another process has the pid now
	if err := folder.write(Record{SchemaVersion: SchemaVersion, Mode: Detached, Session: of}); err != nil {
		t.Fatal(err)
	}
	if status, err := folder.Status(); err != nil || status.State != Lost || status.PID != 0 {
		t.Errorf("got %+v, %v", status, err)
	}
}

// A client that says nothing, or nonsense, is in nobody's way.
func TestClientsThatTalkNonsense(t *testing.T) {
	folder := Folder(t.TempDir())
	s, err := Listen(folder, Foreground, self(t))
	if err != nil {
		t.Fatal(err)
	}
	s.Serve(Inside{})
	for _, text := range []string{"", "{", `{"verb":"none"}` + "\n", `{"verb":"attach"}` + "\n", `{"verb":"start"}` + "\n", `{"verb":"send","text":"x"}` + "\n", strings.Repeat("x", 1<<16)} {
		conn, err := folder.dial()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(text))
		_ = conn.CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(conn); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%.20q: %v", text, err)
		}
		conn.Close()
	}
	if status, err := folder.Status(); err != nil || status.State != Running {
		t.Errorf("got %+v, %v", status, err)
	}
	s.End(jail.Result{})
}

// A program that asks its terminal without end, and never reads what it is answered, has no more of our memory than one that reads.
func TestProgramThatOnlyAsksIsBounded(t *testing.T) {
	h, slave := detached(t, jail.Spec{})
	before := runtime.NumGoroutine()
	asked := strings.Repeat("\x1b[c", 1000)
	for range 1000 {
		if _, err := slave.WriteString(asked); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := slave.WriteString("the end"); err != nil {
		t.Fatal(err)
	}
	_, there := watch(t, h, true)
	readUntil(t, there, "the end")
	if more := runtime.NumGoroutine() - before; more > 10 {
		t.Errorf("%d goroutines more", more)
	}
}

// What a command says last may change what it is doing, which whoever ends the run must not be in the way of.
func TestLastWordsThatRingAreKept(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	folder := Folder(t.TempDir())
	s, err := Listen(folder, Detached, self(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Show(master, jail.Spec{}, nil); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.End(jail.Result{})
	}()
	for _, words := range []string{"\a", "the end"} {
		time.Sleep(stalled / 10) // End waits, and each is read by itself
		if _, err := slave.WriteString(words); err != nil {
			t.Fatal(err)
		}
	}
	slave.Close()
	<-ended
	var log bytes.Buffer
	if _, err := folder.Log(&log); err != nil || !strings.Contains(log.String(), "the end") {
		t.Errorf("got %q, %v", log.String(), err)
	}
}
