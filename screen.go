package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"jail/git"
)

// isTerminal asks for the size of a window, which only a terminal has.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// screen is where long output goes: on a terminal to the user's pager and in colours, as with git, else to standard output
// as it is.
type screen struct {
	palette palette
	to      io.Writer
	pipe    io.Closer
	pager   *exec.Cmd
}

// stdoutPalette says whether short output has colours.
func stdoutPalette(settings map[string]string) palette {
	never := settings["color.ui"] == "never" || settings["color.ui"] == "false"
	if !isTerminal(os.Stdout) || never || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return monochrome
	}
	return coloured
}

// userSettings are the user's own settings of git that concern a terminal; none where there is no terminal.
func userSettings(ctx context.Context) map[string]string {
	if !isTerminal(os.Stdout) {
		return nil
	}
	settings, err := git.UserSettings(ctx)
	if err != nil {
		return nil // without git the next step says so
	}
	return settings
}

// openScreen starts the pager, if one is to be used. The caller must close what it gets.
func openScreen(ctx context.Context) (*screen, error) {
	settings := userSettings(ctx)
	s := &screen{palette: stdoutPalette(settings), to: os.Stdout}
	command := pagerCommand(settings)
	if !isTerminal(os.Stdout) || command == "" {
		return s, nil
	}
	// Not tied to the context: at Ctrl-C the pager decides what to do, and is waited for.
	pager := exec.Command("/bin/sh", "-c", command)
	// A pager must not come out of a work tree, neither by a relative path nor by the search path: a jail may have put it there.
	pager.Dir, pager.Stdout, pager.Stderr = "/", os.Stdout, os.Stderr
	pager.Env = append(os.Environ(), "PATH="+git.SearchPath(os.Getenv("PATH")), unset("LESS", "FRX"), unset("LV", "-c"))
	pipe, err := pager.StdinPipe()
	if err == nil {
		err = pager.Start()
	}
	if err != nil {
		return nil, err
	}
	s.to, s.pipe, s.pager = pipe, pipe, pager
	return s, nil
}

// unset gives a variable a value where the user has none: less shows colours and stays out of the way of short texts.
func unset(name, value string) string {
	if own, ok := os.LookupEnv(name); ok {
		value = own
	}
	return name + "=" + value
}

// pagerCommand is the user's pager, chosen as git chooses (git-var(1), GIT_PAGER), but never by a repository.
func pagerCommand(settings map[string]string) string {
	command := "less"
	for _, candidate := range []string{os.Getenv("PAGER"), settings["core.pager"], os.Getenv("GIT_PAGER")} {
		if candidate != "" {
			command = candidate
		}
	}
	if strings.TrimSpace(command) == "cat" {
		return ""
	}
	return command
}

// Close waits for the pager, and gives back how the writing went: that the user left the pager early is no error.
func (s *screen) Close(err error) error {
	if s.pager == nil {
		return err
	}
	s.pipe.Close()
	waitErr := s.pager.Wait()
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	if err == nil && waitErr != nil {
		err = &hinted{errors.New("the pager failed: " + waitErr.Error()), "choose another: PAGER=cat"}
	}
	return err
}
