package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// costs prints what the walls cost, each row with the bound that it has to keep.
func costs(box *sandbox, runs int) error {
	with := func() *exec.Cmd { return box.command(box.jail, "run", "--", "true") }
	without := func() *exec.Cmd { return box.command(box.jail, "run", "--no-seccomp", "--", "true") }
	m, err := inTurn(runs, whole(with), whole(without))
	if err != nil {
		return err
	}
	const most = time.Millisecond
	fmt.Printf("start-up with the syscall filter against without: %.2f, %.2f ms more, bound %.1f ms: %s\n",
		m.ratio, milliseconds(m.difference), milliseconds(most), verdict(m.difference <= most))

	fmt.Printf("%-36s %12s %12s %8s %8s\n", "work", "inside", "outside", "ratio", "bound")
	for _, loop := range []struct {
		name, call string
		rounds     int
		outside    []string
		bound      float64
	}{
		{"getppid", "getppid", 20_000, nil, 1.10},
		// An empty filter is what the kernel itself makes one pay: jail's must not cost more.
		{"getppid, to empty filter", "getppid", 20_000, []string{"filtered"}, 1.03},
		{"openat and close", "openat", 4_000, nil, 1.35}, // of the probe itself: what an agent opens lies in the project
	} {
		probe := []string{box.probe, loop.call, strconv.Itoa(loop.rounds), box.probe}
		inside := box.command(box.jail, append([]string{"run", "--"}, probe...)...)
		outside := box.command(probe[0], append(probe[1:], loop.outside...)...)
		if err := printLoop(fmt.Sprintf("%d × %s", loop.rounds, loop.name), inside, outside, loop.bound); err != nil {
			return err
		}
	}
	c, err := newCompilation(box)
	if err != nil {
		return err
	}
	return printWork("compiling a Go package", max(5, runs/3), 1.05, c.measure(true), c.measure(false))
}

// printLoop compares two probes that wait for each other.
func printLoop(name string, inside, outside *exec.Cmd, bound float64) error {
	in, err := open(inside)
	if err != nil {
		return err
	}
	defer in.close()
	out, err := open(outside)
	if err != nil {
		return err
	}
	defer out.close()
	return printWork(name, 300, bound, in.measure, out.measure)
}

func printWork(name string, runs int, bound float64, inside, outside measure) error {
	m, err := inTurn(runs, inside, outside)
	if err != nil {
		return err
	}
	fmt.Printf("%-36s %12s %12s %8.2f %8s: %s\n", name, round(m.a), round(m.b), m.ratio, fmt.Sprintf("%.2f", bound), verdict(m.ratio <= bound))
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func verdict(holds bool) string {
	if holds {
		return "holds"
	}
	return "DOES NOT HOLD"
}

// compilation is a package that is compiled again and again, each time with another first line, so that the go command's
// cache has everything but the package itself. Cache, scratch folder and what it notes about itself lie in the project: both
// sides use the same.
type compilation struct {
	box          *sandbox
	goCommand    string
	goRoot       string
	env          []string
	source, path string
	count        int
}

func newCompilation(box *sandbox) (*compilation, error) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return nil, err
	}
	root, err := exec.Command(goCommand, "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	c := &compilation{box: box, goCommand: goCommand, goRoot: strings.TrimSpace(string(root)), path: filepath.Join(box.project, "work.go")}
	c.env = []string{"GOTOOLCHAIN=local", "GOPROXY=off", "CGO_ENABLED=0"}
	for _, name := range []string{"GOCACHE", "GOTMPDIR", "GOPATH", "XDG_CONFIG_HOME"} {
		dir := filepath.Join(box.project, "go", name)
		if err := box.makeDir(dir); err != nil {
			return nil, err
		}
		c.env = append(c.env, name+"="+dir)
	}
	var source strings.Builder
	source.WriteString("package work\n\nimport (\n\t\"fmt\"\n\t\"sort\"\n)\n")
	for i := range 600 {
		fmt.Fprintf(&source, `
func F%d(in map[string]int) (out []string) {
	for name, n := range in {
		if n %% %d == 0 {
			out = append(out, fmt.Sprintf("%%s=%%d", name, n))
		}
	}
	sort.Slice(out, func(i, j int) bool { return len(out[i]) < len(out[j]) })
	return out
}
`, i, i+2)
	}
	c.source = source.String()
	return c, os.WriteFile(filepath.Join(box.project, "go.mod"), []byte("module example\n\ngo 1.21\n"), 0o644)
}

// measure compiles once, in a jail or outside.
func (c *compilation) measure(inside bool) measure {
	build := []string{c.goCommand, "build", "."}
	command := func() *exec.Cmd {
		cmd := c.box.command(build[0], build[1:]...)
		cmd.Env = append(cmd.Env, c.env...)
		return cmd
	}
	if inside {
		args := []string{"run", "--map", c.goRoot}
		for _, v := range c.env {
			args = append(args, "--env", v)
		}
		command = func() *exec.Cmd { return c.box.command(c.box.jail, append(append(args, "--"), build...)...) }
	}
	once := whole(command)
	return func() (time.Duration, error) {
		c.count++
		if err := os.WriteFile(c.path, []byte(fmt.Sprintf("// %d\n%s", c.count, c.source)), 0o644); err != nil {
			return 0, err
		}
		return once()
	}
}
