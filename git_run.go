package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"jail/git"
	"jail/plan"
	"jail/workspace"
)

// gitRun is the git side of one run: the jail's own git directory is brought up to date before it, and what is committed
// there is taken over while it runs and at its end.
type gitRun struct {
	ctx     context.Context
	private git.Private
	fetch   git.Fetch
	use     *os.File
	stop    context.CancelFunc
	live    sync.WaitGroup
	came    map[string]bool // refs beside the branch that came in while it ran
	seen    git.Imported    // what else was seen then, and is to be told
}

// findGit returns the git side of a run in a folder, and nil where there is no repository, or no git for it.
func findGit(ctx context.Context, jails workspace.Manager, dir string, project writes) (*gitRun, error) {
	find := jails.Checkout
	if project == keptApart {
		find = jails.Review
	}
	private, ok, err := find(dir)
	if err != nil || !ok {
		return nil, err
	}
	if git.Usable(ctx, private.Host) != nil {
		return nil, nil // the plan says that git is read-only then
	}
	if named := os.Getenv("GIT_INDEX_FILE"); private.Branch == "" { // of a named jail it is none
		if private.Index, err = private.Host.NamedIndex(named); err != nil {
			warn("git in the jail does not see the index that GIT_INDEX_FILE names (%s): %v", named, err)
		}
	}
	return &gitRun{ctx: ctx, private: private, fetch: jails.Fetch}, nil
}

// begin makes what the plan shows.
func (g *gitRun) begin() error {
	if g == nil {
		return nil
	}
	// What an earlier run left, if it was killed.
	if imported, err := g.private.Import(g.ctx, g.fetch); err != nil {
		warn("commits of an earlier run: %v", err)
	} else {
		tell(imported)
	}
	use, notices, err := g.private.Begin(g.ctx)
	for _, notice := range notices {
		warn("%s", notice)
	}
	g.use = use
	return err
}

// watch takes commits over as they are made.
func (g *gitRun) watch() {
	if g == nil {
		return
	}
	var ctx context.Context
	ctx, g.stop = context.WithCancel(g.ctx)
	g.live.Go(func() {
		// All is told at the end of the run, where it does not disturb what runs on the terminal.
		take := func() {
			imported, err := g.private.Import(ctx, g.fetch)
			g.note(imported, err)
		}
		g.private.Watch(ctx, take, func() { _ = g.private.RefreshRemote(ctx) })
	})
}

// note adds to what is to be told at the end: a later import does not see it again.
func (g *gitRun) note(i git.Imported, err error) {
	if g.came == nil {
		g.came = map[string]bool{}
	}
	for _, ref := range i.Refs {
		g.came[ref] = true
	}
	for _, ref := range i.Gone {
		delete(g.came, ref)
	}
	g.seen.Incomplete = append(g.seen.Incomplete, i.Incomplete...)
	g.seen.Links = append(g.seen.Links, i.Links...)
	if err == nil && (i.Left != "" || i.OnBranch != g.seen.OnBranch) {
		g.seen.Left, g.seen.OnBranch = i.Left, i.OnBranch
	}
}

const (
	// lastImport bounds how long the end of a run may take.
	lastImport = 15 * time.Minute
	// silentImport is after what time it is said that it does. A few megabytes of a pack can be gigabytes to check.
	silentImport = 3 * time.Second
)

// end takes over the last of it and says what a person should know. The command has its exit code already: a failure
// here is told and loses nothing, for the next command tries again.
func (g *gitRun) end() {
	if g == nil || g.use == nil {
		return
	}
	if g.stop != nil {
		g.stop()
		g.live.Wait()
	}
	g.use.Close()
	ctx, cancel := context.WithTimeout(g.ctx, lastImport)
	defer cancel()
	ctx, stop := interruptible(ctx) // the command has ended, so signals are for us again
	defer stop()
	slow := time.AfterFunc(silentImport, func() {
		warn("what was committed is still being checked and taken over; Ctrl-C leaves it to the next command here")
	})
	imported, err := g.private.Import(ctx, g.fetch)
	slow.Stop()
	if err != nil {
		warn("%v", err)
		warn("fix: nothing is lost; what was not taken over stays in %q, and the next command here tries again", g.private.Dir)
		return
	}
	g.note(imported, nil)
	imported.Refs, imported.Left = slices.Sorted(maps.Keys(g.came)), g.seen.Left
	slices.Sort(g.seen.Incomplete)
	imported.Incomplete = slices.Compact(g.seen.Incomplete)
	slices.Sort(g.seen.Links)
	imported.Links = slices.Compact(g.seen.Links)
	tell(imported)
}

// tell warns of what did not come in as a person would think.
func tell(i git.Imported) {
	if d := i.Diverged; d != nil {
		warn("branch %s was moved here and in the jail: the jail's is %s; to take it: %s", d.Branch, d.Kept, takeDiverged(*d))
	}
	if i.Left != "" {
		warn("the files here are those of %s now, where the jail left them; HEAD here is elsewhere, and stays", i.Left)
	}
	for _, text := range slices.Concat(i.Refused, i.LeftOut()) {
		warn("%s", text)
	}
	if len(i.Links) > 0 {
		warn("the jail committed repositories of its own: %s; git passes over them until you switch branches, and then runs what their .git/config says: look at it before", someOf(i.Links))
	}
	if len(i.Refs) > 0 {
		warn("taken over beside the branch: %s; git log and git merge take these names", someOf(i.Refs))
	}
}

// someOf lists the first of many names.
func someOf(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// takeDiverged says how both sides come together. In the user's own checkout the jail's files lie in the way of the merge.
func takeDiverged(d git.Divergence) string {
	if strings.HasPrefix(d.Branch, "jail/") {
		return "git merge " + d.Kept
	}
	return "git stash -u && git merge " + d.Kept + "; to drop it, in a jail: git fetch host && git reset --hard host/" + d.Branch
}

// hide tells git in the jail which files it sees otherwise than they are.
func (g *gitRun) hide(project string, s plan.Scanned) {
	if g == nil {
		return
	}
	for _, hit := range s.Hits {
		if path, inside := strings.CutPrefix(hit.Path, project+"/"); inside {
			g.private.Hidden = append(g.private.Hidden, path)
		}
	}
}

// view is what the plan needs of it.
func (g *gitRun) view() *plan.GitView {
	if g == nil {
		return nil
	}
	return gitView(g.private.View())
}

func gitView(v git.View) *plan.GitView {
	var modules []plan.GitModule
	for _, m := range v.Modules {
		modules = append(modules, plan.GitModule{DotGit: m.DotGit, Pointer: m.Pointer, GitView: *gitView(m.View)})
	}
	return &plan.GitView{
		Dir: v.Dir, At: v.At, Common: v.Common, Remote: v.Remote, Objects: v.Objects, ObjectsAt: v.ObjectsAt,
		LFS: v.LFS, LFSAt: v.LFSAt, Alternates: v.Alternates, Nested: v.Nested, Empty: v.Empty,
		Modules: modules,
	}
}

// folderOf is where a jail's git directory lies, for the throw-away jail that reads it.
func (p places) folderOf(dir string) (string, error) {
	parent := filepath.Join(p.data, "git")
	if filepath.Dir(dir) != parent {
		return "", fmt.Errorf("%q is no git directory of a jail's", dir)
	}
	return dir, nil
}
