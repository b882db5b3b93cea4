package git

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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
}

// run starts git in a process group of its own, so that a Ctrl-C on the terminal reaches only the caller, and so that
// an end of the context reaches git's children too.
func (p process) run(ctx context.Context) error {
	path, err := find("git", os.Getenv("PATH"))
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, p.args...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.dir, p.env, p.stdin, p.stdout, p.stderr
	cmd.SysProcAttr = attributes()
	var kill *time.Timer
	cmd.Cancel = func() error {
		group := -cmd.Process.Pid
		kill = time.AfterFunc(grace, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGTERM)
	}
	// Against a grandchild that holds the pipes open.
	cmd.WaitDelay = grace + time.Second
	// On Linux git is told of our death by the death of the thread that started it, see attributes.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err = cmd.Run()
	if kill != nil {
		kill.Stop()
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // children that outlived the leader
	}
	return err
}

// find looks for a program in the absolute directories of a search path. A relative one would mean the work tree; one
// that lies in a work tree, as that of an activated virtual environment, may have been written by a jail.
func find(program, searchPath string) (string, error) {
	for _, dir := range filepath.SplitList(searchPath) {
		if !filepath.IsAbs(dir) || inWorkTree(dir) {
			continue
		}
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", ErrNoGit
}

// inWorkTree reports whether a directory is the top of a git work tree or lies below one.
func inWorkTree(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}
