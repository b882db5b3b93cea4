package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/urfave/cli/v2"

	"jail/git"
	"jail/layers"
	"jail/mounts"
	"jail/plan"
)

// waiting is a review as it is looked at.
type waiting struct {
	layer    layers.Layer
	project  plan.Project
	only     layers.Selection
	changes  []layers.Change // sorted by path
	risks    []git.Risk
	problems []layers.Problem
	release  func()
}

// reviewAsk says what of a review is looked at.
type reviewAsk struct {
	paths     []string
	conflicts layers.Conflicts
	purpose   purpose
	instead   string // the command for a named jail
}

// purpose says why somebody looks at a review.
type purpose string

const (
	toShow   purpose = ""
	toChange purpose = "change" // no run may write to it meanwhile
)

// findReview reads what waits for the current project, cut to some paths. The caller must release it.
func findReview(ctx context.Context, p places, ask reviewAsk) (*waiting, error) {
	layer, project, err := currentReview(p)
	if err != nil {
		return nil, err
	}
	if layer == nil {
		return nil, &usage{fmt.Sprintf("no review waits for %q", project.Dir), "jail run --review -- COMMAND begins one; for a named jail: " + ask.instead}
	}
	w := &waiting{layer: *layer, project: project, release: func() {}}
	paths, err := realPaths(ask.paths)
	if err != nil {
		return nil, err
	}
	for i, p := range paths {
		if !mounts.Within(p, project.Dir) {
			return nil, &usage{fmt.Sprintf("%q lies outside of the project %q", ask.paths[i], project.Dir), "name a part of it"}
		}
	}
	w.only, _ = selectBelow(*layer, paths)
	if ask.purpose == toChange {
		if w.layer, w.release, err = layer.Hold(); err != nil {
			return nil, hintReview(err, "")
		}
	}
	if err := w.read(ctx, p, ask.conflicts); err != nil {
		w.release()
		return nil, err
	}
	return w, nil
}

func (w *waiting) read(ctx context.Context, p places, conflicts layers.Conflicts) error {
	changes, err := (meant{w.layer, w.only}).covered()
	if err != nil {
		return err
	}
	w.changes = tidy(changes)
	if w.problems, err = w.layer.Problems(ctx, layers.Taking{Only: w.only, Conflicts: conflicts}); err != nil {
		return err
	}
	repo := git.Repo{}
	if private, ok := reviewRepo(p, w.project.Dir); ok {
		repo = private.Host
	}
	w.risks, err = repo.FileRisks(ctx, fileStates(w.changes))
	return err
}

// fileStates are changes as package git judges them.
func fileStates(changes []layers.Change) []git.FileState {
	var states []git.FileState
	for _, c := range changes {
		f := git.FileState{Path: c.Path, Old: fs.FileMode(c.OldMode).Perm(), Mode: fs.FileMode(c.Mode).Perm(), Link: c.Link}
		switch c.Type {
		case "folder":
			f.Mode |= fs.ModeDir
		case "link":
			f.Mode |= fs.ModeSymlink
		}
		if c.Kind == layers.Deleted {
			f.Mode = 0
		}
		states = append(states, f)
	}
	return states
}

// nothingOf says that nothing was changed: of everything, or of the paths that were asked for, one of which may be mistyped.
func nothingOf(paths []string) string {
	if len(paths) == 0 {
		return "nothing was changed"
	}
	var quoted []string
	for _, p := range paths {
		quoted = append(quoted, strconv.Quote(p))
	}
	return "nothing was changed at or below " + strings.Join(quoted, ", ")
}

func diffReview(ctx context.Context, p places, ask diffAsk) error {
	w, err := findReview(ctx, p, reviewAsk{paths: ask.paths, instead: "jail diff NAME"})
	if err != nil {
		return err
	}
	defer w.release()
	if ask.json {
		return w.printJSON()
	}
	if len(w.changes) == 0 {
		warn("%s", nothingOf(ask.paths))
		return nil
	}
	to, err := openScreen(ctx)
	if err != nil {
		return err
	}
	if err = writeRisks(to, riskList(w.risks)); err == nil {
		w.warnProblems()
		out := &printableLines{to: to.to}
		if ask.form == diffFull {
			out.paint = (&diffPainter{palette: to.palette}).paint
		}
		err = errors.Join(w.write(out, ask.form), out.Close())
	}
	return to.Close(err)
}

func (w *waiting) printJSON() error {
	risks := riskList(w.risks)
	return printJSON(struct {
		SchemaVersion int              `json:"schema_version"`
		Project       string           `json:"project"`
		Begun         time.Time        `json:"begun"`
		Changes       []layers.Change  `json:"changes"`
		Risks         []riskStatus     `json:"risks"`
		Problems      []layers.Problem `json:"problems"`
	}{1, w.project.Dir, w.layer.Begun.UTC().Truncate(time.Second), append([]layers.Change{}, w.changes...), risks, append([]layers.Problem{}, w.problems...)})
}

// warnProblems tells what would not be applied, a line each.
func (w *waiting) warnProblems() {
	for _, problem := range w.problems {
		warn("not applied: %q: %s", problem.Path, problem.Why)
	}
}

// write shows the changes in a form.
func (w *waiting) write(to *printableLines, form diffForm) error {
	for _, c := range w.changes {
		var text []byte
		var err error
		switch {
		case form == diffNames:
			text = []byte(printable(c.Path) + "\n")
		case form == diffStat:
			text = fmt.Appendf(nil, "%-8s  %s\n", c.Kind, w.describe(c))
		default:
			text, err = w.text(c)
		}
		if err != nil {
			return err
		}
		if _, err := to.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// describe names a change, and what is no plain file about it.
func (w *waiting) describe(c layers.Change) string {
	text := printable(c.Path)
	if c.Type != "file" {
		text += " (" + strings.TrimSpace(c.Type+" "+printable(c.Link)) + ")"
	}
	if c.Kind == layers.Modified && c.Type == "file" && c.OldMode != c.Mode {
		text += fmt.Sprintf(" (mode %o, was %o)", c.Mode, c.OldMode)
	} else if c.Kind == layers.Added && c.Type == "file" && c.Mode&0o111 != 0 {
		text += fmt.Sprintf(" (mode %o)", c.Mode)
	}
	if c.Size >= 1<<20 {
		text += fmt.Sprintf(" (%d MiB)", c.Size>>20)
	}
	return text
}

// text is a change as a diff, where both sides are text, and else a line about it.
func (w *waiting) text(c layers.Change) ([]byte, error) {
	line := fmt.Appendf(nil, "%s: %s\n", c.Kind, w.describe(c))
	if c.Type != "file" {
		return line, nil
	}
	host, jail, err := w.layer.Texts(c)
	if err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(host, 0) || slices.Contains(jail, 0):
		return append(line, "binary\n"...), nil
	case host == nil && c.Kind != layers.Added || jail == nil && c.Kind != layers.Deleted:
		return append(line, "large, or no text\n"...), nil
	}
	from, to := path.Join("a", c.Path), path.Join("b", c.Path)
	switch c.Kind {
	case layers.Added:
		from = os.DevNull
	case layers.Deleted:
		to = os.DevNull
	}
	return append(line, diff.Diff(printable(from), host, printable(to), jail)...), nil
}

func applyReview(c *cli.Context) error {
	places, err := findPlaces()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	taking := layers.Taking{}
	if c.Bool("force") {
		taking.Conflicts = layers.TakeJail
	}
	w, err := findReview(ctx, places, reviewAsk{c.StringSlice("only"), taking.Conflicts, toChange, "jail apply NAME"})
	if err != nil {
		return err
	}
	defer w.release()
	taking.Only = w.only
	if len(w.changes) == 0 {
		warn("%s", nothingOf(c.StringSlice("only")))
		return w.settle(ctx, places)
	}
	if err := w.show(); err != nil {
		return err
	}
	w.warnProblems()
	if conflicts := w.count(layers.Conflict); conflicts > 0 {
		return &hinted{fmt.Errorf("you have changed %s yourself since the review was begun, and nothing was applied", count(conflicts, "file")),
			"jail diff shows them; --force takes the jail's; jail discard --only PATH keeps yours; --only PATH applies a part"}
	}
	if !c.Bool("yes") {
		if err := confirm(ctx, fmt.Sprintf("Apply to %s?", w.project.Dir)); err != nil {
			return err
		}
	}
	left, err := w.layer.Apply(ctx, taking)
	if errors.Is(err, context.Canceled) {
		return &hinted{err, "jail apply goes on with the rest; what was brought stays"}
	}
	if err != nil {
		return hintReview(err, "free some space or mend what is in the way, and say it again: what was not applied still waits")
	}
	rest, err := (meant{w.layer, w.only}).covered()
	if err != nil {
		return err
	}
	printLine(fmt.Sprintf("%s: %s applied", w.project.Dir, count(len(w.changes)-len(tidy(rest)), "change")))
	if err := w.settle(ctx, places); err != nil {
		return err
	}
	if len(left) > 0 {
		return &hinted{fmt.Errorf("%s not applied", count(len(left), "change")), "jail diff shows what is left; jail discard throws it away"}
	}
	return nil
}

// show lists the changes before a question, those first that run something.
func (w *waiting) show() error {
	showRisks(w.risks)
	out := &printableLines{to: os.Stdout}
	return errors.Join(w.write(out, diffStat), out.Close())
}

func (w *waiting) count(kind layers.ProblemKind) int {
	n := 0
	for _, problem := range w.problems {
		if problem.Kind == kind {
			n++
		}
	}
	return n
}

// settle removes the jail's git directory once nothing waits: the next review begins with what the repository is then. What
// was committed is in the repository, and is named.
func (w *waiting) settle(ctx context.Context, p places) error {
	if changes, err := w.layer.Changes(); err != nil || len(changes) > 0 {
		return err
	}
	if err := w.layer.Drop(); err != nil {
		return err
	}
	private, ok := reviewRepo(p, w.project.Dir)
	if !ok {
		return nil
	}
	if _, err := private.Import(ctx, p.workspaces().Fetch); err != nil {
		return err
	}
	if err := private.Remove(); err != nil {
		return err
	}
	refs, err := private.KeptRefs(ctx)
	if len(refs) > 0 {
		warn("commits of the review are kept: %s; the files are here already, so to have the commits too, where nothing was committed here since: git reset %s",
			strings.Join(refs, ", "), refs[0])
	}
	return err
}

func hintReview(err error, fix string) error {
	var inUse *layers.InUseError
	if errors.As(err, &inUse) {
		err, fix = fmt.Errorf("the review cannot be touched: %w", err), "end that run first"
	}
	return &hinted{err, fix}
}
