package jail_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"jail/jail"
	"jail/jail/jailtest"
	"jail/mounts"
)

// running starts a shell script in a jail, and gives the jail to use when the script runs.
func running(t *testing.T, terminal jail.Terminal, script string, use func(p *jail.Prepared, master *os.File)) jail.Result {
	t.Helper()
	return runningUntil(t, terminal, script, use, func(int) {})
}

// runningUntil is running with Attendance.Remain.
func runningUntil(t *testing.T, terminal jail.Terminal, script string, use func(p *jail.Prepared, master *os.File), remain func(int)) jail.Result {
	t.Helper()
	jailtest.Require(t, jailtest.UserNS)
	s := reader(t, t.TempDir(), "")
	s.Program, s.Argv, s.Terminal = "/bin/sh", []string{"sh", "-c", script}, terminal
	s.Mounts = append(s.Mounts, mounts.Mount{Kind: mounts.Devpts, Target: "/dev/pts"}, mounts.Mount{Kind: mounts.Bind, Source: "/etc/passwd", Target: "/etc/passwd"})
	mounts.Sort(s.Mounts)
	s.Env = []string{"PATH=/usr/bin:/bin", "TERM=dumb"}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	prepared, err := jail.Prepare(s, jail.Streams{In: null, Out: null, Err: null})
	if err != nil {
		t.Fatal(err)
	}
	used := make(chan bool)
	begin := func(master *os.File) { go func() { defer close(used); use(prepared, master) }() }
	result, err := prepared.Run(s, jail.Attendance{
		Show: begin,
		Ready: func(jail.Walls) {
			if terminal != jail.TerminalDetached {
				begin(nil)
			}
		},
		Remain: remain,
	})
	if err != nil {
		t.Fatal(err)
	}
	<-used
	return result
}

func TestFurtherCommandHasPipesOfItsOwn(t *testing.T) {
	result := running(t, jail.TerminalNone, "sleep 1000", func(p *jail.Prepared, _ *os.File) {
		defer p.Signal(syscall.SIGTERM)
		started, err := p.Start(jail.Process{Argv: []string{"sh", "-c", "cat; echo $TERM >&2; exit 7"}})
		if err != nil {
			t.Error(err)
			return
		}
		in, out, errs := started.Files[0], started.Files[1], started.Files[2]
		if _, err := in.WriteString("through\x00all\n"); err != nil {
			t.Error(err)
		}
		in.Close()
		said, _ := io.ReadAll(out)
		complained, _ := io.ReadAll(errs)
		if string(said) != "through\x00all\n" || string(complained) != "dumb\n" {
			t.Errorf("got %q and %q", said, complained)
		}
		if r, ok := <-started.Ended; !ok || r.Code != 7 {
			t.Errorf("it ended with %+v, %v", r, ok)
		}
	})
	if result.Signal != syscall.SIGTERM {
		t.Errorf("the first ended with %+v", result)
	}
}

func TestFurtherCommandHasATerminal(t *testing.T) {
	running(t, jail.TerminalNone, "sleep 1000", func(p *jail.Prepared, _ *os.File) {
		defer p.Signal(syscall.SIGTERM)
		started, err := p.Start(jail.Process{Argv: []string{"sh", "-c", "tty; stty size; echo $TERM; ps > /dev/null; read line; echo got $line"}, Term: "xterm", Window: jail.Window{Rows: 7, Columns: 31}})
		if err != nil {
			t.Error(err)
			return
		}
		master := started.Files[0]
		defer master.Close()
		master.WriteString("typed\r")
		said, _ := io.ReadAll(master) // ends with EIO
		for _, want := range []string{"/dev/pts/", "7 31", "xterm", "got typed"} {
			if !strings.Contains(string(said), want) {
				t.Errorf("no %q in %q", want, said)
			}
		}
		if r, ok := <-started.Ended; !ok || r.Code != 0 {
			t.Errorf("it ended with %+v, %v", r, ok)
		}
	})
}

func TestFurtherCommandEndsWithItsTerminal(t *testing.T) {
	running(t, jail.TerminalNone, "sleep 1000", func(p *jail.Prepared, _ *os.File) {
		defer p.Signal(syscall.SIGTERM)
		started, err := p.Start(jail.Process{Argv: []string{"sleep", "1000"}, Window: jail.Window{Rows: 7, Columns: 31}})
		if err != nil {
			t.Error(err)
			return
		}
		started.Files[0].Close()
		if r := <-started.Ended; r.Signal != syscall.SIGHUP {
			t.Errorf("it ended with %+v", r)
		}
	})
}

func TestFurtherCommandThatIsNotThere(t *testing.T) {
	running(t, jail.TerminalNone, "sleep 1000", func(p *jail.Prepared, _ *os.File) {
		defer p.Signal(syscall.SIGTERM)
		for name, want := range map[string]error{"none-of-this-name": syscall.ENOENT, "/etc/passwd": syscall.EACCES, "/": syscall.EACCES} {
			_, err := p.Start(jail.Process{Argv: []string{name}})
			var start *jail.StartError
			if !errors.As(err, &start) || !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", name, err, want)
			}
		}
	})
}

func TestFurtherCommandOutlivesTheFirst(t *testing.T) {
	others := make(chan int, 1)
	result := runningUntil(t, jail.TerminalNone, "until test -e /tmp/runs; do sleep 0.01; done; exit 3", func(p *jail.Prepared, _ *os.File) {
		started, err := p.Start(jail.Process{Argv: []string{"sh", "-c", "trap 'exit 5' TERM; echo > /tmp/runs; while :; do sleep 0.01; done"}})
		if err != nil {
			t.Error(err)
			p.Kill()
			return
		}
		if n := <-others; n != 1 {
			t.Errorf("%d remain", n)
		}
		p.Signal(syscall.SIGINT) // what would have ended the first ends those
		if r := <-started.Ended; r.Code != 5 {
			t.Errorf("it ended with %+v", r)
		}
	}, func(n int) { others <- n })
	if result.Code != 3 {
		t.Errorf("the first ended with %+v", result)
	}
}

func TestDetachedCommandHasATerminal(t *testing.T) {
	result := running(t, jail.TerminalDetached, "tty; read line; echo got $line; exit 4", func(_ *jail.Prepared, master *os.File) {
		defer master.Close()
		master.WriteString("typed\r")
		said, _ := io.ReadAll(master)
		for _, want := range []string{"/dev/pts/", "got typed"} {
			if !strings.Contains(string(said), want) {
				t.Errorf("no %q in %q", want, said)
			}
		}
	})
	if result.Code != 4 {
		t.Errorf("it ended with %+v", result)
	}
}
