package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"jail/e2e/harness"
)

// file is one of the home, outside of the project.
func (ty *typist) file(name string) string { return filepath.Join(filepath.Dir(ty.project), name) }

// The user hears that the command waits, by the way that was chosen, and the command's own words stay words.
func TestNotify(t *testing.T) {
	const ask = `printf '\033]777;notify;Agent;$(touch made) \042 may I?\033\\'; read x; echo got $x`
	for _, tt := range []struct{ how, want string }{
		{"bell", "may I?\x1b\\\a"},
		{"desktop", "\x1b]777;notify;Agent;$(touch made) \" may I?\x1b\\"},
	} {
		ty := sit(t, "jail", "run", "-q", "--notify", tt.how, "--", "sh", "-c", ask)
		ty.see(tt.want)
		ty.types("yes\r")
		ty.see("got yes")
		ty.code()
	}
	ty := sit(t, "jail", "run", "-q", "--notify", "desktop", "--", "sh", "-c", `printf '\a'; read x`)
	ty.see("\x1b]9;jail project waits\x1b\\")
	ty.types("\r")
	ty.code()
}

func TestNotifyCommand(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	script := ty.file("tell")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf '%s|%s|%s|%s|%s' \"$1\" \"$JAIL_NAME\" \"$JAIL_NOTIFY_STATE\" \"$JAIL_NOTIFY_TEXT\" \"$PWD\" >\"$HOME/said.new\"\nmv \"$HOME/said.new\" \"$HOME/said\"\necho to the terminal; echo and here >&2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ty.types(`jail run -q --notify "` + script + ` 'one word'" -- sh -c 'printf "\033]9;-x \$(touch made) may I?\a"; read x; echo go''t $x'` + "\r")
	var said []byte
	for end := time.Now().Add(20 * time.Second); said == nil && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		said, _ = os.ReadFile(ty.file("said"))
	}
	if want := "one word|project|waiting|-x $(touch made) may I?|/"; string(said) != want {
		t.Errorf("told %q, want %q: %q", said, want, ty.text())
	}
	ty.types("yes\r")
	ty.see("got yes")
	ty.see("$ ")
	if text := ty.text(); strings.Contains(text, "to the terminal") && strings.Contains(text, "and here") {
		t.Errorf("the command wrote to the terminal: %q", text)
	}
	ty.types("jail run -q --notify /nonexistent/x -- sh -c 'printf \"\\a\"; read x'\r")
	ty.see("\a")
	ty.types("\r")
	ty.see("not notified by /nonexistent/x")
	ty.types("exit\r")
	ty.code()
}

// What a jail leaves in a folder of the project that the search path has, as an activated virtual environment's, is not run on the
// host: neither to notify nor to show what was changed.
func TestProgramsOfTheProjectAreNotTheUsers(t *testing.T) {
	d := newDesk(t)
	planted, own := filepath.Join(d.project, ".venv/bin"), filepath.Join(d.home, "own")
	if err := os.MkdirAll(own, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tell", "less"} {
		if err := os.WriteFile(filepath.Join(own, name), []byte("#!/bin/sh\ncat >/dev/null\necho own $0 >>\"$HOME/ran\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	plant := `mkdir -p .venv/bin; for p in tell less git; do printf "#!/bin/sh\ntouch \"\$HOME/escaped\"\n" >.venv/bin/$p; chmod +x .venv/bin/$p; done; `
	ty := d.sit("env", "-u", "PAGER", "-u", "GIT_PAGER", "PATH="+planted+":"+own+":/usr/bin:/bin", "JAIL="+filepath.Join(harness.Bin(), "jail"), "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("\"$JAIL\" run -q --notify tell -- sh -c '" + strings.ReplaceAll(plant, "'", `'\''`) + "printf \"\\a\"; read x; echo go''t $x'\r")
	ran := func(what string) bool {
		said, _ := os.ReadFile(filepath.Join(d.home, "ran"))
		return strings.Contains(string(said), what)
	}
	for end := time.Now().Add(20 * time.Second); !ran("own/tell") && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	ty.types("yes\r")
	ty.see("got yes")
	ty.see("$ ")
	ty.types("\"$JAIL\" run -q --review -- sh -c 'echo x >new'; \"$JAIL\" diff; echo lo''oked\r")
	ty.see("looked")
	ty.types("exit\r")
	ty.code()
	if _, err := os.Stat(filepath.Join(d.home, "escaped")); err == nil {
		t.Error("a program that the jail wrote ran on the host")
	}
	if !ran("own/tell") || !ran("own/less") {
		t.Errorf("the user's own programs were not run: %q", ty.text())
	}
}

// An agent that does not draw anew by itself is sent a key after a resize, when it is quiet.
func TestRedrawKey(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("JAIL_RESIZE_REDRAW_KEY=ctrl-shift-r jail run -q -- sh -c 'stty raw -echo; echo rea''dy; dd bs=1 count=1 2>/dev/null | od -An -c'\r")
	ty.see("ready")
	if err := pty.Setsize(ty.screen, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	ty.see("022")
	ty.see("$ ")
	ty.types("exit\r")
	ty.code()
}
