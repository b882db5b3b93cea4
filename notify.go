package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"jail/git"
	"jail/jail"
	"jail/terminal"
)

// longestNotice is how long a command that notifies may take.
const longestNotice = 30 * time.Second

// notifier runs the user's command when the jail waits. What the jail says reaches it in variables only, so that no shell and no
// option parser takes it for something else. It has nothing of the terminal, which is the jail's; where one still runs no other is
// started.
type notifier struct {
	screen  jail.Screen
	running sync.Mutex
	failed  error
}

// run is jail.View's Waits.
func (n *notifier) run(status terminal.Status) {
	if !n.running.TryLock() {
		return
	}
	defer n.running.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), longestNotice)
	defer cancel()
	// It is not started in the project and not taken from there, where a program may be the jail's.
	searchPath := git.SearchPath(os.Getenv("PATH"))
	program, err := git.Program(n.screen.Run[0], searchPath)
	if err != nil {
		n.failed = err
		return
	}
	command := exec.CommandContext(ctx, program, n.screen.Run[1:]...)
	command.Dir = "/"
	command.Env = append(os.Environ(), "PATH="+searchPath, "JAIL_NAME="+n.screen.About, "JAIL_NOTIFY_STATE="+string(status.State), "JAIL_NOTIFY_TEXT="+status.Text)
	if err := command.Run(); err != nil {
		n.failed = fmt.Errorf("%s: %w", n.screen.Run[0], err)
	}
}

// tell says, when the terminal is the user's again, that notices failed.
func (n *notifier) tell() {
	if n.running.TryLock() && n.failed != nil {
		warn("you were not notified by %v", n.failed)
	}
}
