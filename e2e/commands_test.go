package e2e

import (
	"errors"
	"fmt"
	"image/png"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"jail/jail"
)

// condition knows, beside testscript's own: [cgroup], a cgroup that may be divided is there; [cores], a crash on this host
// leaves a core in the current folder; [tool:NAME], a program is installed, as CI has it; [found:NAME], one happens to be.
func condition(name string) (bool, error) {
	switch kind, program, _ := strings.Cut(name, ":"); kind {
	case "tool", "found":
		return installed(program, kind == "tool")
	case "cgroup":
		found, err := jail.FindCgroup()
		return err == nil && found.Has(jail.ControlMemory), nil
	case "binfmt": // a registry of the test's own (Linux 6.7)
		mount := exec.Command("unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc")
		return mount.Run() == nil, nil
	case "cores":
		pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
		return err == nil && strings.HasPrefix(string(pattern), "core") && exec.Command("sh", "-c", "ulimit -c unlimited").Run() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// exits runs a command and expects this very exit code: "exits CODE COMMAND…". Its output goes where exec's goes.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// listen opens a TCP port on the host's loopback and puts its number into a variable: "listen NAME".
func listen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listen NAME")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// abstract opens an abstract Unix socket on the host and puts its name into a variable: "abstract NAME".
func abstract(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: abstract NAME")
	}
	name := ts.Getenv("WORK")
	l, err := net.Listen("unix", "@"+name)
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], name)
}

// serve listens on a Unix socket of the host and takes every connection: "serve PATH".
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serve PATH")
	}
	l, err := net.Listen("unix", ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
}

// lines counts the lines of a file or of stdout: "lines N FILE".
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := ts.ReadFile(args[1])
	if got := strings.Count(text, "\n"); (got == want) == neg {
		ts.Fatalf("%d lines in %s, want %d:\n%s", got, args[1], want, text)
	}
}

// pixel looks at one pixel of a picture: "pixel FILE X Y RRGGBB".
func pixel(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: pixel FILE X Y RRGGBB")
	}
	picture, err := png.Decode(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	x, err := strconv.Atoi(args[1])
	ts.Check(err)
	y, err := strconv.Atoi(args[2])
	ts.Check(err)
	r, g, b, _ := picture.At(x, y).RGBA() // 16 bits each
	if got := fmt.Sprintf("%02x%02x%02x", r>>8, g>>8, b>>8); got != args[3] {
		ts.Fatalf("%s is %s at %d,%d, want %s", args[0], got, x, y, args[3])
	}
}
