package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/kballard/go-shellquote"
	"github.com/urfave/cli/v2"

	"jail/git"
	"jail/jail"
	"jail/state"
	"jail/workspace"
)

func createCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Aliases:   []string{"new"},
		Usage:     "make a named jail: a worktree of a repository on a branch of its own",
		UsageText: "jail create NAME [--repo PATH] [--base REF] [--with-changes] [--entrypoint \"PROGRAM ARGS\"]",
		Description: "The worktree lies in jail's data folder, on branch jail/NAME. It has what is committed; uncommitted work stays\n" +
			"behind in your checkout, unless --with-changes carries it over. Ignored files come along where the file .worktreeinclude\n" +
			"of the checkout names them, in the syntax of .gitignore. Ctrl-C at any moment leaves nothing behind.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "name", Aliases: []string{"n"}, Usage: "the jail's `NAME`, instead of the first word"},
			&cli.StringFlag{Name: "repo", Aliases: []string{"r"}, Usage: "a folder of the repository at `PATH` (default: the current folder's)"},
			&cli.StringFlag{Name: "base", Usage: "start from `REF` (default: HEAD)"},
			&cli.BoolFlag{Name: "with-changes", Usage: "carry the uncommitted work of the checkout over; nothing of it is staged there"},
			&cli.StringFlag{Name: "branch", Aliases: []string{"b"}, Usage: "name the new branch `BRANCH` (default: jail/NAME)"},
			&cli.StringFlag{Name: "entrypoint", Aliases: []string{"e"}, Usage: "what jail enter starts: `\"PROGRAM ARGS\"`"},
		},
		OnUsageError: usageError,
		Action:       createAction,
	}
}

func createAction(c *cli.Context) error {
	name, err := createName(c)
	if err != nil {
		return err
	}
	if err := state.ValidName(name); err != nil {
		return &usage{err.Error(), "jail create fix-1"}
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	cwd, err := currentDir()
	if err != nil {
		return err
	}
	repo := cwd
	if c.IsSet("repo") {
		repo = c.String("repo")
		if !filepath.IsAbs(repo) {
			repo = filepath.Join(cwd, repo)
		}
	}
	entrypoint, err := resolveEntrypoint(c.String("entrypoint"), places, cwd)
	if err != nil {
		return err
	}
	carry := workspace.CarryNothing
	if c.Bool("with-changes") {
		carry = workspace.CarryChanges
	}
	if jail.Inside() {
		return &hinted{errors.New(jail.AlreadyInside), jail.LeaveItAsItIs}
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	request := workspace.CreateRequest{Name: name, RepoDir: repo, Base: c.String("base"), Branch: c.String("branch"), Entrypoint: entrypoint, Carry: carry}
	record, notices, err := places.workspaces().Create(ctx, request)
	if errors.Is(err, git.ErrBranchExists) && !c.IsSet("base") && c.IsSet("name") && c.IsSet("branch") {
		// In robojail, where the name has a flag, --branch is what the jail starts from.
		request.Base, request.Branch = request.Branch, ""
		record, notices, err = places.workspaces().Create(ctx, request)
	}
	if err != nil && ctx.Err() != nil {
		return &reworded{ctx.Err(), fmt.Sprintf("interrupted: jail %q was not made, and nothing of it is left", name)}
	}
	if err != nil {
		return createHint(err)
	}
	for _, notice := range notices {
		warn("%s", notice)
	}
	printLine(fmt.Sprintf("jail %s: branch %s at %s", record.Name, record.Branch, record.Worktree))
	return nil
}

// createName takes the name from the first word or, as older tools have it, from --name.
func createName(c *cli.Context) (string, error) {
	switch {
	case c.IsSet("name") && c.NArg() == 0:
		return c.String("name"), nil
	case c.IsSet("name"):
		return "", &usage{"both --name and a name are given", "say the name once"}
	}
	return oneName(c)
}

// resolveEntrypoint splits an entrypoint as a shell would and finds its program now, so that a wrong one is told before
// anything is made.
func resolveEntrypoint(text string, places places, cwd string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	words, err := shellquote.Split(text)
	if err != nil || len(words) == 0 {
		return nil, &usage{fmt.Sprintf("--entrypoint %q: cannot be split into words", text), `quote it as a shell would: --entrypoint "claude --model x"`}
	}
	program, err := places.host().Find(words[0], cwd)
	if err != nil {
		return nil, err
	}
	words[0] = program
	return words, nil
}

func createHint(err error) error {
	var unknown *git.UnknownRefError
	switch {
	case errors.Is(err, git.ErrNotRepository):
		return &hinted{err, "change into a git repository, name one with --repo, or make one: git init, and a first commit"}
	case errors.Is(err, git.ErrUnborn):
		return &hinted{err, `make a first commit: git commit --allow-empty -m "first"`}
	case errors.As(err, &unknown):
		return &hinted{err, "git branch -a and git tag list what --base can name"}
	case errors.Is(err, git.ErrPartial):
		return &hinted{err, "have git fetch them first: check that commit out once, or git fetch --refetch --no-filter"}
	case errors.Is(err, git.ErrNoGit):
		return &hinted{err, "install git " + git.MinVersion + " or newer"}
	}
	return hintFor(err)
}
