package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/creack/pty"
)

// terminalCosts prints what the relay and the filter between a command's terminal and the user's cost, and what fifty detached
// commands do.
func terminalCosts(box *sandbox, runs int) error {
	if err := throughput(box); err != nil {
		return err
	}
	if err := echo(box, 10*runs); err != nil {
		return err
	}
	return detachedCosts(box)
}

// shown is how much a terminal is shown for one figure, in bytes.
const shown = 32 << 20

// throughput compares how fast a file is shown by a terminal of the jail's own and by a bare one.
func throughput(box *sandbox) error {
	path := filepath.Join(box.project, "shown")
	line := "\x1b[32mok\x1b[0m  package/name/of/some/length  0.123s  日本 ❯ and what else a build has to say about it\n"
	text := strings.Repeat(line, shown/len(line))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	defer os.Remove(path)
	show := func(args ...string) measure {
		return func() (time.Duration, error) {
			screen, err := pty.StartWithSize(box.command(args[0], args[1:]...), &pty.Winsize{Rows: 24, Cols: 80})
			if err != nil {
				return 0, err
			}
			defer screen.Close()
			buffer := make([]byte, 64<<10)
			var start time.Time
			for {
				n, err := screen.Read(buffer)
				if err != nil {
					return time.Since(start), nil // EIO: it has ended
				}
				if start.IsZero() && bytes.Contains(buffer[:n], []byte("package/")) {
					start = time.Now()
				}
			}
		}
	}
	m, err := inTurn(5, show("/bin/cat", path), show(box.jail, "run", "-q", "--", "cat", path))
	if err != nil {
		return err
	}
	const least = 0.60
	fmt.Printf("output through the filter and the relay against a bare terminal: %.2f (%.0f MB/s, bare %.0f), bound %.2f: %s\n",
		m.ratio, shown/1e6/m.b.Seconds(), shown/1e6/m.a.Seconds(), least, verdict(m.ratio >= least))
	script, err := exec.LookPath("script")
	if err != nil {
		return nil // apt-get install bsdutils
	}
	// Whatever relays writes everything to a second terminal, which on two processors halves what one of them shows: script(1) does
	// that and nothing else.
	m, err = inTurn(5, show(script, "-q", "-c", "cat "+path, "/dev/null"), show(box.jail, "run", "-q", "--", "cat", path))
	if err != nil {
		return err
	}
	const floor = 0.80
	fmt.Printf("the same against script(1), a relay without a filter: %.2f, bound %.2f: %s\n", m.ratio, floor, verdict(m.ratio >= floor))
	return nil
}

// echo compares how long a key takes to come back.
func echo(box *sandbox, runs int) error {
	key := func(args ...string) (measure, func(), error) {
		screen, err := pty.StartWithSize(box.command(args[0], args[1:]...), &pty.Winsize{Rows: 24, Cols: 80})
		if err != nil {
			return nil, nil, err
		}
		buffer := make([]byte, 4096)
		var all []byte
		for !bytes.Contains(all, []byte("ready")) {
			n, err := screen.Read(buffer)
			if err != nil {
				return nil, nil, fmt.Errorf("%q ended: %s", args, all)
			}
			all = append(all, buffer[:n]...)
		}
		return func() (time.Duration, error) {
			start := time.Now()
			if _, err := screen.WriteString("k"); err != nil {
				return 0, err
			}
			_, err := screen.Read(buffer)
			return time.Since(start), err
		}, func() { screen.Close() }, nil
	}
	const program = "stty raw -echo; echo ready; exec cat"
	bare, end, err := key("/bin/sh", "-c", program)
	if err != nil {
		return err
	}
	defer end()
	jailed, end, err := key(box.jail, "run", "-q", "--", "sh", "-c", program)
	if err != nil {
		return err
	}
	defer end()
	m, err := inTurn(runs, jailed, bare)
	if err != nil {
		return err
	}
	const most = time.Millisecond
	fmt.Printf("key to echo: %.2f ms more than a bare terminal, bound %.1f ms: %s\n", milliseconds(m.difference), milliseconds(most), verdict(m.difference <= most))
	return nil
}

// manyJails is how many detached commands are run at once.
const manyJails = 50

func detachedCosts(box *sandbox) error {
	sh := func(script string) (string, error) {
		cmd := box.command("/bin/sh", "-c", script)
		cmd.Dir = filepath.Join(box.home, "many")
		return output(cmd)
	}
	if err := box.makeDir(filepath.Join(box.home, "many")); err != nil {
		return err
	}
	defer func() { _, _ = sh(box.jail + " stop --all --grace 1s") }()
	_, err := sh(fmt.Sprintf(`git init -q && git -c user.name=x -c user.email=x@y commit -q --allow-empty -m first
for i in $(seq %d); do %[2]s create j$i > /dev/null 2>&1 && %[2]s run -q -d j$i -- sleep 1000 > /dev/null 2>&1 || exit 1; done`, manyJails, box.jail))
	if err != nil {
		return err
	}
	list, err := median(10, whole(func() *exec.Cmd {
		cmd := box.command(box.jail, "list")
		cmd.Dir = filepath.Join(box.home, "many")
		return cmd
	}))
	if err != nil {
		return err
	}
	const slowest = 100 * time.Millisecond
	fmt.Printf("jail list of %d detached jails: %s, bound %s: %s\n", manyJails, round(list), round(slowest), verdict(list <= slowest))
	pids, err := sh(`pgrep -f ^jail-supervisor -u ` + strconv.Itoa(box.uid))
	if err != nil {
		return err
	}
	var most int
	for _, pid := range strings.Fields(pids) {
		text, err := os.ReadFile("/proc/" + pid + "/smaps_rollup")
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
				kilobytes, _ := strconv.Atoi(fields[1])
				most = max(most, kilobytes)
			}
		}
	}
	const heaviest = 15 << 10
	fmt.Printf("memory of the largest supervisor (its share of what they share): %.1f MB, bound %d MB: %s\n", float64(most)/1024, heaviest>>10, verdict(most > 0 && most <= heaviest))
	return nil
}
