package git

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// grace is what a cancelled git gets to remove its lock files and half-made directories before it is killed.
const grace = 2 * time.Second

// process is one git process, complete.
type process struct {
	dir            string
	env            []string
	args           []string
	verb           string // for messages: arguments may hold anything
	stdin          io.Reader
	stdout, stderr io.Writer
	outlives       bool     // us; its output is not read
	lock           *os.File // of a git that outlives us: held until it has ended
}

// run starts git in a process group of its own, so that a Ctrl-C on the terminal reaches only the caller, and so that
// an end of the context reaches git's children too.
func (p process) run(ctx context.Context) error {
	path, err := find()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, p.args...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.dir, p.env, p.stdin, p.stdout, p.stderr
	cmd.SysProcAttr = p.attributes()
	if p.outlives {
		// A pipe that nobody reads would end it, or a filter of the user's that it started.
		cmd.Stdout = nil
		if said, err := namelessFile(); err == nil {
			defer said.Close()
			cmd.Stderr = said
			defer func() { _, _ = io.Copy(p.stderr, io.NewSectionReader(said, 0, stderrLimit)) }()
		}
		if p.lock != nil {
			cmd.ExtraFiles = []*os.File{p.lock} // flock(2): the lock goes with the last descriptor of the open file
		}
	}
	var kill *time.Timer
	cmd.Cancel = func() error {
		group := -cmd.Process.Pid
		kill = time.AfterFunc(grace, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGTERM)
	}
	// Against a grandchild that holds the pipes open.
	cmd.WaitDelay = grace + time.Second
	// On Linux git is told of our death by the death of the thread that started it, see there.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if kill != nil {
		kill.Stop()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // children that outlived the leader
	}
	return err
}

// find looks for git.
func find() (string, error) {
	path, err := Program("git", os.Getenv("PATH"))
	if err != nil {
		return "", ErrNoGit
	}
	return path, nil
}
