//go:build linux || darwin

package jail

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"jail/mounts"
	"jail/sbpl"
)

// standIn is a program with the arguments of sandbox-exec(1) that applies nothing, and notes the profile that it was given.
const standIn = `#!/bin/sh
[ "$1" = -p ] || exit 99
printf '%s' "$2" > "$NOTED"
shift 2
while [ "$1" = -D ]; do printf '%s\n' "$2" >> "$NOTED.params"; shift 2; done
[ "$1" = -- ] || exit 98
shift
exec "$@"
`

// confine makes a run of a shell command by the stand-in.
func confine(t *testing.T, command string) (c confined, noted string) {
	t.Helper()
	dir := t.TempDir()
	applier := filepath.Join(dir, "sandbox-exec")
	if err := os.WriteFile(applier, []byte(standIn), 0o700); err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	s := scratchIn(filepath.Join(dir, "größe"))
	s.Dir, s.Argv = dir, []string{"sh", "-c", command}
	noted = filepath.Join(dir, "noted")
	s.Env = []string{"PATH=" + os.Getenv("PATH"), "NOTED=" + noted, "OUT=" + filepath.Join(dir, "out")}
	return confined{applier: applier, streams: Streams{null, null, null}, spec: s, leader: new(atomic.Int64)}, noted
}

func run(t *testing.T, c confined) Result {
	t.Helper()
	result, err := c.run(t.Context(), func() {})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func out(t *testing.T, noted string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(noted), "out"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestConfinedCommandEndsAsItWould(t *testing.T) {
	for _, test := range []struct {
		command string
		want    int
	}{{"exit 0", 0}, {"exit 7", 7}, {"kill -TERM $$", 143}, {"kill -KILL $$", 137}} {
		c, _ := confine(t, test.command)
		if got := run(t, c).ExitCode(); got != test.want {
			t.Errorf("%s: got %d, want %d", test.command, got, test.want)
		}
	}
}

func TestConfinedCommandLeavesFiles(t *testing.T) {
	c, _ := confine(t, `echo x > "$PASSING/report.md"; echo x > "$PASSING/.hidden"`)
	c.spec.Passing = t.TempDir()
	c.spec.Env = append(c.spec.Env, "PASSING="+c.spec.Passing)
	if got := run(t, c).Left; len(got) != 1 || got[0] != "report.md" {
		t.Errorf("got %q", got)
	}
}

func TestConfinedCommandGetsTheProfile(t *testing.T) {
	c, noted := confine(t, "true")
	c.extra = []string{"EXTRA=x"}
	run(t, c)
	text, err := os.ReadFile(noted)
	if err != nil {
		t.Fatal(err)
	}
	given, err := os.ReadFile(noted + ".params")
	if err != nil {
		t.Fatal(err)
	}
	var params []sbpl.Param
	for line := range strings.Lines(string(given)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		params = append(params, sbpl.Param{Name: name, Value: value})
	}
	got, err := sbpl.Parse(string(text), params)
	if err != nil {
		t.Fatal(err)
	}
	e, err := got.Evaluator()
	if scratch := c.spec.Mounts[0].Target; err != nil || !e.Allows(sbpl.FileWriteCreate, scratch+"/tmp/x", sbpl.LastWins) || e.Allows(sbpl.FileReadData, "/secret", sbpl.LastWins) {
		t.Errorf("the profile is another: %v\n%s", err, text)
	}
}

// The folder of the run is there with what belongs in it, and is gone afterwards, whatever the command left.
func TestConfinedCommandHasAFolder(t *testing.T) {
	c, noted := confine(t, `cd größe/home && cat .gitconfig > "$OUT" && mkdir x && touch x/y && chmod 0 x`)
	if got := run(t, c); got.ExitCode() != 0 {
		t.Fatalf("got %+v", got)
	}
	if got := out(t, noted); got != "[user]" {
		t.Errorf("got %q", got)
	}
	if _, err := os.Lstat(c.spec.Mounts[0].Target); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestConfinedCommandInheritsNoDescriptor(t *testing.T) {
	const left = 57
	c, noted := confine(t, `for fd in 1 57; do [ -e /dev/fd/$fd ] && echo $fd; done > "$OUT"; true`)
	secret, err := os.Open("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	if got, err := unix.FcntlInt(secret.Fd(), unix.F_DUPFD, left); err != nil || got != left { // without O_CLOEXEC
		t.Fatal(got, err)
	}
	defer unix.Close(left)
	run(t, c)
	if got := out(t, noted); got != "1" {
		t.Errorf("open in the command: %q, want standard output alone", got)
	}
}

// What the command leaves in the background ends with it.
func TestConfinedGroupEnds(t *testing.T) {
	c, noted := confine(t, `sleep 1000 & echo $! > "$OUT"`)
	run(t, c)
	pid := 0
	for _, digit := range out(t, noted) {
		pid = pid*10 + int(digit-'0')
	}
	// SIGKILL was sent before run returned; the kernel may take a moment to carry it out.
	for deadline := time.Now().Add(5 * time.Second); ; {
		var ws syscall.WaitStatus
		_, _ = syscall.Wait4(pid, &ws, syscall.WNOHANG, nil)
		state, _ := os.ReadFile("/proc/" + out(t, noted) + "/stat")
		if syscall.Kill(pid, 0) == syscall.ESRCH || strings.Contains(string(state), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it goes on")
		}
	}
}

func TestConfinedTimeout(t *testing.T) {
	c, noted := confine(t, `trap 'echo asked > "$OUT"; exit 3' TERM; while :; do sleep 0.01; done`)
	c.spec.Limits.Timeout, c.spec.Grace = time.Second, time.Minute
	if got := run(t, c); got.ExitCode() != exitTimeout || got.Code != 3 || out(t, noted) != "asked" {
		t.Errorf("got %+v", got)
	}
	c, _ = confine(t, `trap '' TERM; while :; do sleep 0.01; done`)
	c.spec.Limits.Timeout, c.spec.Grace = 10*time.Millisecond, 10*time.Millisecond
	if got := run(t, c); got.Signal != syscall.SIGKILL || got.Cause != CauseTimeout {
		t.Errorf("got %+v", got)
	}
}

func TestConfinedEndsWithItsContext(t *testing.T) {
	c, _ := confine(t, "sleep 1000")
	ctx, cancel := context.WithCancel(t.Context())
	result, err := c.run(ctx, cancel)
	if err != nil || result.Signal != syscall.SIGKILL {
		t.Errorf("got %+v, %v", result, err)
	}
}

func TestConfinedPassesSignalsOn(t *testing.T) {
	c, noted := confine(t, `trap 'echo usr1 > "$OUT"; exit 5' USR1; touch "$OUT.ready"; while :; do sleep 0.01; done`)
	c.signals = true
	ready := filepath.Join(filepath.Dir(noted), "out.ready")
	// One that comes before the run looks for it must not end the test, and is lost: so it is sent until the command has had it.
	early := make(chan os.Signal, 1)
	signal.Notify(early, syscall.SIGUSR1)
	defer signal.Stop(early)
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Millisecond):
			}
			if _, err := os.Stat(ready); err == nil {
				_ = syscall.Kill(os.Getpid(), syscall.SIGUSR1)
			}
		}
	}()
	got := run(t, c)
	close(ended)
	if got.Code != 5 || out(t, noted) != "usr1" {
		t.Errorf("got %+v", got)
	}
}

// The command has a terminal of its own, of the caller's size, and what it writes there comes out filtered.
func TestConfinedTerminal(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	if err := pty.Setsize(slave, &pty.Winsize{Rows: 33, Cols: 77}); err != nil {
		t.Fatal(err)
	}
	c, noted := confine(t, `{ tty; stty size < /dev/tty; } > "$OUT"; printf 'shown\033]52;c;aGk=\007end'`)
	c.streams, c.spec.Terminal = Streams{slave, slave, slave}, TerminalOwn
	shown := make(chan string, 1)
	go func() { // until what was written last: the side of the caller stays open, as somebody waits for keys there
		text, room := "", make([]byte, 1024)
		for !strings.Contains(text, "end") {
			n, err := master.Read(room)
			if text += string(room[:n]); err != nil {
				break
			}
		}
		shown <- text
	}()
	if got := run(t, c); got.ExitCode() != 0 {
		t.Fatalf("got %+v", got)
	}
	device, size, _ := strings.Cut(out(t, noted), "\n")
	if device == slave.Name() || !strings.HasPrefix(device, "/dev/") || size != "33 77" {
		t.Errorf("its terminal is %q of size %q; the caller's is %q", device, size, slave.Name())
	}
	if text := <-shown; !strings.Contains(text, "shownend") || strings.Contains(text, "52;c") {
		t.Errorf("shown: %q", text)
	}
	profile, err := os.ReadFile(noted)
	if err != nil || !strings.Contains(string(profile), `(literal "`+device+`")`) {
		t.Errorf("the profile does not name %q, %v", device, err)
	}
}

// Nothing runs without a profile.
func TestConfinedRefusesWhatHasNoProfile(t *testing.T) {
	c, noted := confine(t, `touch "$OUT"`)
	c.spec.Mounts = append(c.spec.Mounts, mounts.Mount{Kind: mounts.Proc, Target: "/proc"})
	if _, err := c.run(t.Context(), func() {}); err == nil {
		t.Error("it runs")
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(noted), "out")); !os.IsNotExist(err) {
		t.Error("the command ran: ", err)
	}
	if _, err := os.Lstat(c.spec.Mounts[0].Target); !os.IsNotExist(err) {
		t.Error("the folder is still there: ", err)
	}
}

// The command is told of the gate, which listens when it begins.
func TestConfinedProxy(t *testing.T) {
	c, noted := confine(t, `echo "$HTTPS_PROXY" "$NO_PROXY" > "$OUT"`)
	c.spec.Network = NetworkAllow
	served := false
	err := c.openProxy(func(d Doors) error {
		served = d.Level == LevelProxy && d.Proxy != nil
		d.Close()
		return nil
	})
	if err != nil || !served || c.proxy == 0 {
		t.Fatalf("port %d, served %v, %v", c.proxy, served, err)
	}
	run(t, c)
	if got, want := out(t, noted), fmt.Sprintf("http://127.0.0.1:%d localhost,127.0.0.1,::1", c.proxy); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	profile, err := os.ReadFile(noted)
	if err != nil || !strings.Contains(string(profile), fmt.Sprintf(`(remote ip "localhost:%d")`, c.proxy)) {
		t.Errorf("the profile does not name the gate, %v", err)
	}
}
