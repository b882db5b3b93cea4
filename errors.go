package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/jail"
	"jail/plan"
)

// Exit codes of our own, which jail --help explains.
const (
	exitUsage         = 2
	exitTimedOut      = 124 // as timeout(1)
	exitFailure       = 125 // jail itself failed; the command did not run
	exitNotExecutable = 126
	exitNotFound      = 127
	exitInterrupted   = 130 // 128 and SIGINT
)

// exitWith ends with the command's own exit code and says nothing.
type exitWith int

func (e exitWith) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// exitBy ends as the command did, by a signal. For SIGINT alone: a shell that sees a program die of it ends the loop around it too,
// and takes an exit code for a program that has dealt with Ctrl-C.
type exitBy syscall.Signal

func (e exitBy) Error() string { return syscall.Signal(e).String() }

// die ends this process by a signal. It returns where that does not end it.
func die(s syscall.Signal) {
	signal.Reset(s)
	if syscall.Kill(os.Getpid(), s) == nil {
		time.Sleep(time.Second)
	}
}

// hinted adds what to do to an error that does not say it itself.
type hinted struct {
	error
	fix string
}

func (e *hinted) Hint() string  { return e.fix }
func (e *hinted) Unwrap() error { return e.error }

// reworded says an error in words of our own, and is that error to whoever asks for the exit code.
type reworded struct {
	error
	text string
}

func (e *reworded) Error() string { return e.text }
func (e *reworded) Unwrap() error { return e.error }

// commandError is a program that cannot be started, with the word that the user typed.
type commandError struct {
	*plan.ProgramError
	typed string
	verb  bool // a command of jail's could have been meant
}

func (e *commandError) Unwrap() error { return e.ProgramError }

// Hint says what to do about it.
func (e *commandError) Hint() string {
	switch e.Problem {
	case plan.NotExecutable:
		return "make it executable: chmod +x, and check its first line"
	case plan.WindowsProgram:
		return "start it outside of jail"
	case plan.IsDirectory:
		return "name the program in it"
	}
	if verb := config.Closest(e.typed, verbs()); verb != "" && e.verb {
		return fmt.Sprintf("did you mean: jail %s", verb)
	}
	return "install it, or name it with its path; only programs on your PATH are found"
}

// folderVariables say where jail keeps what it writes.
const folderVariables = "XDG_STATE_HOME, XDG_DATA_HOME and XDG_CACHE_HOME"

// report prints an error as one line of what happened and one of what to do, and returns the exit code.
func report(err error) int {
	var code exitWith
	var by exitBy
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &by):
		die(syscall.Signal(by))
		return 128 + int(by)
	}
	// The library's own: "jail help" with a word that names no command. What a program ended with is wrapped, and no such error.
	if _, ok := err.(cli.ExitCoder); ok {
		err = &usage{err.Error(), "jail help lists the commands"}
	}
	warn("%v", err)
	if why, fix := jail.Diagnose(err); fix != "" {
		warn("why: %s", why)
		warn("fix: %s", fix)
	}
	var hint interface{ Hint() string }
	var at *fs.PathError
	switch {
	case errors.As(err, &hint) && hint.Hint() != "":
		warn("fix: %s", hint.Hint())
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EROFS):
		warn("fix: free space on that disk, or keep jail's folders on another: %s", folderVariables)
	case errors.Is(err, syscall.EACCES) && errors.As(err, &at) && at.Op == "mkdir":
		warn("fix: let yourself write to %q, or keep jail's folders elsewhere: %s", filepath.Dir(at.Path), folderVariables)
	}
	return exitCode(err)
}

func exitCode(err error) int {
	var bad *usage
	var program *plan.ProgramError
	var start *jail.StartError
	var noSource *plan.NoSourceError
	var badNotify *plan.NotifyError
	switch {
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &bad):
		return exitUsage
	case errors.As(err, &noSource) && strings.HasPrefix(noSource.Map.Origin, "--"): // a flag
		return exitUsage
	case errors.As(err, &badNotify) && badNotify.Flag:
		return exitUsage
	case errors.As(err, &program) && program.Problem == plan.NotFound:
		return exitNotFound
	case errors.As(err, &program):
		return exitNotExecutable
	case errors.As(err, &start) && errors.Is(err, syscall.ENOENT):
		return exitNotFound
	case errors.As(err, &start):
		return exitNotExecutable
	}
	return exitFailure
}
