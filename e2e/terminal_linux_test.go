package e2e

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

// typist sits at a terminal: it types when it sees what it waits for.
type typist struct {
	t       *testing.T
	cmd     *exec.Cmd
	screen  *os.File
	fd      int // of it
	mutex   sync.Mutex
	said    []byte
	seen    int // of said
	ended   chan struct{}
	project string
}

// sit starts a program at a terminal of 24 lines and 80 columns, in a project of an ordinary user.
func sit(t *testing.T, name string, args ...string) *typist {
	t.Helper()
	return newDesk(t).sit(name, args...)
}

// desk is where an ordinary user sits: a home with a project in it.
type desk struct {
	t             *testing.T
	home, project string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	if os.Geteuid() == 0 {
		t.Skip("run already, as an ordinary user")
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	home := t.TempDir()
	project := filepath.Join(home, "project")
	if err := os.Mkdir(project, 0o700); err != nil {
		t.Fatal(err)
	}
	return &desk{t, home, project}
}

// env is the user's environment.
func (d *desk) env() []string {
	return []string{"HOME=" + d.home, "PATH=" + harness.Bin() + ":" + os.Getenv("PATH"), "TERM=xterm", "PS1=$ ", "LANG=C.UTF-8"}
}

// sit starts a program at a terminal of 24 lines and 80 columns.
func (d *desk) sit(name string, args ...string) *typist {
	t := d.t
	t.Helper()
	if name == "jail" {
		name = filepath.Join(harness.Bin(), name)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = d.project, d.env()
	started, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	// Anew, so that Close ends a Read.
	fd, err := syscall.Dup(int(started.Fd()))
	if err == nil {
		err = errors.Join(syscall.SetNonblock(fd, true), started.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	screen := os.NewFile(uintptr(fd), "screen")
	ty := &typist{t: t, cmd: cmd, screen: screen, fd: fd, ended: make(chan struct{}), project: d.project}
	go ty.watch()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		screen.Close()
		_ = cmd.Wait()
	})
	return ty
}

func (ty *typist) watch() {
	defer close(ty.ended)
	buffer := make([]byte, 1<<16)
	for {
		n, err := ty.screen.Read(buffer)
		ty.mutex.Lock()
		ty.said = append(ty.said, buffer[:n]...)
		ty.mutex.Unlock()
		if err != nil {
			return
		}
	}
}

func (ty *typist) text() string {
	ty.mutex.Lock()
	defer ty.mutex.Unlock()
	return string(ty.said)
}

// see waits for a text behind the last that was seen.
func (ty *typist) see(text string) {
	ty.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		ty.mutex.Lock()
		at := bytes.Index(ty.said[ty.seen:], []byte(text))
		if at >= 0 {
			ty.seen += at + len(text)
		}
		ty.mutex.Unlock()
		if at >= 0 {
			return
		}
	}
	ty.t.Fatalf("no %q on the screen: %q", text, ty.text())
}

func (ty *typist) types(keys string) {
	ty.t.Helper()
	if _, err := ty.screen.WriteString(keys); err != nil {
		ty.t.Fatal(err)
	}
}

// becomesRaw waits until the keys go to jail as they are.
func (ty *typist) becomesRaw() {
	ty.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		settings, err := unix.IoctlGetTermios(ty.fd, unix.TCGETS) // of the other side too (ioctl_tty(2))
		if err == nil && settings.Lflag&unix.ICANON == 0 {
			return
		}
	}
	ty.t.Fatalf("the terminal is still the shell's: %q", ty.text())
}

// code waits for the end, and returns the exit code.
func (ty *typist) code() int {
	ty.t.Helper()
	select {
	case <-ty.ended:
	case <-time.After(20 * time.Second):
		ty.t.Fatalf("it does not end: %q", ty.text())
	}
	err := ty.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

func TestTerminalIsTheJails(t *testing.T) {
	ty := sit(t, "jail", "run", "-q", "--", "sh", "-c", `trap 'stty size' WINCH; tty; stty size; readlink /proc/self/fd/1; until read line; do :; done; exit 3`)
	ty.see("/dev/pts/0\r\n24 80\r\n/dev/pts/0\r\n")
	if err := pty.Setsize(ty.screen, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	ty.see("30 100\r\n")
	ty.types("\r")
	if got := ty.code(); got != 3 {
		t.Errorf("code %d", got)
	}
}

func TestJobControlInside(t *testing.T) {
	// It reads and starts nothing: a shell that waits for a child of vfork(2) cannot be stopped, inside or outside.
	ty := sit(t, "jail", "run", "-q", "--", "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("sh -c 'trap \"echo ba''ck\" CONT; echo rea''dy; while :; do read x; done'\r")
	ty.see("ready\r\n")
	ty.types("\x1a")
	ty.see("Stopped")
	ty.see("$ ")
	ty.types("fg\r")
	ty.see("back\r\n")
	ty.types("\x03")
	ty.see("$ ")
	ty.types("exit 7\r")
	if got := ty.code(); got != 7 {
		t.Errorf("code %d: %q", got, ty.text())
	}
}

// Ctrl-Z stops the whole jail, and the caller's shell has its terminal as it was.
func TestJailIsAJob(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("jail run -q -- sh -c 'trap \"echo ba''ck\" CONT; echo rea''dy; while :; do read x; done'\r")
	ty.see("ready\r\n")
	ty.types("\x1a")
	ty.see("Stopped")
	ty.see("$ ")
	ty.types("stty -a | tr -s ' ;' '\\n' | grep -x -e icanon -e echo -e opost | tr '\\n' +; fg\r")
	ty.see("opost+icanon+echo+")
	ty.see("back\r\n")
	// Into the background, where it goes on and the keys are the shell's, and out of it.
	ty.types("\x1a")
	ty.see("Stopped")
	ty.see("$ ")
	ty.types("bg\r")
	ty.see("back\r")
	ty.types("echo ty''ped; jobs; stty -a | tr -s ' ;' '\\n' | grep -x -e icanon -e echo | tr '\\n' +\r")
	ty.see("typed\r\n")
	ty.see("Running")
	ty.see("icanon+echo+")
	ty.types("fg\r")
	ty.see("read x; done'\r\n")
	ty.becomesRaw()
	ty.types("\x03")
	ty.see("$ ")
	ty.types("echo code $?; stty -a | tr -s ' ;' '\\n' | grep -x -e icanon -e echo -e opost | tr '\\n' +; exit 5\r")
	ty.see("code 130")
	ty.see("opost+icanon+echo+")
	if got := ty.code(); got != 5 {
		t.Errorf("code %d", got)
	}
}

// What a program that crashed left the screen in is put right.
func TestCrashedScreen(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("jail run -q -- sh -c 'printf \"\\033[?1049h\\033[?1000h\"; stty raw -echo; kill -9 $$'\r")
	ty.see("\x1b[?1049h")
	ty.see("\x1b[?1049l")
	ty.see("$ ")
	if !strings.Contains(ty.text(), "\x1b[?1000l") {
		t.Errorf("the mouse is still reported: %q", ty.text())
	}
	ty.types("echo code $?; stty -a | tr -s ' ;' '\\n' | grep -x -e icanon -e echo | tr '\\n' +; exit\r")
	ty.see("code 137")
	ty.see("icanon+echo+")
}

// A command that cannot be started leaves the terminal as it was.
func TestTerminalAfterNoStart(t *testing.T) {
	ty := sit(t, "sh", "-c", `echo '#!/no/such/program' > bad; chmod 700 bad; jail run -q -- ./bad; echo code $?; stty -a | tr -s ' ;' '\n' | grep -x -e icanon -e echo | tr '\n' +`)
	ty.see("code 127")
	ty.see("icanon+echo+")
}

// Nothing that a terminal of the user's would obey beyond its screen passes; text does, byte for byte.
func TestOutputIsFiltered(t *testing.T) {
	const clipboard, text = "\x1b]52;c;aGk=\a", "❯ ▐▛█ ” 👩‍🔬 日本 é"
	script := `printf '` + text + `|\033]52;c;aGk=\a|\033[21t|\033[31mred\033[0m|end\n'`
	for _, tt := range []struct {
		mode string
		want string
	}{
		{"filtered", text + "|||\x1b[31mred\x1b[0m|end"},
		{"clipboard", text + "|" + clipboard + "||\x1b[31mred\x1b[0m|end"},
		{"raw", text + "|" + clipboard + "|\x1b[21t|\x1b[31mred\x1b[0m|end"},
	} {
		ty := sit(t, "jail", "run", "-q", "--terminal", tt.mode, "--", "sh", "-c", script)
		ty.see("end\r\n")
		if !strings.Contains(ty.text(), tt.want) {
			t.Errorf("%s: got %q, want %q", tt.mode, ty.text(), tt.want)
		}
		ty.code()
	}
}

// Ctrl-C ends the loop of a shell around jail, as around any program that dies of it; of a program that deals with it, it does not.
func TestInterruptEndsLoops(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("for i in 1 2; do jail run -q -- sh -c 'echo rou''nd; exec sleep 1000'; done; echo code $?\r")
	ty.see("round\r\n")
	ty.types("\x03")
	ty.see("$ ")
	ty.types("echo code $?; for i in 1 2; do jail run -q -- sh -c 'trap \"exit 3\" INT; sh -c \"echo rou''nd; exec sleep 1000\"; :'; done; echo co''de $?\r")
	ty.see("code 130")
	ty.see("round\r\n")
	ty.types("\x03")
	ty.see("round\r\n")
	ty.types("\x03")
	ty.see("code 3")
	ty.types("exit\r")
	ty.code()
	if got := strings.Count(ty.text(), "round\r\n"); got != 3 {
		t.Errorf("%d rounds: %q", got, ty.text())
	}
}

// What a command wants to copy is held until the user allows it, once, and the keys for it are the command's otherwise.
func TestUserIsAskedToCopy(t *testing.T) {
	const want = "\x1b]52;c;c2VjcmV0\x1b\\"
	for name, args := range map[string][]string{"without a bar": nil, "with a bar": {"--status-bar=dark"}} {
		ty := sit(t, "jail", append(append([]string{"run", "-q", "--terminal", "ask"}, args...), "--", "sh", "-c", `stty -echo; printf '\033]52;c;bm90IHRoaXM=\a\033]52;c;c2VjcmV0\a\033]52;c;?\aheld\n'; read x; echo got $x | od -c; read x; echo done`)...)
		ty.see("held")
		ty.see("copy 6 characters? Ctrl-] c")
		if strings.Contains(ty.text(), "]52") {
			t.Errorf("%s: it was not asked: %q", name, ty.text())
		}
		ty.types("\x1dx\r")
		ty.see("035   x") // not these keys
		ty.types("\x1dc")
		ty.see(want)
		ty.types("\x1dc\r")
		ty.see("done")
		ty.code()
		if got := strings.Count(ty.text(), "]52"); got != 1 {
			t.Errorf("%s: copied %d times: %q", name, got, ty.text())
		}
	}
}

// What is copied is what the user was told of: a bar that waits, as a command can make it, tells of something before.
func TestCopyIsWhatWasAnnounced(t *testing.T) {
	ty := sit(t, "jail", "run", "-q", "--terminal", "ask", "--status-bar=dark", "--", "sh", "-c", `stty -echo; printf '\033]52;c;c2VjcmV0\a'; read x; printf '\0337\033]52;c;c29tZXRoaW5nIG90aGVy\aheld\n'; read x; printf '\0338'; read x; echo done`)
	ty.see("copy 6 characters? Ctrl-] c")
	ty.types("\r")
	ty.see("held")
	ty.types("\x1dc\r")
	ty.see("copy 15 characters? Ctrl-] c")
	if strings.Contains(ty.text(), "]52") {
		t.Errorf("copied what was not announced: %q", ty.text())
	}
	ty.types("\x1dc")
	ty.see("\x1b]52;c;c29tZXRoaW5nIG90aGVy")
	ty.types("\r")
	ty.see("done")
	ty.code()
}

// Text that a command brings into the bar's row does not stay there, whatever it keeps saved and however much it says.
func TestBarIsNotForged(t *testing.T) {
	ty := sit(t, "jail", "run", "-q", "--status-bar=dark", "--", "sh", "-c", `stty -echo; printf 'rea''dy\n'; read x; printf '\0337\033[1;3r\033[23;1H%0100d' 1; while sleep 0.02; do printf .; done`)
	ty.see("ready")
	ty.types("\r")
	ty.see("00001")
	ty.see("\x1b[24;1H") // drawn, although the command is never quiet
	ty.types("\x03")
	ty.code()
}

// Colours are for those who look: a terminal, unless NO_COLOR says otherwise, and no pipe.
func TestColourIsForTerminals(t *testing.T) {
	const removed, colours = "-was", "\x1b[31m-was\x1b[m"
	setUp := `git init -q && echo was > f && git add f && git -c user.name=a -c user.email=a@b commit -qm one && jail run -q --review -- sh -c 'echo is > f' 2>err; export GIT_PAGER=cat; `
	for name, tt := range map[string]struct {
		show string
		want bool
	}{
		"terminal": {"jail diff", true},
		"NO_COLOR": {"NO_COLOR=1 jail diff", false},
		"pipe":     {"jail diff | cat", false},
	} {
		ty := sit(t, "sh", "-c", setUp+tt.show)
		ty.see(removed)
		ty.code()
		if got := strings.Contains(ty.text(), colours); got != tt.want {
			t.Errorf("%s: colours are %v: %q", name, got, ty.text())
		}
	}
}

// A program that shares the terminal makes it non-blocking, as Node does, and leaves it so: all is shown, and keys arrive.
func TestTerminalThatOthersLeaveNonBlocking(t *testing.T) {
	ty := sit(t, "sh", "-c", `mkfifo ready done
		(read x < ready; perl -e 'use Fcntl; fcntl(STDOUT, F_SETFL, O_RDWR | O_NONBLOCK) or die; fcntl(STDERR, F_GETFL, 0) & O_NONBLOCK or die'; echo > done) &
		jail run -q -- sh -c 'echo > ready; read x < done; seq 1 50000; read x; echo got $x'`)
	ty.see("50000\r\n")
	ty.types("key\r")
	ty.see("got key")
	if code := ty.code(); code != 0 {
		t.Errorf("code %d", code)
	}
	if text := ty.text(); !strings.Contains(text, "\r\n25000\r\n25001\r\n") {
		t.Errorf("not all was shown: %d bytes", len(text))
	}
}

// A closed window, and jail itself killed, end what ran.
func TestTerminalGoesAway(t *testing.T) {
	for what, end := range map[string]func(*typist){
		"window closed": func(ty *typist) { ty.screen.Close() },
		"jail killed":   func(ty *typist) { _ = ty.cmd.Process.Kill() },
	} {
		ty := sit(t, "jail", "run", "-q", "--", "sh", "-c", `echo rea''dy; while :; do sleep 1; done`)
		ty.see("ready")
		inits, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(ty.cmd.Process.Pid), "task/*/children"))
		if err != nil {
			t.Fatal(err)
		}
		init := 0
		for _, path := range inits {
			if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
				init, _ = strconv.Atoi(strings.Fields(string(text))[0])
			}
		}
		if init == 0 || syscall.Kill(init, 0) != nil {
			t.Fatalf("%s: it does not run", what)
		}
		end(ty)
		_ = ty.cmd.Wait()
		for deadline := time.Now().Add(20 * time.Second); syscall.Kill(init, 0) == nil; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: it still runs", what)
			}
		}
	}
}

// A terminal is the jail's own on whichever stream it is, and what is written to it is filtered; the other streams stay what they
// are, byte for byte.
func TestTerminalOnSomeStreams(t *testing.T) {
	const attack = `printf 'a\0b\033]52;c;aGk=\a'`
	for name, tt := range map[string]struct{ script, inside, file string }{
		"output to a file": {`jail run -q -- sh -c "exec 3>&1; tty >&2; test -t 0 && ! test -t 1 && test -t 2 && ` + attack + `; ` + attack + ` >&2; read x; echo got \$x >&2" > file`,
			"/dev/pts/0\r\nab", "a\x00b\x1b]52;c;aGk=\a"},
		"errors to a file": {`jail run -q -- sh -c "tty; test -t 1 && ! test -t 2 && ` + attack + ` >&2; ` + attack + `; read x; echo got \$x" 2> file`,
			"/dev/pts/0\r\nab", "a\x00b\x1b]52;c;aGk=\a"},
		"input from a pipe": {`printf 'pi\0ped' | jail run -q -- sh -c "cat > file; ! test -t 0 && test -t 1 && ` + attack + `; readlink /proc/self/fd/1; read x < /dev/tty; echo got \$x"`,
			"ab/dev/pts/0\r\n", "pi\x00ped"},
		"errors alone": {`printf 'pi\0ped' | jail run -q -- sh -c "cat; ! test -t 1 && test -t 2 && ` + attack + ` >&2; readlink /proc/self/fd/2 >&2; read x < /dev/tty; echo got \$x >&2" > file`,
			"ab/dev/pts/0\r\n", "pi\x00ped"},
	} {
		ty := sit(t, "sh", "-c", tt.script)
		ty.see(tt.inside)
		ty.types("typed\r")
		ty.see("got typed")
		if got := ty.code(); got != 0 {
			t.Errorf("%s: code %d: %q", name, got, ty.text())
		}
		if strings.Contains(ty.text(), "\x1b]52") {
			t.Errorf("%s: the terminal is told what it must not: %q", name, ty.text())
		}
		if text, err := os.ReadFile(filepath.Join(ty.project, "file")); err != nil || !strings.Contains(string(text), tt.file) {
			t.Errorf("%s: the file has %q, %v", name, text, err)
		}
	}
}

// In a pipe to another program, which may read keys too, the streams stay what they are, byte for byte.
func TestPipesAreNoTerminals(t *testing.T) {
	ty := sit(t, "sh", "-c", `jail run -q -- printf 'a\nb' | od -c | head -1; printf 'c\nd' | jail run -q -- od -c | head -1; jail run -q -- sh -c 'echo o; echo e >&2' 2>err; cat err; jail run -q -- sh -c 'echo to >&2' >out; cat out`)
	ty.see(`a  \n   b`)
	ty.see(`c  \n   d`)
	ty.see("o\r\n")
	ty.see("e\r\n") // from the file, beside what jail says there
	ty.see("to\r\n")
	ty.code()
}

// A jail in the background ends with its terminal, also where the shell that could tell it so was killed.
func TestBackgroundEndsWithItsTerminal(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("jail run -q -- sh -c 'echo rea''dy; while read x; do :; done; sleep 1000'\r")
	ty.see("ready\r\n")
	ty.types("\x1a")
	ty.see("Stopped")
	ty.see("$ ")
	ty.types("bg; echo pid $(jobs -p) is it\r")
	ty.see("\r\npid ")
	ty.see(" is it")
	_, rest, _ := strings.Cut(ty.text(), "\r\npid ")
	pid, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil || syscall.Kill(pid, 0) != nil {
		t.Fatal(pid, err)
	}
	_ = ty.cmd.Process.Kill()
	ty.screen.Close()
	_ = ty.cmd.Wait()
	for end := time.Now().Add(20 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatal("it still runs")
		}
	}
}

// In the background a command writes as any other does, and is not stopped.
func TestBackgroundStart(t *testing.T) {
	ty := sit(t, "bash", "--norc", "-i")
	ty.see("$ ")
	ty.types("jail run -q -- sh -c 'echo do''ne; exit 6' & wait $!; echo code $?\r")
	ty.see("done")
	ty.see("code 6")
	ty.types("exit\r")
	ty.code()
}
