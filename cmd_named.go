package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"jail/config"
	"jail/git"
	"jail/plan"
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
	asked := ask{project: project, policyDir: record.Repo, owner: places.jailLayers(record), command: command, journal: &journal}
	if c.Bool("dry-run") {
		host := places.host()
		host.Detached = c.Bool("detach")
		return asked.run(c, places, host)
	}
	folder := places.session(record)
	if client, err := folder.Dial(); err == nil && !isSupervisor() {
		return further{jails: jails, name: name, client: client}.run(c, command)
	}
	if c.Bool("detach") && !isSupervisor() {
		return detach(name)
	}
	session, err := state.CurrentSession(programOf(command))
	if err != nil {
		return err
	}
	end, err := jails.Begin(name, session)
	if err != nil {
		return hintFor(err)
	}
	if asked.served, err = serve(folder, session, name); err != nil {
		return errors.Join(err, end())
	}
	runErr := asked.run(c, places, places.host())
	defer func() { asked.served.end(runErr) }()
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
