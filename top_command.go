package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"jail/dashboard"
)

// tooQuick is how long a command shows something at least for somebody to have read it.
const tooQuick = time.Second

// command gives the screen to a command of ours that is about a jail, and takes it back when that has ended.
func (t *top) command(a dashboard.Action) error {
	t.screen.give()
	begun := time.Now()
	err := t.runCommand(a)
	var exit *exec.ExitError
	var ends exitWith
	if errors.As(err, &ends) {
		return err
	}
	if err != nil && !errors.As(err, &exit) {
		warn("%s", err)
	}
	prints := a.Verb == dashboard.Diff || a.Verb == dashboard.Logs
	if err != nil || prints && time.Since(begun) < tooQuick {
		if err := t.untilRead(); err != nil {
			return err
		}
	}
	return t.screen.take()
}

// untilRead leaves what a command has printed on the screen until its reader has read it.
func (t *top) untilRead() error {
	fmt.Fprint(os.Stderr, "jail: press Enter to go back to the list ")
	keys, err := readKeys(t.screen.typed)
	if err != nil {
		return err
	}
	defer keys.stop()
	for {
		select {
		case _, there := <-t.screen.typed:
			if !there {
				return hungUp
			}
			return nil
		case got := <-t.signals:
			if got == unix.SIGINT {
				return nil
			}
			if err := fatal(got); err != nil {
				return err
			}
		}
	}
}

// hungUp is how a program ends whose terminal is gone.
const hungUp = exitWith(128 + int(unix.SIGHUP))

// fatal is how a signal ends us that is meant for us also while a command has the terminal.
func fatal(got os.Signal) error {
	if got == unix.SIGTERM || got == unix.SIGHUP {
		return exitWith(128 + int(got.(syscall.Signal)))
	}
	return nil
}

// runCommand runs it as this very program. Ctrl-C and Ctrl-Z are for it too; what ends us ends it.
func (t *top) runCommand(a dashboard.Action) error {
	self, err := ownProgram()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, string(a.Verb), a.Jail)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	pages := &screen{}
	if a.Verb == dashboard.Logs {
		if pages, err = openScreen(context.Background()); err != nil {
			return err
		}
		cmd.Stdout = pages.to
	}
	if err := cmd.Start(); err != nil {
		return pages.Close(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- pages.Close(cmd.Wait()) }()
	return t.wait(ended, func(got os.Signal) {
		_ = cmd.Process.Signal(got)
		if pages.pager != nil {
			_ = pages.pager.Process.Signal(got)
		}
	})
}

// wait waits for the end of a command that has the terminal.
func (t *top) wait(ended <-chan error, pass func(os.Signal)) error {
	var last error
	for {
		select {
		case err := <-ended:
			return cmp.Or(last, t.drain(), err)
		case got := <-t.signals:
			if got == unix.SIGTSTP {
				suspend(os.Getpid()) // as the command was, which has the terminal
			}
			if err := fatal(got); err != nil {
				pass(got)
				last = err
			}
		}
	}
}

// drain forgets signals that were for a command which has ended.
func (t *top) drain() (last error) {
	for {
		select {
		case got := <-t.signals:
			last = cmp.Or(last, fatal(got))
		default:
			return last
		}
	}
}
