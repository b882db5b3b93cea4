package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"jail/git"
)

// ErrNothing means that a jail has nothing of what was asked for.
var ErrNothing = errors.New("everything in the jail is committed")

// RefusedError lists the files of a jail that must not reach a checkout.
type RefusedError struct {
	Name  string
	Files []git.Skipped
}

func (e *RefusedError) Error() string {
	texts := make([]string, len(e.Files))
	for i, f := range e.Files {
		texts[i] = f.String()
	}
	return fmt.Sprintf("the uncommitted work of jail %q has files that are not taken: %s", e.Name, strings.Join(texts, "; "))
}

// ApplyPlan is the uncommitted work of a jail, ready for a checkout.
type ApplyPlan struct {
	git.Snapshot
	Name    string
	Target  git.Repo
	Risks   []git.Risk // what of it runs on the user's machine
	Commits int        // of the jail that the checkout's HEAD has not, and the patch may build on
	patch   string
}

// PlanApply reads the uncommitted work of a jail. Into and the style of the request do not count: the work goes into
// the files of the checkout where the user stands. Errors: *RunningError, *RefusedError, ErrNothing, those of Verify.
func (m Manager) PlanApply(ctx context.Context, req MergeRequest) (ApplyPlan, error) {
	r, err := m.ready(req.Name)
	if err != nil {
		return ApplyPlan{}, err
	}
	if what := running(r); len(what) > 0 && req.Live != Running {
		return ApplyPlan{}, &RunningError{r.Name, what}
	}
	s, err := m.sync(ctx, r)
	if err != nil {
		return ApplyPlan{}, err
	}
	p := ApplyPlan{Name: r.Name}
	if p.Target, err = m.home(ctx, r, req.Dir); err != nil {
		return ApplyPlan{}, err
	}
	if p.Target.WorkTree == "" {
		return ApplyPlan{}, fmt.Errorf("%q is a bare repository: there is no checkout to apply anything to", p.Target.Top())
	}
	if p.Snapshot, err = s.tree.Snapshot(ctx); err != nil {
		return ApplyPlan{}, err
	}
	if len(p.Refused) > 0 {
		return ApplyPlan{}, &RefusedError{r.Name, p.Refused}
	}
	if len(p.Files) == 0 {
		return ApplyPlan{}, fmt.Errorf("jail %q: %w", r.Name, ErrNothing)
	}
	if p.Commits, err = p.Target.Missing(ctx, p.Head); err != nil {
		return ApplyPlan{}, err
	}
	if p.Risks, err = p.Target.Risks(ctx, p.Head, p.Commit); err != nil {
		return ApplyPlan{}, err
	}
	var patch strings.Builder
	err = p.Target.Patch(ctx, p.Head, p.Commit, &patch)
	p.patch = patch.String()
	return p, err
}

// Apply brings the work into the files of the checkout, all or nothing. Errors: those of git.Repo.Apply.
func (m Manager) Apply(ctx context.Context, p ApplyPlan) error {
	return p.Target.Apply(context.WithoutCancel(ctx), p.Files, p.patch)
}
