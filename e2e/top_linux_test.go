package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newTop is a jail "a" that works and a jail "b" that waits for somebody, and jail top.
func newTop(t *testing.T) (*desk, *typist) {
	t.Helper()
	d := newJail(t)
	d.sh("jail create b")
	t.Cleanup(func() { _ = d.command("jail kill b").Run() })
	d.sh(echoing)
	d.sh(`jail run -q -d b -- sh -c 'echo kept > file; printf "\033]9;pick one\007"; while read x; do echo "got $x"; done'`)
	d.sh("jail send a one") // it works for some seconds from now on
	return d, d.sit("env", "PAGER=cat", "jail", "top")
}

// sane fails unless the terminal is as it was before.
func (ty *typist) sane() {
	ty.t.Helper()
	said := ty.text()
	for _, mode := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?7h"} {
		if !strings.Contains(said, mode) {
			ty.t.Errorf("the terminal was not given back: no %q", mode)
		}
	}
	if i, j := strings.LastIndex(said, "\x1b[?1049h"), strings.LastIndex(said, "\x1b[?1049l"); i > j {
		ty.t.Errorf("the alternate screen is left on")
	}
}

// cooked fails unless keys are lines and signals again.
func (ty *typist) cooked() {
	ty.t.Helper()
	settings, err := unix.IoctlGetTermios(ty.fd, unix.TCGETS)
	if want := uint32(unix.ICANON | unix.ECHO | unix.ISIG); err != nil || settings.Lflag&want != want {
		ty.t.Errorf("the terminal is raw: %v, %v", settings, err)
	}
}

func TestTopShowsAttachesAndStops(t *testing.T) {
	d, ty := newTop(t)
	ty.see("\x1b[?1049h")
	ty.see("waiting for you: 1")
	ty.see("> ") // who waits is the first, and selected
	ty.see("b ")
	ty.see("waiting")
	ty.see("pick one")
	ty.see("a ")
	ty.see("working")
	ty.see("files: 1") // of b, which wrote one

	ty.types("\r")
	ty.see("\x1b[?1049l")
	until(t, "somebody has attached", func() bool { return strings.Contains(d.sh("jail list --json"), `"viewers": 1`) })
	ty.types("hello\r")
	ty.see("got hello")
	ty.types("\x1dd")
	ty.see("left jail b, which runs on")
	ty.see("\x1b[?1049h")
	ty.see("waiting for you: 0")

	for key, shown := range map[string]string{"d": "+kept", "l": "got hello"} {
		ty.types(key)
		ty.see("\x1b[?1049l")
		ty.see(shown)
		ty.see("press Enter to go back")
		ty.cooked()
		ty.types("\r")
		ty.see("\x1b[?1049h")
	}

	ty.types("w")
	ty.see("sorted by name")
	ty.types("gsy") // of the first; what was typed before the question was seen is no answer
	ty.see("end sh in a? y/n")
	ty.types("y")
	ty.see("jail a: sh ended with exit code 143")
	ty.see("exit code 143")
	if list := d.sh("jail list"); !strings.Contains(list, "done") {
		t.Errorf("it runs on: %s", list)
	}
	ty.types("\r") // what has ended cannot be attached to
	ty.see("nothing runs in a")

	if err := ty.cmd.Process.Signal(syscall.SIGCONT); err != nil { // somebody else may have drawn meanwhile
		t.Fatal(err)
	}
	ty.see("\x1b[?1049h")
	ty.types("q")
	until(t, "it gives the screen back", func() bool { return strings.HasSuffix(ty.text(), "\x1b[?1049l") })
	if got := ty.code(); got != 0 {
		t.Errorf("code %d", got)
	}
	ty.sane()
}

// The terminal is given back on every way out: under a shell, which would not notice itself.
func TestTopGivesTheTerminalBack(t *testing.T) {
	for name, test := range map[string]struct {
		keys   string
		signal syscall.Signal
		code   string
	}{
		"q":       {keys: "q", code: "0"},
		"Ctrl-C":  {keys: "\x03", code: "0"},
		"SIGTERM": {signal: syscall.SIGTERM, code: "143"},
		"SIGHUP":  {signal: syscall.SIGHUP, code: "129"},
		"SIGINT":  {signal: syscall.SIGINT, code: "130"},
		"SIGQUIT": {signal: syscall.SIGQUIT, code: "131"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			ty := d.sit("sh", "-c", `sh -c 'echo $$ > pid; exec jail top'; echo "left with $?"; read line`)
			ty.see("no jails yet")
			if test.signal != 0 {
				pid := strings.TrimSpace(d.sh("cat pid"))
				d.sh("kill -" + unix.SignalName(test.signal)[3:] + " " + pid)
			}
			ty.types(test.keys)
			ty.see("\x1b[?1049l")
			ty.see("left with " + test.code)
			ty.sane()
			ty.cooked()
			ty.types("\r")
			ty.code()
		})
	}
}

// TestEndsInTheBackground: timeout(1) starts a command in a process group of its own, which has no terminal. What shows one ends
// there when it is told to, instead of being stopped for ever.
func TestEndsInTheBackground(t *testing.T) {
	d := newJail(t)
	d.sh(echoing)
	for _, command := range []string{"top", "attach a"} {
		begun := time.Now()
		d.sit("sh", "-c", "timeout -k 10 1 jail "+command+"; echo code $?").see("code 124")
		if took := time.Since(begun); took > 8*time.Second {
			t.Errorf("jail %s: it ended after %s", command, took)
		}
	}
}

// Ctrl-Z stops it as it does any other program, and it comes back with fg.
func TestTopIsSuspended(t *testing.T) {
	d := newDesk(t)
	ty := d.sit("bash", "--norc", "-i")
	ty.types("jail top\r")
	ty.see("no jails yet")
	ty.types("\x1a")
	ty.see("Stopped")
	ty.sane()
	ty.types("fg\r")
	ty.see("\x1b[?1049h")
	ty.see("no jails yet")
	ty.types("q")
	ty.see("$ ")
	ty.types("echo le''ft; exit\r")
	ty.see("left")
	ty.code()
}

// The window may become smaller at any time.
func TestTopIsResized(t *testing.T) {
	_, ty := newTop(t)
	ty.see("r refresh")
	ty.resize(10, 40)
	ty.see("\x1b[10;1H")
	ty.see("Enter attach  d diff  ? help  q quit")
	ty.types("?")
	ty.see("any key goes back")
	ty.types("xq")
	ty.code()
}

func TestTopNeedsATerminal(t *testing.T) {
	d := newDesk(t)
	for _, script := range []string{"jail top > out", "jail top < /dev/null | cat; exit 2", "TERM=dumb jail top"} {
		ty := d.sit("sh", "-c", script)
		ty.see("jail list --watch")
		if got := ty.code(); got != 2 {
			t.Errorf("%s: code %d", script, got)
		}
		if strings.Contains(ty.text(), "\x1b") {
			t.Errorf("%s: %q", script, ty.text())
		}
	}
	if out, err := os.ReadFile(d.project + "/out"); err != nil || len(out) > 0 {
		t.Errorf("it wrote %q, %v", out, err)
	}
}
