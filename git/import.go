package git

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
)

// Imported says what an Import brought.
type Imported struct {
	Branch     string      // short name of the branch that moved; empty if none did
	Old, New   string      // its commits before, empty for a new branch, and after
	Refs       []string    // full names of other refs that came in or changed
	Gone       []string    // and of those that went, as the jail has them no more
	OnBranch   string      // short name of the branch that HEAD is on in the jail; empty when detached
	Diverged   *Divergence // set as long as both sides have moved the branch
	Left       string      // what the jail has checked out in a checkout of the user's, where HEAD could not follow
	Refused    []string    // refs beside the branch that were left out, each with the reason; the branch is whole
	Incomplete []string    // large files that were left out, and why
	Links      []string    // folders of the user's checkout in which the jail committed a repository of its own
	Late       string      // why git status is wrong until the index follows; empty where it does
}

// LeftOut says what is missing of what the jail has on its branch.
func (i Imported) LeftOut() []string {
	if i.Late == "" {
		return i.Incomplete
	}
	return append(slices.Clone(i.Incomplete), i.Late)
}

// Divergence is a branch that was moved on both sides. The jail's commit is kept under Kept.
type Divergence struct {
	Branch string `json:"branch"`
	Host   string `json:"host"` // empty where the host deleted the branch
	Jail   string `json:"jail"`
	Kept   string `json:"kept"`
}

// RefusedError says that what a jail has committed on its branch was not taken in, and that nothing of it was.
type RefusedError struct {
	Refs   []string // full names in the jail
	Reason string   // git's; it may hold names that the jail chose
}

func (e *RefusedError) Error() string {
	what := e.Refs[0]
	if more := len(e.Refs) - 1; more > 0 {
		what += fmt.Sprintf(" and %d more refs", more)
	}
	return fmt.Sprintf("what the jail made on %s was not taken in: %s", what, e.Reason)
}

// maxChanged is how many branches and tags of a jail's own come in at once.
const maxChanged = 1000

// Import takes over what the jail committed: objects by git fetch, checked, from an upload-pack that the caller runs behind
// walls (see Fetch), then refs, only if they are where they were seen, then the index of the host's work tree. It can be
// called at any time and by several processes; what was cut off is made up for. Where nothing changed it costs no process.
// Errors: *RefusedError, ErrBroken, ErrTooManyRefs, *CommandError.
func (p Private) Import(ctx context.Context, f Fetch) (Imported, error) {
	if !p.Used() {
		return Imported{}, nil
	}
	lock, err := p.lock("lock", syscall.LOCK_EX)
	if err != nil {
		return Imported{}, err
	}
	defer lock.Close()
	s := p.load()
	if p.ofAnother(s) {
		return Imported{}, nil // Begin puts it aside
	}
	now := p.jailPrint()
	if now != "" && now == s.Done {
		return Imported{Diverged: s.Diverged, OnBranch: strings.TrimPrefix(s.Refs.onBranch(), "refs/heads/")}, nil
	}
	jail, err := readRefs(p.gitDir())
	if errors.Is(err, ErrBroken) {
		p.defuse()
		jail, err = readRefs(p.gitDir())
	}
	if err != nil {
		return Imported{}, err
	}
	i := importer{p: p, ctx: ctx, jail: jail, s: &s, fetch: f}
	i.result.OnBranch = strings.TrimPrefix(jail.onBranch(), "refs/heads/")
	if err := i.run(); err != nil {
		return i.result, err
	}
	s.Done, s.Diverged = "", i.result.Diverged
	if len(i.result.Refused) == 0 && len(i.result.LeftOut()) == 0 && i.result.Diverged == nil {
		s.Done = now
	}
	return i.result, p.save(s)
}

// importer is one Import at work.
type importer struct {
	p      Private
	ctx    context.Context
	d      door
	jail   refs
	s      *synced
	fetch  Fetch
	result Imported
}

func (i *importer) run() error {
	if len(i.changed()) == 0 && !i.s.cutOff() && i.s.Diverged == nil && i.jail.Head == i.s.Refs.Head {
		return nil
	}
	var err error
	if err := i.p.Host.unlinked(); err != nil {
		return err
	}
	if i.d, err = i.p.Host.open(i.ctx); err != nil {
		return err
	}
	if err := i.repairIndex(); err != nil {
		return err
	}
	host, err := i.d.hostRefs(i.ctx)
	if err != nil {
		return err
	}
	if err := i.resume(host); err != nil {
		return err
	}
	changed, own := i.changed(), i.own(host)
	if len(changed) > maxChanged {
		i.result.Refused = append(i.result.Refused, fmt.Sprintf("the jail has %d new or changed branches and tags, and more than %d are not taken in at once", len(changed), maxChanged))
		changed = slices.DeleteFunc(changed, func(name string) bool { return !slices.Contains(own, name) && name != detached })
	}
	if changed, err = i.take(changed, own); err != nil {
		return err
	}
	if len(changed) > 0 {
		// Before the refs: a commit must not be there without what it needs.
		left, err := i.p.takeLFS(i.ctx)
		if err != nil {
			return err
		}
		i.result.Incomplete = append(i.result.Incomplete, left...)
	}
	return i.settle(host, own, changed)
}

// resume takes what an import before this one moved, and was cut off before it was noted, for what both sides agreed on: the jail
// may have gone on since.
func (i *importer) resume(host refs) error {
	if len(i.s.Moving) > 0 {
		kept, err := i.d.below(i.ctx, i.p.refs())
		if err != nil {
			return err
		}
		for name, id := range i.s.Moving {
			if host.IDs[name] == id || kept[i.kept(name)] == id {
				i.s.Refs.IDs[name] = id
			}
		}
	}
	if i.s.Follows != "" && host.onBranch() == i.s.Follows {
		i.s.Refs.Head, i.s.HostHead = host.Head, host.Head
	}
	i.s.Moving, i.s.Follows = nil, ""
	return nil
}

// detached stands among ref names for a HEAD that is on no branch.
const detached = "HEAD"

// changed lists the jail's refs that are not as both sides last agreed: branches, tags, the stash, a detached HEAD.
func (i *importer) changed() []string {
	var names []string
	all := maps.Clone(i.jail.IDs)
	maps.Copy(all, i.s.Refs.IDs)
	for name := range all {
		if i.jail.IDs[name] != i.s.Refs.IDs[name] && comesIn(name) {
			names = append(names, name)
		}
	}
	if validID(i.jail.Head) && i.jail.Head != i.s.Refs.Head {
		names = append(names, detached)
	}
	slices.Sort(names)
	return names
}

func comesIn(name string) bool {
	return strings.HasPrefix(name, "refs/heads/") || strings.HasPrefix(name, "refs/tags/") || name == "refs/stash"
}

// id is what the jail has under a name; empty where it was deleted.
func (i *importer) id(name string) string {
	if name == detached {
		return i.jail.Head
	}
	return i.jail.IDs[name]
}

// kept is the name in the repository of a ref of the jail's that is not its own branch.
func (i *importer) kept(name string) string {
	if name == detached {
		return i.p.refs() + "head"
	}
	return i.p.refs() + strings.TrimPrefix(name, "refs/")
}

// repairIndex moves the host's index where that is due, also after a process that was killed before it came to it.
func (i *importer) repairIndex() error {
	if i.result.Late = ""; i.s.IndexDue == "" {
		return nil
	}
	head, err := i.d.resolve(i.ctx, "HEAD")
	if err != nil {
		return err
	}
	if head != i.s.IndexWas && slices.Contains(slices.Collect(maps.Values(i.s.Moving)), head) {
		i.s.IndexDue = head // the branch was moved, and then it was cut off before HEAD was: the index is still where it was
	}
	if head == i.s.IndexDue {
		links, err := i.p.moveIndex(i.ctx, i.d, i.s.IndexWas, i.s.IndexDue)
		if i.p.Branch == "" {
			i.result.Links = append(i.result.Links, links...)
		}
		if err != nil {
			i.result.Late = fmt.Sprintf("the commits are there, but git status will be wrong until the index follows: %v", err)
			return nil
		}
	}
	i.s.IndexDue, i.s.IndexWas = "", ""
	return i.p.save(*i.s)
}

// reasonOf is what git said, without the name of the verb.
func reasonOf(err error) string {
	var failed *CommandError
	if errors.As(err, &failed) && failed.Stderr != "" && !errors.Is(failed.Err, context.DeadlineExceeded) {
		return strings.ReplaceAll(failed.Stderr, "\n", "; ")
	}
	return err.Error()
}

// Head is the commit that HEAD in the jail is at; empty where it has none, or where the jail was never used.
func (p Private) Head() (string, error) {
	if !p.Used() {
		return "", nil
	}
	r, err := readRefs(p.gitDir())
	return r.commit(), err
}
