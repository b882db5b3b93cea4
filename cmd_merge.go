package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"jail/git"
	"jail/workspace"
)

func mergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "take the commits of a named jail into a branch of yours",
		UsageText: "jail merge NAME [--squash|--rebase|--ff-only|--no-commit] [--into BRANCH] [--message TEXT] [--preview [--json]] [--yes] [--undo]",
		Description: "Works the merge out without touching your checkout, shows what it brings and asks. Conflicts are listed and nothing is\n" +
			"done; nor is it where a file of yours that it changes is not committed. No hook, filter or program of the jail's runs.\n" +
			"Plain git merge jail/NAME works too, with hooks and all. --undo goes back to where the branch was, keeping local changes.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "squash", Usage: "make one commit of everything"},
			&cli.BoolFlag{Name: "rebase", Usage: "repeat the commits one by one on top of the branch"},
			&cli.BoolFlag{Name: "ff-only", Usage: "only if the branch has no commits of its own since"},
			&cli.BoolFlag{Name: "no-commit", Usage: "change files and index, and leave the commit to you"},
			&cli.StringFlag{Name: "into", Usage: "merge into `BRANCH` (default: the one that is checked out)"},
			&cli.StringFlag{Name: "message", Aliases: []string{"m"}, Usage: "`TEXT` of the commit"},
			&cli.BoolFlag{Name: "preview", Usage: "show what would be merged, and stop; exit code 1: conflicts"},
			&cli.BoolFlag{Name: "json", Usage: "print the preview as JSON"},
			&cli.BoolFlag{Name: "live", Usage: "although something runs in the jail"},
			&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"},
			&cli.BoolFlag{Name: "undo", Usage: "take the last merge of the jail back"},
		},
		OnUsageError: usageError,
		Action:       mergeAction,
	}
}

func mergeAction(c *cli.Context) error {
	name, err := oneName(c)
	if err != nil {
		return err
	}
	req, err := mergeRequest(c, name)
	if err != nil {
		return err
	}
	places, err := findPlaces()
	if err != nil {
		return err
	}
	if req.Dir, err = currentDir(); err != nil {
		return err
	}
	jails := places.workspaces()
	ctx, stop := interruptible(c.Context)
	defer stop()
	if c.Bool("undo") {
		return undoMerge(ctx, jails, name, req.Dir)
	}
	plan, err := jails.PlanMerge(ctx, req)
	if err != nil {
		return mergeHint(err, name)
	}
	if c.Bool("preview") {
		return previewMerge(plan, c.Bool("json"))
	}
	return carryOut(ctx, jails, plan, c.Bool("yes"))
}

func mergeRequest(c *cli.Context, name string) (workspace.MergeRequest, error) {
	req := workspace.MergeRequest{Name: name, Into: c.String("into"), Message: c.String("message")}
	styles := 0
	for flag, style := range map[string]git.Style{"squash": git.Squash, "rebase": git.Rebase, "ff-only": git.FastForward, "no-commit": git.Uncommitted} {
		if c.Bool(flag) {
			styles++
			req.Style = style
		}
	}
	if c.Bool("live") {
		req.Live = workspace.Running
	}
	switch {
	case styles > 1:
		return req, &usage{"--squash, --rebase, --ff-only and --no-commit exclude each other", "choose one"}
	case c.Bool("json") && !c.Bool("preview"):
		return req, &usage{"--json is for --preview", "say: jail merge " + name + " --preview --json"}
	case c.Bool("undo") && (styles > 0 || c.IsSet("into") || c.IsSet("message") || c.Bool("preview")):
		return req, &usage{"--undo takes no other flags", "say: jail merge " + name + " --undo"}
	case c.IsSet("message") && strings.TrimSpace(req.Message) == "":
		return req, &usage{"--message is empty", "leave it out for git's usual text"}
	case c.IsSet("message") && (req.Style == git.Rebase || req.Style == git.FastForward):
		return req, &usage{"--message has no commit to stand on with --rebase and --ff-only", "use it with --squash, --no-commit or alone"}
	}
	return req, nil
}

// carryOut shows a plan, asks, and does it.
func carryOut(ctx context.Context, jails workspace.Manager, plan workspace.MergePlan, yes bool) error {
	showMerge(plan)
	switch {
	case plan.UpToDate():
		return nil
	case len(plan.Conflicts) > 0:
		return &hinted{fmt.Errorf("%s of jail %q cannot be merged into %q without conflicts, so nothing was done", count(len(plan.Conflicts), "file"), plan.Name, plan.Into),
			fmt.Sprintf("let the agent bring %s into its branch, or solve it yourself: git merge %s", plan.Into, plan.Source)}
	}
	if !yes {
		if err := confirm(ctx, fmt.Sprintf("Merge into %s?", plan.Into)); err != nil {
			return err
		}
	}
	if err := jails.Merge(ctx, plan); err != nil {
		return mergeHint(err, plan.Name)
	}
	if plan.Style == git.Uncommitted {
		printLine(fmt.Sprintf("%s: %s changed and staged, not committed", plan.Into, count(len(plan.Files), "file")))
		warn("git commit concludes it; git merge --abort gives it up")
		return nil
	}
	printLine(fmt.Sprintf("%s: %.12s is merged; it was %.12s", plan.Into, plan.Result, plan.Old))
	if plan.Unsigned {
		warn("commit.gpgsign is on, and this commit is not signed: git commit --amend --no-edit -S signs it")
	}
	warn("jail merge %s --undo takes it back", plan.Name)
	return nil
}

// showMerge says what a merge brings: data for a person, before the question.
func showMerge(plan workspace.MergePlan) {
	if plan.Pending > 0 {
		warn("%s in the jail not committed, and not merged; jail apply %s brings them", count(plan.Pending, "file"), plan.Name)
	}
	if plan.Away != "" {
		warn("HEAD in the jail is at %.12s, which is not its branch %q; the branch is merged", plan.Away, plan.Source)
	}
	for _, text := range plan.Refused {
		warn("%s", text)
	}
	if plan.UpToDate() {
		printLine(fmt.Sprintf("%s has everything of %s already", plan.Into, plan.Source))
		return
	}
	printLine(fmt.Sprintf("%s of %s into %s", count(len(plan.Commits), "commit"), plan.Source, plan.Into))
	for _, commit := range plan.Commits {
		printLine(fmt.Sprintf("  %.10s %s", commit.ID, commit.Subject))
	}
	if plan.Stuck.ID != "" {
		printLine(fmt.Sprintf("conflicts at %.10s %s", plan.Stuck.ID, plan.Stuck.Subject))
	}
	for _, path := range plan.Conflicts {
		printLine("conflict: " + path)
	}
	if len(plan.Conflicts) == 0 {
		showFiles(plan.Files)
		showRisks(plan.Risks)
	}
}

// showRisks prints what no one should miss before the answer.
func showRisks(risks []git.Risk) {
	for _, line := range riskLines(riskList(risks), stdoutPalette(nil)) {
		printSafe(line)
	}
}

// showFiles prints what would reach the user's checkout.
func showFiles(files []git.FileChange) { _ = writeChanges(os.Stdout, files, diffStat) }

func lineChange(f git.FileChange) string {
	if f.Binary {
		return "binary"
	}
	return fmt.Sprintf("+%d -%d", f.Added, f.Deleted)
}

// modeChange names what a diffstat does not show: what is new, gone, a link, a program, a submodule.
func modeChange(f git.FileChange) string {
	kinds := map[string]string{"100755": "program", "120000": "symbolic link", "160000": "submodule"}
	kind := kinds[f.NewMode]
	switch {
	case f.NewMode == "000000":
		return "  (gone)"
	case f.OldMode == f.NewMode:
		return ""
	case f.OldMode == "000000" && kind != "":
		return "  (new " + kind + ")"
	case f.OldMode == "000000":
		return "  (new)"
	case kind != "":
		return "  (now a " + kind + ")"
	}
	return "  (now a plain file)"
}

// count says in words how many there are.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type mergeFile struct {
	Path    string `json:"path"`
	OldMode string `json:"old_mode"`
	NewMode string `json:"new_mode"`
	Added   int    `json:"added"`
	Deleted int    `json:"deleted"`
	Binary  bool   `json:"binary"`
}

type mergeCommit struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
}

// previewMerge prints a plan. Exit code 1 says that there are conflicts, as with git merge-tree.
func previewMerge(plan workspace.MergePlan, asJSON bool) error {
	if !asJSON {
		showMerge(plan)
	} else {
		out := struct {
			SchemaVersion int           `json:"schema_version"`
			Name          string        `json:"name"`
			Into          string        `json:"into"`
			From          string        `json:"from"`
			Old           string        `json:"old"`
			Commit        string        `json:"commit"`
			UpToDate      bool          `json:"up_to_date"`
			Conflicts     []string      `json:"conflicts"`
			Commits       []mergeCommit `json:"commits"`
			Files         []mergeFile   `json:"files"`
			Risks         []riskStatus  `json:"risks"`
			Uncommitted   int           `json:"uncommitted"`
			Refused       []string      `json:"refused"`
		}{1, plan.Name, plan.Into, plan.Source, plan.Old, plan.Commit, plan.UpToDate(), append([]string{}, plan.Conflicts...), []mergeCommit{}, []mergeFile{}, riskList(plan.Risks), plan.Pending, append([]string{}, plan.Refused...)}
		for _, commit := range plan.Commits {
			out.Commits = append(out.Commits, mergeCommit{commit.ID, commit.Subject})
		}
		for _, f := range plan.Files {
			out.Files = append(out.Files, mergeFile(f))
		}
		if err := printJSON(out); err != nil {
			return err
		}
	}
	if len(plan.Conflicts) > 0 {
		return exitWith(1)
	}
	return nil
}

func undoMerge(ctx context.Context, jails workspace.Manager, name, dir string) error {
	undone, err := jails.Unmerge(ctx, name, dir)
	switch {
	case errors.Is(err, workspace.ErrNoUndo):
		return &hinted{err, "jail merge " + name + " makes one; one that is staged, and not committed, git merge --abort gives up"}
	case errors.Is(err, git.ErrMoved):
		return &hinted{err, "what came after the merge would be lost with it; git revert takes single commits back"}
	case err != nil:
		return mergeHint(err, name)
	}
	printLine(fmt.Sprintf("%s: back at %.12s; it was %.12s", undone.Into, undone.To, undone.From))
	return nil
}

// confirm asks on the terminal. Without one the answer is not yes. When the context ends, as at Ctrl-C, nobody is waited for.
func confirm(ctx context.Context, question string) error {
	info, err := os.Stdin.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return &hinted{errors.New("nobody can be asked, as standard input is no terminal, so nothing was done"), "say it with --yes"}
	}
	fmt.Fprint(os.Stderr, printable(question)+" [y/N] ")
	read := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // what came before an error has no end, and is no yes
		read <- line
	}()
	var line string
	select {
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr)
		return &reworded{ctx.Err(), "interrupted; nothing was done"}
	case line = <-read:
	}
	answer, whole := strings.CutSuffix(strings.ToLower(line), "\n")
	if answer = strings.TrimSpace(answer); !whole || answer != "y" && answer != "yes" {
		if !whole {
			fmt.Fprintln(os.Stderr)
		}
		return &hinted{errors.New("not confirmed, so nothing was done"), "answer yes on a terminal, or say --yes"}
	}
	return nil
}

func mergeHint(err error, name string) error {
	var running *workspace.RunningError
	var inTheWay *git.InTheWayError
	var cut *git.CutError
	var unfinished *workspace.UnfinishedError
	switch {
	case errors.As(err, &unfinished):
		return &hinted{err, "have the agent conclude it, or do so: jail run " + name + " -- git status"}
	case errors.As(err, &running):
		return &hinted{err, "wait for it to end, or take what is committed so far: --live"}
	case errors.Is(err, git.ErrNoMergeTree):
		return &hinted{err, "install it, or merge with plain git: git merge jail/" + name}
	case errors.Is(err, git.ErrNotFastForward):
		return &hinted{err, "leave out --ff-only, or use --rebase"}
	case errors.Is(err, git.ErrMergesInside):
		return &hinted{err, "leave out --rebase, or use --squash"}
	case errors.Is(err, git.ErrNoIdentity):
		return &hinted{err, `git config --global user.name "Your Name"; git config --global user.email you@example.com`}
	case errors.Is(err, git.ErrDetached):
		return &hinted{err, "name a branch: --into BRANCH"}
	case errors.Is(err, git.ErrNoBranch):
		return &hinted{err, "git branch lists what --into can name"}
	case errors.Is(err, git.ErrMoved):
		return &hinted{err, "say it again: the preview was of another state"}
	case errors.As(err, &inTheWay):
		return &hinted{err, "commit or stash those files of yours first; nothing was changed"}
	case errors.As(err, &cut) && cut.Back != nil:
		return &hinted{err, "mend what git names, as a full disk, and say it again: what was changed is taken back first"}
	case errors.As(err, &cut):
		return &hinted{err, "mend what git names, as a full disk; your files are as they were"}
	}
	return hintFor(err)
}
