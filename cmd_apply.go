package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"jail/git"
	"jail/workspace"
)

func applyCommand() *cli.Command {
	return &cli.Command{
		Name:      "apply",
		Usage:     "bring the uncommitted work of a named jail into your checkout, or what a review holds into the project",
		UsageText: "jail apply NAME [--live] [--yes]\njail apply [--only PATH] [--force] [--yes]",
		Description: "Without a name it brings what jail run --review wrote here, each file in one step. Where you have changed a file yourself\n" +
			"meanwhile, nothing is done and those files are listed. Links out of the project, devices, pipes and repositories stay behind.\n" +
			"With a name it shows what would change and asks. The files of the checkout that you are in change, all or none, each in one step;\n" +
			"nothing is staged. Where it was killed it is said again, and leaves what is there already.\n" +
			"Commits are not brought: jail merge does that, and first. Links out of the tree, setuid files, FIFOs and nested\n" +
			"repositories are refused.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "live", Usage: "although something runs in the jail"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
			&cli.StringSliceFlag{Name: "only", Usage: "of a review only what lies at or below `PATH`"},
			&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "of a review also files that you have changed meanwhile: yours are lost"},
		},
		OnUsageError: usageError,
		Action:       applyAction,
	}
}

func applyAction(c *cli.Context) error {
	switch {
	case c.NArg() == 0 && c.Bool("live"):
		return &usage{"--live is for named jails", "say: jail apply NAME --live"}
	case c.NArg() == 0:
		return applyReview(c)
	case c.IsSet("only") || c.Bool("force"):
		return &usage{"--only and --force are for a review of the current project", "leave out the name, or them"}
	}
	name, err := oneName(c)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	req := workspace.MergeRequest{Name: name}
	if req.Dir, err = currentDir(); err != nil {
		return err
	}
	if c.Bool("live") {
		req.Live = workspace.Running
	}
	jails := places.workspaces()
	ctx, stop := interruptible(c.Context)
	defer stop()
	plan, err := jails.PlanApply(ctx, req)
	if err != nil {
		return applyHint(err, name)
	}
	showFiles(plan.Files)
	showRisks(plan.Risks)
	if plan.Commits > 0 {
		warn("the jail has %s that %q has not, on which this may build: jail merge %s brings them", count(plan.Commits, "commit"), plan.Target.WorkTree, name)
	}
	if !c.Bool("yes") {
		if err := confirm(ctx, fmt.Sprintf("Apply to %s?", plan.Target.WorkTree)); err != nil {
			return err
		}
	}
	if err := jails.Apply(ctx, plan); err != nil {
		return applyHint(err, name)
	}
	printLine(fmt.Sprintf("%s: %s changed, nothing staged", plan.Target.WorkTree, count(len(plan.Files), "file")))
	return nil
}

func applyHint(err error, name string) error {
	var refused *workspace.RefusedError
	var blocked *git.BlockedError
	var unwritten *git.UnwrittenError
	var partly *git.PartlyError
	var failed *git.CommandError
	switch {
	case errors.As(err, &refused):
		return &hinted{err, "remove them in the jail, or have the rest committed and merge it"}
	case errors.Is(err, workspace.ErrNothing):
		return &hinted{err, "jail merge " + name + " takes what is committed"}
	case errors.Is(err, git.ErrApplied):
		return &hinted{err, "git diff shows them"}
	case errors.As(err, &partly):
		return &hinted{err, "no file is half written; jail apply " + name + " again brings the rest"}
	case errors.As(err, &unwritten) && unwritten.Full():
		return &hinted{err, "nothing was changed; free space on that disk, then jail apply " + name + " again"}
	case errors.As(err, &unwritten):
		return &hinted{err, "nothing was changed; with that put right, jail apply " + name + " again"}
	case errors.As(err, &blocked):
		return &hinted{err, "nothing was changed; move away what is in the way, then jail apply " + name + " again"}
	case errors.As(err, &failed) && failed.Command == "git apply":
		return &hinted{err, "nothing was changed; jail merge " + name + " first, and commit what is in the way"}
	}
	return mergeHint(err, name)
}

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write the work of a named jail into a folder: patches, a bundle, a receipt",
		UsageText: "jail export NAME [--to FOLDER] [--json]",
		Description: "changes.patch has what is committed since the base and uncommitted.patch the rest, for git apply; commits.bundle is for\n" +
			"git fetch; receipt.json names base, head, commits, the commands that ran there with the hash of their policy\n" +
			"and what the network denied them, and the files' hashes. Of a command its first plain words stand there, and no other argument.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "make `FOLDER`, which must not exist (default: NAME.export)"},
			&cli.BoolFlag{Name: "json", Usage: "print the receipt"},
		},
		OnUsageError: usageError,
		Action:       exportAction,
	}
}

func exportAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	dir := c.String("to")
	if dir == "" {
		dir = name + ".export"
	}
	if !filepath.IsAbs(dir) {
		cwd, err := currentDir()
		if err != nil {
			return err
		}
		dir = filepath.Join(cwd, dir)
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	receipt, err := places.workspaces().Export(ctx, name, dir)
	if errors.Is(err, os.ErrExist) {
		return &hinted{err, "remove it, or name another with --to"}
	}
	if err != nil {
		return applyHint(err, name)
	}
	if c.Bool("json") {
		return printJSON(receipt)
	}
	printLine(fmt.Sprintf("%s: %s, %s", dir, count(len(receipt.Commits), "commit"), count(receipt.Uncommitted, "uncommitted file")))
	return nil
}
