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
	Incomplete []string    // what else was left out, and why
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
	if len(i.result.Refused) == 0 && len(i.result.Incomplete) == 0 && i.result.Diverged == nil {
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
	late   error // why the host's index has not followed yet
	result Imported
}

func (i *importer) run() error {
	changed := i.changed()
	if len(changed) == 0 && i.s.IndexDue == "" && i.s.Diverged == nil && i.jail.Head == i.s.Refs.Head {
		return nil
	}
	var err error
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
	own := i.own(host)
	if len(changed) > maxChanged {
		i.result.Refused = append(i.result.Refused, fmt.Sprintf("the jail has %d new or changed branches and tags, and more than %d are not taken in at once", len(changed), maxChanged))
		changed = slices.DeleteFunc(changed, func(name string) bool { return !slices.Contains(own, name) && name != detached })
	}
	if changed, err = i.take(changed, own); err != nil {
		return err
	}
	if len(changed) > 0 {
		// Before the refs: a commit must not be there without what it needs.
		left, err := i.p.takeLFS()
		if err != nil {
			return err
		}
		i.result.Incomplete = append(i.result.Incomplete, left...)
	}
	err = i.settle(host, own, changed)
	if i.late != nil {
		i.result.Incomplete = append(i.result.Incomplete, fmt.Sprintf("the commits are there, but git status will be wrong until the index follows: %v", i.late))
	}
	return err
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

// own lists the full names of what may move on the host under its own name: the jail's branch. In a checkout of the user's,
// every branch that no other work tree has checked out (see moveOwn for how), and tags that are new.
func (i *importer) own(host refs) []string {
	if i.p.Reach == ReachNothing {
		return nil
	}
	if i.p.Branch != "" {
		return []string{branchRef(i.p.Branch)}
	}
	var names []string
	for name, id := range i.jail.IDs {
		branch := strings.HasPrefix(name, "refs/heads/")
		switch there := host.IDs[name]; {
		case name == host.onBranch(), there == id:
		case there == "" && mayAppear(name, host), there != "" && branch && !host.busy[name]:
		default:
			continue
		}
		names = append(names, name)
	}
	return names
}

// mayAppear reports whether a new branch or tag may stand among the user's own: not where its name would be taken for
// something else, or contradicts another.
func mayAppear(name string, host refs) bool {
	short, branch := strings.CutPrefix(name, "refs/heads/")
	short, tag := strings.CutPrefix(short, "refs/tags/")
	if !branch && !tag || ValidBranch(short) != nil || strings.HasPrefix(short, "jail/") || strings.HasPrefix(short, "refs/") || validID(short) {
		return false
	}
	for _, other := range []string{"refs/heads/" + short, "refs/tags/" + short, "refs/remotes/" + short} {
		if host.IDs[other] != "" {
			return false
		}
	}
	for other := range host.IDs {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") {
			return false
		}
	}
	return true
}

// settle moves the repository's refs, and then HEAD and index where they follow.
//
// Preconditions: the objects are there.
func (i *importer) settle(host refs, own, changed []string) error {
	before, err := i.d.below(i.ctx, i.p.refs())
	if err != nil {
		return err
	}
	t := &transaction{}
	after := maps.Clone(host.IDs)
	for _, name := range changed {
		if slices.Contains(own, name) {
			i.moveOwn(t, name, after, before)
			continue
		}
		ref, id := i.kept(name), i.id(name)
		if host.IDs[name] == id && name != detached {
			id = "" // the repository has the same under its own name
		}
		if before[ref] != id {
			t.set(ref, id, before[ref])
			if id == "" {
				i.result.Gone = append(i.result.Gone, ref)
			} else {
				i.result.Refs = append(i.result.Refs, ref)
			}
		}
	}
	head := host.onBranch()
	follow := i.follow(host, after)
	if follow != "" {
		head = follow
	}
	if i.p.Reach != ReachNothing && (i.p.Branch == "" || head == branchRef(i.p.Branch)) {
		if was := host.IDs[host.onBranch()]; after[head] != "" && after[head] != was {
			if i.s.IndexDue == "" { // else it has not come to where it was due before
				i.s.IndexWas = was
			}
			i.s.IndexDue = after[head]
			if err := i.p.save(*i.s); err != nil {
				return err
			}
		}
	}
	if err := t.run(i.ctx, i.d); err != nil {
		return fmt.Errorf("cannot move the branches: %w", err)
	}
	if follow != "" {
		if err := i.d.write(i.ctx, "symbolic-ref", "-m", "jail: switched inside", "HEAD", follow); err != nil {
			return err
		}
		i.s.HostHead = "ref: " + follow
	}
	gone := &transaction{} // at last: HEAD may have been on one of them
	for _, name := range changed {
		if name != head && i.gone(name, host) {
			gone.set(name, "", host.IDs[name])
			i.result.Gone = append(i.result.Gone, name)
		}
	}
	if err := gone.run(i.ctx, i.d); err != nil {
		return fmt.Errorf("cannot delete branches that the jail deleted: %w", err)
	}
	i.agree(changed)
	return i.repairIndex()
}

// follow is the branch that HEAD of the user's checkout is to move to, because the jail switched to it: the files are
// that branch's by now. Empty where HEAD stays.
func (i *importer) follow(host refs, after map[string]string) string {
	name := i.jail.onBranch()
	switch {
	case i.p.Reach == ReachNothing || i.p.Branch != "" || i.jail.Head == host.Head || i.jail.Head == i.s.Refs.Head:
		return "" // HEAD is not the jail's to move, or did not move
	case i.s.HostHead != host.Head:
		i.result.Incomplete = append(i.result.Incomplete, fmt.Sprintf("the jail is on %s now, and your checkout was switched too: it stays where it is", whereabouts(i.jail)))
		return ""
	case name == "", after[name] != i.jail.IDs[name], host.busy[name]:
		i.result.Left = whereabouts(i.jail)
		return ""
	}
	return name
}

// moveOwn moves a branch that belongs to both, if the host has not moved it.
func (i *importer) moveOwn(t *transaction, name string, host, before map[string]string) {
	last, now := i.s.Refs.IDs[name], i.jail.IDs[name]
	short := strings.TrimPrefix(name, "refs/heads/")
	switch {
	case now == "" || now == host[name]: // deleted in the jail: the host's stays
	case i.users(name) && host[name] != "" && !i.contains(now, host[name]):
		// A branch of the user's that he was not on only goes forward.
		if ref := i.kept(name); before[ref] != now {
			t.set(ref, now, before[ref])
			i.result.Refs = append(i.result.Refs, ref)
		}
	case host[name] == last:
		t.set(name, now, last)
		i.moved(name, last, now)
		host[name] = now
	case i.contains(host[name], now): // the host has it, and more: the jail gets that at its next start
	case i.contains(now, host[name]): // the jail has taken over the host's
		t.set(name, now, host[name])
		i.moved(name, host[name], now)
		host[name] = now
	default:
		ref := i.p.refs() + "diverged"
		t.set(ref, now, before[ref])
		i.result.Diverged = &Divergence{Branch: short, Host: host[name], Jail: now, Kept: ref}
	}
}

// gone reports whether a ref of the host's was made by the jail since the run began, and deleted there again.
func (i *importer) gone(name string, host refs) bool {
	id := host.IDs[name]
	return i.p.Reach != ReachNothing && i.p.Branch == "" && i.id(name) == "" && id != "" && id == i.s.Refs.IDs[name] && i.s.Given[name] == "" &&
		(!host.busy[name] || name == host.onBranch())
}

// users reports whether a branch or tag is the user's own and none that he was on when the run began.
func (i *importer) users(name string) bool {
	return i.p.Branch == "" && i.s.Given[name] != "" && i.s.Home != "ref: "+name
}

// moved notes that a branch of the host's moves.
func (i *importer) moved(name, old, now string) {
	if name == i.jail.onBranch() || name == branchRef(i.p.Branch) {
		i.result.Branch, i.result.Old, i.result.New = strings.TrimPrefix(name, "refs/heads/"), old, now
		return
	}
	i.result.Refs = append(i.result.Refs, name)
}

// contains reports whether a commit has another in its history.
func (i *importer) contains(commit, other string) bool {
	if commit == "" || other == "" {
		return false
	}
	_, err := i.d.read(i.ctx, "merge-base", "--is-ancestor", other, commit)
	return err == nil
}

// whereabouts says where HEAD is, for people.
func whereabouts(r refs) string {
	if name := r.onBranch(); name != "" {
		return strings.TrimPrefix(name, "refs/heads/")
	}
	if validID(r.Head) {
		return "commit " + r.Head[:12]
	}
	return "no branch"
}

// agree notes that both sides have the same now. A branch that diverged is not among it.
func (i *importer) agree(changed []string) {
	for _, name := range changed {
		switch id := i.id(name); {
		case name == detached:
		case i.result.Diverged != nil && branchRef(i.result.Diverged.Branch) == name:
		case id == "":
			delete(i.s.Refs.IDs, name)
		default:
			i.s.Refs.IDs[name] = id
		}
	}
	i.s.Refs.Head = i.jail.Head
}

// repairIndex moves the host's index where that is due, also after a process that was killed before it came to it.
func (i *importer) repairIndex() error {
	if i.late = nil; i.s.IndexDue == "" {
		return nil
	}
	head, err := i.d.resolve(i.ctx, "HEAD")
	if err != nil {
		return err
	}
	if head == i.s.IndexDue {
		if i.late = i.p.moveIndex(i.ctx, i.d, i.s.IndexWas, i.s.IndexDue); i.late != nil {
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
	if validID(r.Head) {
		return r.Head, err
	}
	return r.IDs[r.onBranch()], err
}
