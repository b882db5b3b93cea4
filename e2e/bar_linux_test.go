package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

// pane is a terminal of tmux: an emulator that shares nothing with jail tells what somebody would see.
type pane struct {
	t      *testing.T
	socket string
	dir    string
}

// newPane starts a command in one, as an ordinary user.
func newPane(t *testing.T, home string, rows, columns int, command string) *pane {
	t.Helper()
	p := &pane{t, filepath.Join(t.TempDir(), "tmux"), filepath.Join(home, "project")}
	p.tmux("new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows), command)
	t.Cleanup(func() {
		_ = p.command("kill-server").Run()
		inner := p.command()
		inner.Args = []string{"tmux", "-L", "inner", "kill-server"} // of a command that is tmux itself
		_ = inner.Run()
	})
	return p
}

func (p *pane) command(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-f", "/dev/null", "-S", p.socket}, args...)...)
	cmd.Dir = p.dir
	cmd.Env = []string{"HOME=" + filepath.Dir(p.dir), "PATH=" + harness.Bin() + ":" + os.Getenv("PATH"), "TERM=xterm-256color", "PS1=$ ", "LANG=C.UTF-8", "SHELL=/bin/sh", "TMUX_TMPDIR=" + filepath.Dir(p.dir), "LESSHISTFILE=-", "HISTFILE="}
	return cmd
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	out, err := p.command(args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

func (p *pane) keys(keys ...string) {
	if len(keys) > 0 {
		p.tmux(append([]string{"send-keys"}, keys...)...)
	}
}

func (p *pane) resize(rows, columns int) {
	p.tmux("resize-window", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(rows))
}

// lines are what is shown, with all rows and without blanks at their ends.
func (p *pane) lines() []string {
	return strings.Split(strings.TrimSuffix(p.tmux("capture-pane", "-p"), "\n"), "\n")
}

// until waits for something to be shown.
func (p *pane) until(what string, shown func([]string) bool) {
	p.t.Helper()
	var lines []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if lines = p.lines(); shown(lines) {
			return
		}
	}
	p.t.Fatalf("%s: still shown: %q", what, lines)
}

func (p *pane) untilText(text string) {
	p.t.Helper()
	p.until(text, func(lines []string) bool { return strings.Contains(strings.Join(lines, "\n"), text) })
}

func barHome(t *testing.T) string {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("run already, as an ordinary user")
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	jailtest.Program(t, "tmux")
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "project"), 0o700); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "line %d of the file 日本\n", i+1)
	}
	if err := os.WriteFile(filepath.Join(home, "project/file"), []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return home
}

// With a bar a program shows what it shows on a terminal that has a row less, at every size, and the bar is below it.
func TestStatusBarLeavesProgramsAlone(t *testing.T) {
	const wait = `; while read -r line; do eval "$line"; done`
	for _, tt := range []struct {
		name, tool, command string
		keys                []string // after the first size
		mark                string   // is there then
	}{
		{"vim", "vim", "vim -u NONE -N -n -i NONE file", []string{"100G", ":set number", "Enter"}, "100 line 100"},
		{"less", "less", "less file", []string{"G"}, "line 300"},
		{"scrolling", "seq", "sh -c 'stty -echo; seq 200" + wait + "'", []string{"seq 201 250", "Enter"}, "250"},
		{"reset", "printf", "sh -c 'stty -echo; seq 90" + wait + "'", []string{`printf "\033c"; echo after`, "Enter"}, "after"},
		{"soft reset", "printf", "sh -c 'stty -echo; seq 90" + wait + "'", []string{`printf "\033[!p\033[r\033[99;1H\n\n\nlast"`, "Enter"}, "last"},
		{"alternate screen", "printf", "sh -c 'stty -echo; seq 90" + wait + "'", []string{`printf "\033[?1049h\033[2J\033[Halt"`, "Enter"}, "alt"},
		{"and back", "printf", "sh -c 'stty -echo; seq 90" + wait + "'", []string{`printf "\033[?1049halt\033[2J\033[?1049l"; echo back`, "Enter"}, "back"},
		{"erased", "printf", "sh -c 'stty -echo; seq 90" + wait + "'", []string{`printf "\033[2J\033[3J\033[H\033[J"; echo erased`, "Enter"}, "erased"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := barHome(t)
			jailtest.Program(t, tt.tool)
			sizes := [][2]int{{24, 80}, {40, 120}, {10, 40}}
			bare := newPane(t, home, sizes[0][0]-1, sizes[0][1], tt.command)
			barred := newPane(t, home, sizes[0][0], sizes[0][1], "jail run -q --status-bar=dark -- "+tt.command)
			same := func(what string, rows int) {
				t.Helper()
				var want []string
				barred.until(what, func(got []string) bool {
					want = bare.lines()
					return len(got) == rows && strings.Join(got[:rows-1], "\n") == strings.Join(want, "\n") && strings.HasPrefix(got[rows-1], " ~/project | ")
				})
			}
			for i, size := range sizes {
				if i > 0 {
					bare.resize(size[0]-1, size[1])
					barred.resize(size[0], size[1])
				}
				same(fmt.Sprintf("%v", size), size[0])
				if i == 0 {
					bare.keys(tt.keys...)
					barred.keys(tt.keys...)
					bare.untilText(tt.mark)
					same("after the keys", size[0])
				}
			}
		})
	}
}

// The caller's shell has the whole terminal after the jail, and while that is stopped.
func TestStatusBarGivesTheRowBack(t *testing.T) {
	p := newPane(t, barHome(t), 12, 60, "bash --norc")
	p.untilText("$")
	p.keys("seq 20; jail run -q --status-bar=light -- sh -c 'stty size; read x; echo got $x'", "Enter")
	p.untilText("11 60")
	bar := func(lines []string) bool { return strings.HasPrefix(lines[11], " ~/project | sh") }
	p.until("the bar", bar)
	p.keys("C-z")
	p.untilText("Stopped")
	p.keys("clear; seq 30; stty size", "Enter")
	p.until("all rows", func(lines []string) bool { return lines[10] == "12 60" && strings.HasPrefix(lines[11], "$") })
	p.keys("fg", "Enter")
	p.until("the bar again", bar)
	p.keys("in", "Enter")
	p.until("the shell", func(lines []string) bool {
		return strings.HasPrefix(lines[11], "$") && lines[10] == "got in" || lines[9] == "got in" && lines[11] == "" && strings.HasPrefix(lines[10], "$")
	})
	p.keys("seq 40", "Enter")
	p.until("all rows", func(lines []string) bool { return lines[10] == "40" && strings.HasPrefix(lines[11], "$") })
}
