package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"jail/e2e/harness"
)

// newJail makes a repository with one named jail, "a", that ends with the test.
func newJail(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.sh(`git init -q && git -c user.name=x -c user.email=x@y commit -q --allow-empty -m first && jail create a`)
	t.Cleanup(func() {
		_ = d.command("jail stop --all --grace 100ms").Run()
		d.sh(`while jail list --json | grep -q '"pids": \[$'; do :; done`)
	})
	return d
}

func (d *desk) command(script string) *exec.Cmd {
	cmd := exec.Command("timeout", "60", "sh", "-c", script) // what is waited for in it may never come
	cmd.Dir, cmd.Env = d.project, d.env()
	return cmd
}

// sh runs a script that must not fail, and returns what it wrote.
func (d *desk) sh(script string) string {
	d.t.Helper()
	out, err := d.command(script).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

// status is what jail list says of the jail.
func (d *desk) status() (status string, pid int) {
	d.t.Helper()
	out, err := d.command("jail list --json").Output()
	var list struct {
		Jails []struct {
			Status string
			Run    struct{ PID int }
		}
	}
	if err == nil {
		err = json.Unmarshal(out, &list)
	}
	if err != nil || len(list.Jails) != 1 {
		d.t.Fatalf("jail list: %v: %s", err, out)
	}
	return list.Jails[0].Status, list.Jails[0].Run.PID
}

// until waits for something that will be.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func (ty *typist) resize(rows, columns uint16) {
	ty.t.Helper()
	if err := pty.Setsize(ty.screen, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
		ty.t.Fatal(err)
	}
}

const echoing = `jail run -q -d a -- sh -c 'tty; echo be''gun; while read x; do echo "got $x"; test "$x" = end && exit 4; done'`

func TestDetachedRunIsAttachedTo(t *testing.T) {
	d := newJail(t)
	// An attached screen is the command's alone: how to leave it is said before.
	if said := d.sh(echoing); !strings.Contains(said, "jail attach a shows it until you press ctrl-] d") {
		t.Errorf("the start says %q", said)
	}
	first := d.sit("jail", "attach", "a")
	first.see("/dev/pts/0\r\nbegun\r\n")
	first.types("one\r")
	first.see("got one\r\n")
	first.types("\x1dd")
	first.see("left jail a, which runs on")
	if got := first.code(); got != 0 {
		t.Errorf("code %d of who left", got)
	}
	if status, _ := d.status(); status != "working" {
		t.Errorf("it is %s", status)
	}
	second := d.sit("jail", "attach", "a")
	second.see("begun\r\none\r\ngot one\r\n") // what there was is shown again
	d.sh("jail send a 'from outside'")
	second.see("got from outside\r\n")
	second.types("\x1d\x1dx\r") // pressed twice, the key is the command's
	second.see("^]^]x\r\ngot")
	second.types("end\r")
	second.see("got end\r\n")
	if got := second.code(); got != 4 {
		t.Errorf("code %d of the command", got)
	}
	if out := d.sh("jail list; jail status a"); strings.Count(out, "done (4)") != 2 {
		t.Errorf("the exit code is not told: %s", out)
	}
	if out := d.sh("jail list --json"); !strings.Contains(out, `"exit_code": 4`) {
		t.Errorf("it has no exit code: %s", out)
	}
	if status, _ := d.status(); status != "done" {
		t.Errorf("it is %s", status)
	}
	if got := d.sh("jail logs -n 1 a; jail logs a -n 0"); got != "got end\n" {
		t.Errorf("the last line: %q", got)
	}
	if got := d.sh("jail logs a"); !strings.HasSuffix(got, "got end\n") || strings.Contains(got, "\r") || !strings.HasPrefix(got, "/dev/pts/0\n") {
		t.Errorf("logs: %q", got)
	}
}

func TestSeveralAttach(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d a -- sh -c 'trap "stty size" WINCH; echo be''gun; while :; do read x && echo "got $x"; done'`)
	large, looks := d.sit("jail", "attach", "a"), d.sit("jail", "attach", "--read-only", "a")
	large.see("begun")
	looks.see("begun")
	looks.resize(5, 20) // who only looks makes nothing small
	large.resize(50, 132)
	large.see("50 132\r\n")
	small := d.sit("jail", "attach", "a")
	large.see("24 80\r\n")
	small.resize(20, 200)
	large.see("20 132\r\n")
	looks.types("nothing\r")
	small.types("something\r")
	large.see("got something")
	small.see("got something")
	looks.see("got something")
	if strings.Contains(large.text(), "nothing") {
		t.Errorf("who only looks has typed: %q", large.text())
	}
	small.types("\x1dd")
	large.see("50 132\r\n")
	// A terminal answers once what the command asks of it, however many look.
	d.sh("jail stop --grace 1s a")
	for _, ty := range []*typist{large, looks} {
		if got := ty.code(); got != 137 && got != 143 {
			t.Errorf("code %d", got)
		}
	}
}

// What a program asks of its terminal is asked of one of those that look, and not again of who comes later.
func TestOneTerminalAnswers(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d a -- sh -c 'read x; printf "\033[c\033[5nasked\033]9;look\a\n"; read x; echo later; read x'`)
	leads, other := d.sit("jail", "attach", "a"), d.sit("jail", "attach", "--read-only", "a")
	other.see("\x1b[2J")
	leads.see("\x1b[2J")
	leads.types("\r")
	leads.see("\x1b[c\x1b[5nasked")
	other.see("asked")
	later := d.sit("jail", "attach", "a")
	later.see("asked")
	later.types("\r")
	later.see("later")
	for name, ty := range map[string]*typist{"who looks": other, "who comes later": later} {
		for _, query := range []string{"\x1b[c", "\x1b[5n", "\x1b]9;"} {
			if strings.Contains(ty.text(), query) {
				t.Errorf("%s was asked %q: %q", name, query, ty.text())
			}
		}
	}
}

// A full-screen program's screen is there for who comes later, and nothing of it stays for who leaves.
func TestAttachToAFullScreen(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d a -- sh -c 'trap "printf \"\033[Hdrawn anew\"" WINCH; printf "\033[?1049h\033[?25l\033[?1000h\033[2J\033[Hdrawn"; while :; do read x; done'`)
	d.sh("until jail logs a 2>&1 | grep -q drawn; do :; done")
	ty := d.sit("jail", "attach", "a")
	ty.see("\x1b[?1049h")
	ty.see("drawn anew")
	for _, mode := range []string{"\x1b[?25l", "\x1b[?1000h"} {
		if !strings.Contains(ty.text(), mode) {
			t.Errorf("the terminal is not told %q: %q", mode, ty.text())
		}
	}
	ty.types("\x1dd")
	for _, mode := range []string{"\x1b[?25h", "\x1b[?1000l", "\x1b[?1049l"} {
		if ty.ended != nil {
			<-ty.ended
		}
		if !strings.Contains(ty.text(), mode) {
			t.Errorf("the terminal keeps it: no %q in %q", mode, ty.text())
		}
	}
}

// Who is killed, closes the window or takes nothing any more does not end the command, nor stop it.
func TestDetachedRunOutlivesWhoLooks(t *testing.T) {
	d := newJail(t)
	d.sh(echoing)
	killed, closed := d.sit("jail", "attach", "a"), d.sit("jail", "attach", "a")
	killed.see("begun")
	closed.see("begun")
	_ = killed.cmd.Process.Kill()
	closed.screen.Close()
	<-closed.ended
	ty := d.sit("jail", "attach", "a")
	ty.types("still\r")
	ty.see("got still")
	ty.types("end\r")
	ty.code()

	d.sh(`jail run -q -d a -- sh -c 'read x; head -c 30000000 /dev/zero | tr "\\0" x; echo; echo through > done'`)
	stuck := d.blind("attach", "a")
	until(t, "somebody looks", func() bool { return strings.Contains(d.sh("jail list --json"), `"viewers": 1`) })
	d.sh("jail send a go")
	until(t, "all is written although one takes nothing", func() bool {
		status, _ := d.status()
		return status == "done"
	})
	_ = stuck.Process.Kill()
}

// A command that reads nothing, as one does that asks the terminal for answers without end, keeps nobody from leaving, nor a script
// that sends it something.
func TestCommandThatReadsNothing(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d a -- sh -c 'stty raw -echo; echo be''gun; exec sleep 1000'`)
	ty := d.sit("jail", "attach", "a")
	ty.see("begun")
	ty.becomesRaw()
	typed := make(chan error, 1)
	go func() {
		_, err := ty.screen.WriteString(strings.Repeat("\x1b[?62;22c", 200_000) + "\x1dd")
		typed <- err
	}()
	ty.see("left jail a")
	if code := ty.code(); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	<-typed
	if out, err := d.command("jail send a more").CombinedOutput(); err == nil || !strings.Contains(string(out), "reads nothing") {
		t.Errorf("jail send: %v: %s", err, out)
	}
	_, supervisor := d.status()
	d.sh("jail kill a")
	until(t, "its supervisor ends", func() bool { return gone(supervisor) })
}

// What a command switched on of its terminal does nothing in that of jail logs, and stays in it no longer.
func TestLogsLeaveTheTerminalAsItWas(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d a -- sh -c 'printf "\033[?1003h\033[?2048h\033[?25l\033[>31u\033[31mbe"; echo gun; exec sleep 1000'; until jail logs a | grep -q begun; do :; done`)
	for _, args := range [][]string{{"jail", "logs", "a"}, {"jail", "logs", "-f", "a"}} {
		ty := d.sit(args[0], args[1:]...)
		ty.see("begun")
		if args[2] == "-f" {
			ty.types("\x03")
		}
		code, text := ty.code(), ty.text()
		if args[2] == "-f" && (code != 130 || strings.Contains(text, "jail: ")) {
			t.Errorf("Ctrl-C: code %d, and it says %q", code, text)
		}
		if !strings.Contains(text, "\x1b[?25l") || !strings.Contains(text, "\x1b[?25h") || !strings.Contains(text, "\x1b[0m") {
			t.Errorf("%v: the terminal is not put right: %q", args, text)
		}
		for _, asked := range []string{"1003h", "2048h", "31u"} {
			if strings.Contains(text, asked) {
				t.Errorf("%v: it is asked to type by itself: %q", args, text)
			}
		}
	}
	d.sh("jail kill a")
}

// A terminal that a command has given to somebody in another jail, by a socket in a folder that both have, is shown no longer than the
// command runs.
func TestTerminalThatWasGivenAway(t *testing.T) {
	python, err := exec.LookPath("/usr/bin/python3")
	if err != nil {
		t.Skip(err)
	}
	d := newJail(t)
	shared := t.TempDir()
	for name, text := range map[string]string{
		"take": "import array, os, socket, time\ns = socket.socket(socket.AF_UNIX); s.bind('s'); s.listen(1)\n" +
			"while True:\n  c, _ = s.accept(); _, rights, _, _ = c.recvmsg(1, socket.CMSG_SPACE(4))\n" +
			"  if os.fork() == 0:\n    fd = array.array('i', rights[0][2])[0]; os.write(fd, b'taken'); c.send(b'x')\n" +
			"    while True:\n      time.sleep(0.5); os.write(fd, b'still')\n",
		"give": "import array, socket\ns = socket.socket(socket.AF_UNIX); s.connect('s')\n" +
			"s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))]); s.recv(1)\nprint('gi' + 'ven')\n",
	} {
		if err := os.WriteFile(filepath.Join(shared, name+".py"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d.sh("jail create b")
	t.Cleanup(func() { _ = d.command("jail kill b").Run() })
	share := "cd " + shared + " && exec " + python + " "
	d.sh("jail run -q -d --rw-map " + shared + " b -- sh -c '" + share + "take.py'; jail run -q -d --rw-map " + shared + " a -- sleep 1000")
	until(t, "somebody waits for it", func() bool { _, err := os.Stat(filepath.Join(shared, "s")); return err == nil })
	for name, args := range map[string][]string{"a run": {"run", "-q", "--rw-map", shared, "--"}, "a further command": {"run", "a", "--"}} {
		ty := d.sit("jail", append(args, "sh", "-c", share+"give.py")...)
		if code := ty.code(); code != 0 { // for which it waits only so long
			t.Errorf("%s ended with %d", name, code)
		}
		if text := ty.text(); !strings.Contains(text, "taken") || !strings.Contains(text, "given") {
			t.Errorf("%s: the terminal was not given away: %q", name, text)
		}
	}
}

// blind starts jail at a terminal that nobody looks at, which takes no more than fits into the kernel.
func (d *desk) blind(args ...string) *exec.Cmd {
	d.t.Helper()
	cmd := exec.Command(filepath.Join(harness.Bin(), "jail"), args...)
	cmd.Dir, cmd.Env = d.project, d.env()
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		screen.Close()
		_ = cmd.Wait()
	})
	return cmd
}

// A further command is in the same jail, behind the same walls, and its streams are its own.
func TestFurtherCommands(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d --network none a -- sh -c 'echo secret > /tmp/shared; exec sleep 1000'`)
	got := d.sh(`until jail run a -- test -s /tmp/shared; do :; done
printf 'a\0b\n' | jail run a -- sh -c 'cat; cat /tmp/shared; cat /proc/[0-9]*/comm | grep -x -e sleep -e jail-init | sort -u; grep -c . /proc/net/dev; grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status' | tr '\0' 0
jail run a -- sh -c 'echo out; echo err >&2; exit 9' 2> err; echo code $?; cat err
jail run a -- no-such-program; echo code $?
jail run a -- /etc/passwd; echo code $?`)
	want := "a0b\nsecret\njail-init\nsleep\n3\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\nout\ncode 9\nerr\n"
	if !strings.Contains(got, want) || !strings.Contains(got, "code 127") || !strings.Contains(got, "code 126") {
		t.Errorf("got %q, want %q", got, want)
	}
	ty := d.sit("jail", "enter", "a")
	ty.types("tty; test -s /tmp/shared && echo sha''red; stty size\r")
	ty.see("/dev/pts/1\r\nshared\r\n24 80\r\n")
	ty.resize(10, 40)
	ty.types("until [ \"$(stty size)\" = '10 40' ]; do :; done; echo resi''zed; exit 3\r")
	ty.see("resized\r\n")
	if got := ty.code(); got != 3 {
		t.Errorf("code %d: %q", got, ty.text())
	}
	// It ends with its window, also where it would rather not, and the first command stays.
	closed := d.sit("jail", "run", "a", "--", "sh", "-c", "trap '' HUP; echo > /tmp/runs; sleep 2000; sleep 2000")
	killed := d.sit("jail", "run", "a", "--", "sh", "-c", "echo > /tmp/runs2; exec sleep 2000")
	d.sh("until jail run a -- test -e /tmp/runs -a -e /tmp/runs2; do :; done")
	_ = killed.cmd.Process.Kill()
	closed.screen.Close()
	until(t, "the further command ends", func() bool {
		return !strings.Contains(d.sh("jail run a -- sh -c 'cat /proc/[0-9]*/cmdline | tr \"\\0\" \" \"'"), "sleep 2000")
	})
	if status, _ := d.status(); status != "working" && status != "idle" {
		t.Errorf("it is %s", status)
	}
	out, err := d.command("jail run --network host a -- true").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "--network would have no effect") {
		t.Errorf("other walls for a further command: %v: %s", err, out)
	}
}

// Of commands that begin together one is the run, and the others join it.
func TestCommandsThatBeginTogether(t *testing.T) {
	d := newJail(t)
	got := d.sh(`for i in 1 2 3 4 5 6; do timeout 60 jail run -q a -- sh -c "mkdir -p /tmp/met; echo > /tmp/met/$i; until test \$(ls /tmp/met | wc -l) = 6; do sleep 0.01; done; echo together" & done; wait`)
	if n := strings.Count(got, "together"); n != 6 {
		t.Errorf("%d of 6 met: %s", n, got)
	}
}

// A jail lives as long as somebody works in it.
func TestForegroundRunWaitsForOthers(t *testing.T) {
	d := newJail(t)
	first := d.sit("jail", "run", "-q", "a", "--", "sh", "-c", "echo be''gun; read x; exit 5")
	first.see("begun")
	other := d.sit("jail", "run", "a", "--", "sh", "-c", "echo be''gun; read x; echo got $x; exit 6")
	other.see("begun")
	first.types("\r")
	first.see("waiting for it; Ctrl-C ends it")
	other.types("still\r")
	other.see("got still")
	if got := other.code(); got != 6 {
		t.Errorf("code %d of the other", got)
	}
	if got := first.code(); got != 5 {
		t.Errorf("code %d of the first", got)
	}
}

// With the supervisor dies all that it looked after, and the jail is told as lost.
func TestKilledSupervisorIsLost(t *testing.T) {
	d := newJail(t)
	held := filepath.Join(d.home, "held")
	if err := syscall.Mkfifo(held, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(held, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	d.sh(fmt.Sprintf(`jail run -q -d --rw-map %s a -- sh -c 'exec 4<%s; setsid sleep 1000 & exec sleep 1000'`, d.home+"/held", d.home+"/held"))
	looks := d.sit("jail", "attach", "a")
	looks.see("\x1b[2J")
	_, pid := d.status()
	inits := childrenOf(t, pid)
	if len(inits) == 0 || syscall.Kill(pid, syscall.SIGKILL) != nil {
		t.Fatal("it does not run")
	}
	if got := looks.code(); got != 125 {
		t.Errorf("code %d of who looked: %q", got, looks.text())
	}
	for _, init := range inits {
		until(t, "all is gone", func() bool { return gone(init) })
	}
	if status, _ := d.status(); status != "lost" {
		t.Errorf("it is %s", status)
	}
	// What is lost stands in the way of nothing.
	d.sh("jail run -q -d a -- true && jail wait a")
}

// childrenOf are the pids of a process's children.
func childrenOf(t *testing.T, pid int) []int {
	t.Helper()
	paths, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, path := range paths {
		text, _ := os.ReadFile(path)
		for _, field := range strings.Fields(string(text)) {
			var child int
			if _, err := fmt.Sscan(field, &child); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}

// gone reports whether a process has ended; one that nobody has waited for has.
func gone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(text), ") Z ")
}

func TestStopAndKill(t *testing.T) {
	d := newJail(t)
	for _, tt := range []struct{ command, end, want string }{
		{"trap \"exit 7\" TERM", "jail stop a", "jail a: sh ended with exit code 7\n"},
		{"trap \"\" TERM", "jail stop --grace 200ms a", "jail a: sh ended with exit code 137\n"},
		{"trap \"\" TERM", "jail kill a", "jail a: sh ended with exit code 137\n"},
		{"trap \"exit 7\" TERM", "jail stop --all", "jail a: sh ended with exit code 7\n"},
	} {
		d.sh(`jail run -q -d a -- sh -c '` + tt.command + `; echo be''gun; while :; do sleep 0.01; done'; until jail logs a 2>&1 | grep -q begun; do :; done`)
		if got := d.sh(tt.end); got != tt.want {
			t.Errorf("%s: got %q", tt.end, got)
		}
	}
	for _, verb := range []string{"stop", "kill", "send", "attach"} {
		out, err := d.command("jail " + verb + " a x").CombinedOutput()
		if err == nil {
			t.Errorf("%s of what does not run: %s", verb, out)
		}
	}
}

// Each of the two ends when the other has been told to.
func TestStopAllAtOnce(t *testing.T) {
	d := newJail(t)
	d.sh("jail create b; mkdir ~/met")
	for _, pair := range [][2]string{{"a", "b"}, {"b", "a"}} {
		d.sh(fmt.Sprintf(`jail run -q -d --rw-map ~/met %[1]s -- sh -c 'trap "echo > ~/met/%[1]s; until [ -e ~/met/%[2]s ]; do sleep 0.01; done; exit 7" TERM; echo be''gun; while :; do sleep 0.01; done'
			until jail logs %[1]s 2>&1 | grep -q begun; do :; done`, pair[0], pair[1]))
	}
	if got, want := d.sh("jail stop --all"), "jail a: sh ended with exit code 7\njail b: sh ended with exit code 7\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWaitForTheEnd(t *testing.T) {
	d := newJail(t)
	if got := d.sh("jail wait a 2>&1; echo code $?"); !strings.Contains(got, `nothing runs in jail "a"`) || !strings.Contains(got, "fix: ") || !strings.Contains(got, "code 125") {
		t.Errorf("of one that never ran: %q", got)
	}
	if got := d.sh("jail wait --timeout -1s a 2>&1; echo code $?"); !strings.Contains(got, "--timeout") || !strings.Contains(got, "code 2") {
		t.Errorf("for less than no time: %q", got)
	}
	d.sh(`jail run -q -d a -- sh -c 'read x; exit 6'`)
	waiting := d.command("jail wait a; echo code $?")
	var out strings.Builder
	waiting.Stdout = &out
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	if got := d.sh("jail wait --timeout 10ms a 2>&1; echo code $?"); !strings.Contains(got, "code 124") {
		t.Errorf("got %q", got)
	}
	d.sh("jail send a go")
	if err := waiting.Wait(); err != nil || out.String() != "code 6\n" {
		t.Errorf("%v: %q", err, out.String())
	}
	if got := d.sh("jail wait a; echo code $?"); got != "code 6\n" {
		t.Errorf("of one that ended: %q", got)
	}
}

// What a command asks for somebody with is told by lists, to who waits for it, and to the user's own command.
func TestWaitForInput(t *testing.T) {
	d := newJail(t)
	told := filepath.Join(d.home, "told")
	d.sh(`jail run -q -d --notify "sh -c 'echo \"\$JAIL_NAME \$JAIL_NOTIFY_TEXT\" > ` + told + `'" a -- sh -c 'read x; printf "\033]9;look at this\a"; read x; echo on; read x'`)
	waiting := d.command("jail wait --for input --json a; echo code $?")
	var out strings.Builder
	waiting.Stdout = &out
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	d.sh("jail send a go")
	if err := waiting.Wait(); err != nil || !strings.Contains(out.String(), `"says": "look at this"`) || !strings.HasSuffix(out.String(), "code 0\n") {
		t.Errorf("%v: %s", err, out.String())
	}
	if list := d.sh("jail list"); !strings.Contains(list, "waiting") || !strings.Contains(list, "look at this") {
		t.Errorf("list: %s", list)
	}
	until(t, "the user's command is run", func() bool {
		text, _ := os.ReadFile(told)
		return string(text) == "a look at this\n"
	})
	d.sh("jail send a on")
	if status, _ := d.status(); status != "working" {
		t.Errorf("after an answer it is %s", status)
	}
	d.sh("jail send a end")
	if got := d.sh("jail wait a --for input; echo code $?"); !strings.Contains(got, "code 1") {
		t.Errorf("of one that ended: %q", got)
	}
}

// No jail can reach the socket of another, or its own, nor what is kept of runs.
func TestSessionsAreOutOfReach(t *testing.T) {
	d := newJail(t)
	d.sh(`jail run -q -d a -- sleep 1000`)
	sessions := filepath.Join(d.home, ".local/state/jail/sessions")
	found := d.sh("find " + sessions + " -name socket -type s -perm 700 -o -name socket -type s")
	if found == "" {
		t.Fatal("there is no socket")
	}
	info, err := os.Stat(filepath.Dir(strings.TrimSpace(found)))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others can enter its folder: %v, %v", info.Mode(), err)
	}
	if got := d.sh("jail run a -- sh -c 'ls -d " + sessions + " 2>&1; true'"); !strings.Contains(got, "No such file") {
		t.Errorf("it is seen from inside: %s", got)
	}
	if out, err := d.command("jail run --map " + filepath.Dir(filepath.Dir(sessions)) + " -- true").CombinedOutput(); err == nil {
		t.Errorf("what holds it can be mapped: %s", out)
	}
	if out, err := d.command("jail run --rw-map " + sessions + " -- true").CombinedOutput(); err == nil {
		t.Errorf("it can be mapped: %s", out)
	}
}

// Whichever way a command got its terminal, it is the jail's own, and nothing can be typed into it from inside. The control
// has no filter of system calls.
func TestNobodyTypesForTheUser(t *testing.T) {
	const attack = `tty; ls -x /dev/pts; probe ioctl - 0x5412; probe ioctl /dev/tty 0x5412; probe ioctl - 0x541C; probe ioctl - 0x10000541C; probe ioctl - 0x541D; echo tr''ied`
	for filter, refused := range map[string]bool{"": true, "--no-seccomp ": false} {
		d := newJail(t)
		filter := filter + "--map " + harness.Bin() + " "
		d.sh("jail run -q -d " + filter + "a -- sh -c 'read x; " + attack + "; sleep 1000'")
		attached := d.sit("jail", "attach", "a")
		attached.see("\x1b[2J")
		attached.types("\r")
		further := d.sit("jail", "run", "a", "--", "sh", "-c", attack)
		foreground := d.sit("sh", "-c", "exec jail run -q "+filter+"-- sh -c \""+attack+"\"")
		for name, ty := range map[string]*typist{"detached": attached, "further": further, "foreground": foreground} {
			ty.see("/dev/pts/")
			ty.see("tried")
			tried, denied := strings.Count(ty.text(), "\r\nioctl "), strings.Count(ty.text(), "EPERM")
			if tried != 5 || (denied == 5) != refused || strings.Contains(ty.text(), "ioctl - 0x5412 EPERM") != refused {
				t.Errorf("%s with %q: %q", name, filter, ty.text())
			}
		}
	}
}
