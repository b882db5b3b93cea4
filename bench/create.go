package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// The size that making jails is measured with, and how often: each leaves a work tree behind. Nothing is deleted in between,
// because on ext4 making files is ten times as slow for minutes after that.
const (
	createFiles = 20_000
	createRuns  = 6
)

// creates times jail create against git worktree add, with every file written and with those of a destroyed jail.
func creates(box *sandbox) error {
	repo := filepath.Join(box.home, "create")
	if out, err := box.command("sh", "-c", makeRepository, "sh", repo, fmt.Sprint(createFiles)).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	in := func(program string, args ...string) *exec.Cmd {
		cmd := box.command(program, args...)
		cmd.Dir = repo
		return cmd
	}
	made := 0
	name := func() string { made++; return fmt.Sprint("made-", made) }
	fresh := whole(func() *exec.Cmd { return in(box.jail, "create", name()) })
	theirs := whole(func() *exec.Cmd { return in("git", "worktree", "add", "-q", filepath.Join(box.home, name())) })
	recycled := func() (time.Duration, error) {
		last := name()
		for _, args := range [][]string{{"create", last}, {"destroy", last}} {
			if _, err := output(in(box.jail, args...)); err != nil {
				return 0, err
			}
		}
		return fresh()
	}
	if err := printWork(fmt.Sprintf("create, %d files, to worktree add", createFiles), createRuns, 1.05, fresh, theirs); err != nil {
		return err
	}
	return printWork("the same with a destroyed jail's files", createRuns, 0.4, recycled, theirs)
}
