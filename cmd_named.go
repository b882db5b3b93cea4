package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/git"
	"jail/plan"
	"jail/session"
	"jail/state"
	"jail/workspace"
)

func enterCommand() *cli.Command {
	return &cli.Command{
		Name:         "enter",
		Aliases:      []string{"shell"},
		Usage:        "start the entrypoint of a named jail, or your shell",
		UsageText:    "jail enter [flags] NAME",
		Flags:        runFlags(),
		OnUsageError: usageError,
		Action: func(c *cli.Context) error {
			name, err := oneName(c)
			if err != nil {
				return err
			}
			return runNamed(c, name, nil)
		},
	}
}

// runNamed runs a command in a named jail, and its entrypoint, or the shell, where there is no command. The session is
// recorded, so that nobody destroys the jail meanwhile.
func runNamed(c *cli.Context, name string, command []string) error {
	places, err := findPlaces()
	if err != nil {
		return err
	}
	if c.Bool("review") {
		return &usage{"--review is for the current project: what a named jail writes stays in its own work tree", "leave it out; jail diff " + name + " shows what was done"}
	}
	jails := places.workspaces()
	record, err := jails.Find(name)
	if err != nil {
		return hintFor(err)
	}
	if err := workspace.Verify(record); err != nil {
		return hintFor(err)
	}
	if len(command) == 0 {
		command = record.Entrypoint
	}
	project := plan.Project{Name: name, Dir: record.Worktree, Cwd: record.Worktree}
	// The policy is the main checkout's: the worktree's own copy is the agent's to change.
	journal := jails.Store.Journal(record.ID)
	asked := ask{project: project, policyDir: record.Repo, owner: places.jailLayers(record), command: command, journal: &journal, sessions: places.session(record)}
	if c.Bool("dry-run") {
		host := places.host()
		host.Detached = c.Bool("detach")
		return asked.run(c, places, host)
	}
	// A jail has one run at a time, which commands that come meanwhile join. Of two that begin together one is told to wait its turn.
	for deadline := time.Now().Add(turn); ; time.Sleep(turnPause) {
		err := asked.begin(c, jails, places)
		if !errors.Is(err, session.ErrRunning) || time.Now().After(deadline) {
			return err
		}
	}
}

// turn is how long a command waits for a run that is just beginning or ending, and turnPause how often it looks.
const (
	turn      = 10 * time.Second
	turnPause = 20 * time.Millisecond
)

// begin joins the run of the jail, or else becomes it. Errors: session.ErrRunning, where it is to be tried again.
func (a ask) begin(c *cli.Context, jails workspace.Manager, places places) error {
	name := a.project.Name
	if !isSupervisor() {
		if client, err := a.sessions.Dial(); err == nil {
			return further{jails: jails, name: name, client: client}.run(c, a.command)
		}
		if c.Bool("detach") {
			return detach(name)
		}
	}
	session, err := state.CurrentSession(programOf(a.command))
	if err != nil {
		return err
	}
	end, err := jails.Begin(name, session)
	if err != nil {
		return hintFor(err)
	}
	if a.served, err = serve(a.sessions, session); err != nil {
		return errors.Join(err, end())
	}
	runErr := a.run(c, places, places.host())
	defer func() { a.served.end(runErr) }()
	if err := end(); err != nil {
		warn("cannot record the end of the session: %v", err)
	}
	return runErr
}

// programOf is what a command is called in lists.
func programOf(command []string) string {
	if len(command) == 0 {
		return "shell"
	}
	return command[0]
}

// hintFor adds what to do to the errors of named jails.
func hintFor(err error) error {
	var missing *workspace.NoSuchJailError
	switch {
	case errors.As(err, &missing):
		if near := config.Closest(missing.Name, missing.Known); near != "" {
			return &hinted{err, fmt.Sprintf("did you mean %q?", near)}
		}
		return &hinted{err, "jail list shows the jails there are; jail create NAME makes one"}
	case errors.Is(err, workspace.ErrWorktreeGone), errors.Is(err, workspace.ErrRepositoryGone):
		return &hinted{err, "jail repair tries to bring it back; jail destroy NAME clears away what is left of it"}
	case errors.Is(err, git.ErrWaits):
		return &hinted{err, "remove it: it serves nothing there"}
	case errors.Is(err, workspace.ErrNoArchive):
		return &hinted{err, "jail archive list shows the archives there are"}
	case errors.Is(err, workspace.ErrExists):
		return &hinted{err, "choose another name, enter that one with jail enter NAME, or remove it with jail destroy NAME"}
	}
	return err
}

// currentDir is the folder that relative paths of the command line are relative to.
func currentDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", &hinted{fmt.Errorf("cannot tell the current folder: %w", err), "change into a folder that exists"}
	}
	return dir, nil
}
