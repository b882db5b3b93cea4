package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Limits of every git process. What lies in the work tree decides how long git takes and how much it says.
const (
	readLimit = 2 * time.Minute
	// settingsLimit is short: a FIFO that a repository's configuration includes would hold it up each time.
	settingsLimit = 15 * time.Second
	writeLimit    = time.Minute
	addLimit      = time.Hour // a checkout of a large repository over a slow disk
	outputLimit   = 256 << 20
	stderrLimit   = 8 << 10
)

// ErrTooMuchOutput means that git printed more than is accepted.
var ErrTooMuchOutput = errors.New("git printed more than 256 MiB")

// CommandError says that a git process failed. Its texts may hold names that a jail chose: escape them for a terminal.
type CommandError struct {
	Command  string // the verb only, as in "git status"
	ExitCode int    // -1 if the process did not exit by itself
	Stderr   string // what git said, trimmed and cut off at 8 KiB
	Err      error  // why: an *exec.ExitError, an Exit, or the context's error
}

func (e *CommandError) Error() string {
	text := e.Command + " failed: " + e.Err.Error()
	if e.Stderr != "" {
		text += ": " + oneLine(e.Stderr)
	}
	return text
}

// oneLine joins the lines that git said. One that ends with a colon introduces those that follow, and a full stop is enough.
func oneLine(text string) string {
	var line strings.Builder
	for part := range strings.Lines(text) {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		switch said := line.String(); {
		case said == "":
		case strings.HasSuffix(said, ":"), strings.HasSuffix(said, "."):
			line.WriteString(" ")
		default:
			line.WriteString("; ")
		}
		line.WriteString(part)
	}
	return line.String()
}

func (e *CommandError) Unwrap() error { return e.Err }

// access says whether a git process may write to the repository. The zero value reads.
type access string

const (
	reads  access = ""
	writes access = "writes"
	// Writes what must not be left half done, see finish. Neither the end of the context nor ours ends it: a git that is told to end in
	// the moment in which it makes a lock file leaves that (activate_tempfile in tempfile.c comes after the open), and every git of the
	// user's then fails on it.
	finishes access = "finishes"
)

// place says where a git process runs. The zero value is right for what reads only the repository's own objects and refs.
type place string

const (
	onHost place = ""
	inBox  place = "box" // reads the work tree: in the repository's box, if it has one
)

// door is a repository that is ready for git processes: its own configuration has been read and disarmed.
type door struct {
	repo      Repo
	overrides []setting     // see disarm
	entries   []entry       // the configuration as it was read
	limit     time.Duration // of a process that reads
	blank     []string      // files of the work tree that a boxed git finds empty
}

// call is one git process.
type call struct {
	flags  []string      // before the verb
	args   []string      // verb and arguments
	access access        // reads
	config scope         // repositoryOnly
	where  place         // the host
	keep   string        // inBox: a folder that git may write to
	stdin  io.Reader     // nil: nothing
	stdout io.Writer     // nil: the output is returned
	index  string        // a file to use in place of the work tree's index
	env    []string      // set last
	dir    string        // current directory; empty means /: a work tree is no place to start a program in
	limit  time.Duration // zero: by access
}

// open reads the repository's configuration, once, and returns the door that overrides what is dangerous in it.
func (r Repo) open(ctx context.Context) (door, error) { return r.openFor(ctx, repositoryOnly) }

func (r Repo) openFor(ctx context.Context, s scope) (door, error) {
	entries, err := r.settings(ctx)
	if err != nil {
		return door{}, err
	}
	return door{repo: r, limit: readLimit, entries: entries, overrides: disarm(entries, s)}, nil
}

// read runs git and returns what it prints.
func (d door) read(ctx context.Context, args ...string) ([]byte, error) {
	return d.run(ctx, call{args: args})
}

// readWork is read for what looks at the work tree.
func (d door) readWork(ctx context.Context, args ...string) ([]byte, error) {
	return d.run(ctx, call{args: args, where: inBox})
}

// readLine is read for one line.
func (d door) readLine(ctx context.Context, args ...string) (string, error) {
	out, err := d.read(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// write runs a git that changes the repository.
func (d door) write(ctx context.Context, args ...string) error {
	_, err := d.run(ctx, call{args: args, access: writes})
	return err
}

// moveRefs runs update-ref or symbolic-ref. It is short, and not begun when the context has ended.
func (d door) moveRefs(ctx context.Context, args ...string) error {
	return d.finish(ctx, call{args: args})
}

// updateRefs runs update-ref with lines for it, of which all are done or none, also where we are killed before it has them all.
func (d door) updateRefs(ctx context.Context, why, lines string, flags ...string) error {
	if lines == "" {
		return nil
	}
	args := slices.Concat([]string{"update-ref", "-m", why}, flags, []string{"--stdin"})
	return d.finish(ctx, call{args: args, stdin: strings.NewReader("start\n" + lines + "prepare\ncommit\n")})
}

// finish runs a git that comes to its end, or to its time limit, whatever becomes of us. It is not begun when the context has ended.
// Its output is not read.
func (d door) finish(ctx context.Context, c call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.access = finishes
	_, err := d.run(context.WithoutCancel(ctx), c)
	return err
}

func (d door) run(ctx context.Context, c call) ([]byte, error) {
	if c.access != reads {
		if err := d.repo.unlinked(); err != nil {
			return nil, err
		}
	}
	limit := d.limit
	switch {
	case c.limit > 0:
		limit = c.limit
	case c.access != reads:
		limit = writeLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if c.where == inBox && d.repo.Box != nil {
		return runBounded(ctx, c.args[0], c.stdout, func(out, errs io.Writer) error { return d.boxed(ctx, c, out, errs) })
	}
	env := append(environment(c.config, c.access), d.repo.environment()...)
	env = append(env, settingsEnvironment(d.overrides)...)
	if c.index != "" {
		env = append(env, "GIT_INDEX_FILE="+c.index)
	}
	env = append(env, c.env...)
	return runGit(ctx, process{
		dir: cmp.Or(c.dir, "/"), env: env, args: slices.Concat(fixedFlags(c.config), c.flags, c.args), verb: c.args[0], stdin: c.stdin, stdout: c.stdout,
		outlives: c.access == finishes, lock: d.repo.lock,
	})
}

// discovery runs rev-parse in dir, without explicit directories. It starts no other program, and the user's files
// count: safe.directory and safe.bareRepository are the user's word on which repositories to touch.
func discovery(ctx context.Context, dir string, args []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	env := environment(withUser, reads)
	// Under sudo git takes the caller's repositories for root's own by this.
	if id, ok := os.LookupEnv("SUDO_UID"); ok {
		env = append(env, "SUDO_UID="+id)
	}
	return runGit(ctx, process{
		dir: dir, env: env, args: append(neutralFlags(), args...), verb: args[0],
	})
}

// runGit starts git, waits for it and describes its failure.
func runGit(ctx context.Context, p process) ([]byte, error) {
	return runBounded(ctx, p.verb, p.stdout, func(out, errs io.Writer) error {
		p.stdout, p.stderr = out, errs
		return p.run(ctx)
	})
}

// runBounded runs a git, limits what it says, and describes its failure. Without a writer for it the output is returned.
func runBounded(ctx context.Context, verb string, stdout io.Writer, run func(out, errs io.Writer) error) ([]byte, error) {
	var captured bytes.Buffer
	if stdout == nil {
		stdout = &captured
	}
	out := &boundedWriter{to: stdout, left: outputLimit}
	stderr := &headBuffer{left: stderrLimit}
	err := run(out, stderr)
	if err == nil {
		err = out.err // little enough waits in the pipe for git to end well before it is read
	}
	if err == nil {
		return captured.Bytes(), nil
	}
	failed := &CommandError{Command: "git " + verb, ExitCode: -1, Stderr: strings.TrimSpace(stderr.String()), Err: err}
	var exit *exec.ExitError
	var code Exit
	switch {
	case errors.Is(err, ErrNoGit):
		return nil, err
	case out.err != nil:
		failed.Err = out.err
	case ctx.Err() != nil:
		failed.Err = ctx.Err()
	case errors.As(err, &exit):
		failed.ExitCode = exit.ExitCode()
	case errors.As(err, &code):
		failed.ExitCode = int(code)
	}
	return captured.Bytes(), failed
}

// exitCode is the code of a git process that exited by itself, else -1.
func exitCode(err error) int {
	var failed *CommandError
	if errors.As(err, &failed) {
		return failed.ExitCode
	}
	return -1
}
