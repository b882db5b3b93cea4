package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Begin makes the jail's git directory, or brings it up to what the repository is now: refs that the jail has not
// touched, configuration, index. It is quick where nothing changed. Until the file that it returns is closed a jail works
// with the directory, and its refs and index are left alone. Nothing of the jail's is overwritten: what both sides
// changed stays as the jail has it, and the remote "host" shows the other. It returns what a person should know too.
//
// Preconditions: Import was called, so that what the jail made is in the repository.
func (p Private) Begin(ctx context.Context) (use *os.File, notices []string, err error) {
	lock, err := p.lock("lock", syscall.LOCK_EX)
	if err != nil {
		return nil, nil, err
	}
	defer lock.Close()
	if notices, err = p.refresh(ctx); err != nil {
		return nil, notices, err
	}
	if !p.inUse() {
		if err := p.clearLocks(); err != nil {
			return nil, notices, err
		}
		notices = append(notices, p.refreshModules(ctx)...)
	}
	if err := p.unseen(); err != nil {
		notices = append(notices, fmt.Sprintf("git in the jail does not see the index that GIT_INDEX_FILE names (%s): %v", p.Index, err))
	}
	use, err = p.lock("use", syscall.LOCK_SH)
	return use, notices, err
}

// refresh does the work of Begin.
//
// Preconditions: the lock is held.
func (p Private) refresh(ctx context.Context) (notices []string, err error) {
	s := p.load()
	now := p.hostPrint()
	if now != "" && now == s.Host && slices.Equal(p.Hidden, s.Hidden) && isRepository(p.gitDir()) {
		return nil, nil
	}
	d, err := p.Host.openFor(ctx, withUser)
	if err != nil {
		return nil, err
	}
	host, err := d.hostRefs(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.refreshRemote(host); err != nil {
		return nil, err
	}
	made, err := p.generate(d)
	if err != nil {
		return nil, err
	}
	if why := p.unfit(s); why != "" && !p.inUse() {
		aside := p.gitDir() + ".aside-" + randomName()
		if err := os.Rename(p.gitDir(), aside); err != nil {
			return nil, err
		}
		notices = append(notices, fmt.Sprintf("the jail's git directory %s and is made anew; the old one is kept in %q", why, aside))
	}
	if s.Links, err = d.linkFolders(ctx); err != nil {
		return notices, err
	}
	switch {
	case !isFolder(p.gitDir()):
		err = p.create(ctx, d, host, made, &s)
	case p.inUse():
		return notices, p.save(s) // another run works with it: the rest waits for the next start
	default:
		err = p.update(ctx, d, host, made, &s)
	}
	if err != nil {
		return notices, fmt.Errorf("cannot prepare the jail's git directory: %w", err)
	}
	if nested, _ := s.nested(); p.Branch != "" && len(nested) > 0 {
		// A git reset by hand in the jail's work tree takes the marks away.
		if _, err := d.skipGitlinks(ctx, "", nil); err != nil {
			return notices, err
		}
	}
	s.Born = born(p.Host.CommonDir)
	s.Host = p.hostPrint() // git has refreshed nothing here, but the directory may be new
	if err := p.save(s); err != nil {
		return notices, err
	}
	return notices, p.saveView()
}

// unfit says why a jail's git directory cannot be worked with any more; empty where it can, or where there is none.
func (p Private) unfit(s synced) string {
	if !isFolder(p.gitDir()) {
		return ""
	}
	if p.ofAnother(s) {
		return "was of another repository that stood here"
	}
	if _, err := readRefs(p.gitDir()); errors.Is(err, ErrBroken) || !isRepository(p.gitDir()) {
		return "was broken"
	}
	return ""
}

// RefreshRemote brings what the remote "host" shows up to date, also while the jail runs.
func (p Private) RefreshRemote(ctx context.Context) error {
	d, err := p.Host.open(ctx)
	if err != nil {
		return err
	}
	host, err := d.hostRefs(ctx)
	if err != nil {
		return err
	}
	return p.refreshRemote(host)
}

// hostRefs are the repository's refs but those that jails left, and the work tree's HEAD.
func (d door) hostRefs(ctx context.Context) (refs, error) {
	r := refs{IDs: map[string]string{}, busy: map[string]bool{}}
	out, err := d.read(ctx, "for-each-ref", "--format=%(objectname) %(refname) %(symref) %(worktreepath)")
	if err != nil {
		return r, err
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(fields) == 4 && validID(fields[0]) && fields[2] == "" && !strings.HasPrefix(fields[1], "refs/jail/") {
			r.IDs[fields[1]] = fields[0]
			if fields[3] != "" {
				r.busy[fields[1]] = true
			}
		}
	}
	name, err := d.readLine(ctx, "symbolic-ref", "--quiet", "HEAD")
	if err == nil {
		r.Head = "ref: " + name
		return r, nil
	}
	r.Head, err = d.resolve(ctx, "HEAD")
	return r, err
}

// refreshRemote writes the small repository behind the remote "host". Its refs are one file, replaced as a whole: a jail
// that runs sees the change at once.
func (p Private) refreshRemote(host refs) error {
	head := cmp.Or(host.Head, "ref: refs/heads/main")
	// The last two are empty: places for what is mounted there in the jail.
	for _, dir := range []string{"host.git/refs", "host.git/objects/info", "main/objects", "main/lfs"} {
		if err := os.MkdirAll(filepath.Join(p.Dir, dir), 0o755); err != nil {
			return err
		}
	}
	config := "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
	for _, id := range host.IDs {
		if len(id) == 64 {
			config = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectformat = sha256\n"
		}
		break
	}
	files := []struct{ name, text string }{
		{"config", config},
		{"objects/info/alternates", p.alternatesFile()},
		{"HEAD", head + "\n"},
		{"packed-refs", string(packedRefs(host.IDs))},
	}
	common, err := os.Open(p.Host.CommonDir)
	if err != nil {
		return err
	}
	defer common.Close()
	switch shallow, err := readBeneath(common, "shallow", maxPacked); {
	case err == nil:
		files = append(files, struct{ name, text string }{"shallow", string(shallow)})
	case errors.Is(err, os.ErrNotExist):
		if err := os.Remove(filepath.Join(p.remote(), "shallow")); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	default:
		return fmt.Errorf("cannot read shallow of the repository: %w", err)
	}
	for _, f := range files {
		path := filepath.Join(p.remote(), f.name)
		if old, err := os.ReadFile(path); err == nil && string(old) == f.text {
			continue
		}
		if err := replace(path, []byte(f.text)); err != nil {
			return err
		}
	}
	return nil
}

// alternatesFile is the content of objects/info/alternates in the jail. A name that begins with a quote or a number sign,
// or holds a newline, is quoted.
func (p Private) alternatesFile() string {
	path := filepath.Join(p.lent(), "objects")
	if strings.ContainsAny(path, "\n\"#") {
		path = quoteText(path)
	}
	return path + "\n"
}

// create makes the directory under another name and renames it: there is a whole one, or none.
func (p Private) create(ctx context.Context, d door, host refs, made generated, s *synced) error {
	if host.Head == "" {
		return errors.New("the repository has no HEAD")
	}
	leftovers, _ := filepath.Glob(filepath.Join(quoteGlob(p.Dir), "new-*"))
	for _, path := range leftovers {
		if err := RemoveTree(path); err != nil {
			return err
		}
	}
	temp := filepath.Join(p.Dir, "new-"+randomName())
	for _, dir := range []string{"refs/heads", "refs/tags", "objects/info", "objects/pack", "info", "hooks", "logs/refs/heads"} {
		if err := os.MkdirAll(filepath.Join(temp, dir), 0o755); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(temp)
	if err != nil {
		return err
	}
	defer root.Close()
	s.Refs = refs{Head: host.Head, IDs: maps.Clone(host.IDs)}
	if err := p.fill(root, made, s); err != nil {
		return err
	}
	if err := writeRefs(root, s.Refs); err != nil {
		return err
	}
	if err := p.copyIndex(ctx, d, root, "", s); err != nil {
		return err
	}
	// Before the directory is there: what it holds is never taken for the jail's own work.
	s.Given, s.Made, s.Home, s.HostHead = host.IDs, nil, host.Head, host.Head
	s.Done, s.Host, s.IndexDue, s.Diverged = "", "", "", nil
	if err := p.save(*s); err != nil {
		return err
	}
	return os.Rename(temp, p.gitDir())
}

// fill writes what is generated and does not depend on refs.
func (p Private) fill(root *os.Root, made generated, s *synced) error {
	if err := replaceBeneath(root, "objects/info/alternates", []byte(p.alternatesFile())); err != nil {
		return err
	}
	old, err := root.Open(".")
	if err != nil {
		return err
	}
	defer old.Close()
	// What the jail changed itself, a remote that it added, stays.
	if is, err := readBeneath(old, "config", 1<<20); errors.Is(err, os.ErrNotExist) || err == nil && string(is) == s.Config {
		if string(is) != made.config {
			if err := replaceBeneath(root, "config", []byte(made.config)); err != nil {
				return err
			}
		}
		s.Config = made.config
	}
	for _, f := range made.files {
		if is, err := readBeneath(old, f.name, len(f.text)+1); err == nil && bytes.Equal(is, f.text) {
			continue
		}
		if err := replaceBeneath(root, f.name, f.text); err != nil {
			return err
		}
	}
	return nil
}

// update brings a directory that nobody uses now up to date.
func (p Private) update(ctx context.Context, d door, host refs, made generated, s *synced) error {
	jail, err := readRefs(p.gitDir())
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return err
	}
	defer root.Close()
	if err := p.fill(root, made, s); err != nil {
		return err
	}
	next := p.merged(jail, host, *s)
	moved := next.Head != jail.Head || next.IDs[next.onBranch()] != jail.IDs[jail.onBranch()]
	if next.Head != jail.Head || !maps.Equal(next.IDs, jail.IDs) {
		if err := writeRefs(root, next); err != nil {
			return err
		}
	}
	for name, id := range next.IDs {
		if jail.IDs[name] != id {
			s.Refs.IDs[name] = id
		}
	}
	if next.Head != jail.Head {
		s.Refs.Head = next.Head
	}
	s.Given, s.Made, s.Home, s.HostHead, s.Done = host.IDs, nil, host.Head, host.Head, ""
	hostIndex, jailIndex := p.indexPrints()
	untouched := jailIndex == s.Ours && jailIndex != ""
	// What is staged in the jail alone is in its work tree too; marks that are out of date would hide changes.
	remark := untouched || p.Reach != ReachNothing && (p.Branch == "" || underWay(root) == "")
	hides := remark && !slices.Equal(p.Hidden, s.Hidden)
	if _, err := root.Lstat("index"); moved || err != nil || (hostIndex != s.Copied && (untouched || p.Branch == "" && p.Reach != ReachNothing)) || hides {
		of := next.commit()
		if of == host.commit() {
			of = ""
		}
		if err := p.copyIndex(ctx, d, root, of, s); err != nil {
			return err
		}
	}
	return p.save(*s)
}

// merged takes over from the host what the jail left as it was given. Of the branch that belongs to both, that is what both
// last agreed on; of others, what the host had at the last Begin.
func (p Private) merged(jail, host refs, s synced) refs {
	next := refs{Head: jail.Head, IDs: maps.Clone(jail.IDs)}
	agreed := s.Refs.Head
	if p.Reach == ReachNothing {
		agreed = s.Home
	}
	// A detached HEAD of the user's does not follow. Where he has not moved it since, the jail goes on from what it committed there.
	left := p.Branch == "" && p.Reach != ReachNothing && validID(host.Head) && host.Head == s.HostHead
	if jail.Head == agreed && host.Head != "" && !left {
		next.Head = host.Head
	}
	names := maps.Clone(host.IDs)
	maps.Copy(names, s.Given)
	for name := range names {
		given := s.Given[name]
		if name == p.shared(host) {
			given = s.Refs.IDs[name]
		}
		if jail.IDs[name] != given {
			continue
		}
		if next.IDs[name] = host.IDs[name]; host.IDs[name] == "" {
			delete(next.IDs, name)
		}
	}
	return next
}

// shared is the full name of the branch that the jail and the host both move; empty where there is none.
func (p Private) shared(host refs) string {
	if p.Reach == ReachNothing {
		return ""
	}
	if p.Branch != "" {
		return branchRef(p.Branch)
	}
	return host.onBranch()
}

// writeRefs writes all refs into packed-refs, and removes those that are files of their own. What is not a valid ref, and
// so was not read, goes.
//
// Preconditions: no git works in the directory.
func writeRefs(root *os.Root, r refs) error {
	if err := replaceBeneath(root, "packed-refs", packedRefs(r.IDs)); err != nil {
		return err
	}
	if err := root.RemoveAll("refs"); err != nil {
		return err
	}
	for _, dir := range []string{"refs/heads", "refs/tags"} {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return replaceBeneath(root, "HEAD", []byte(r.Head+"\n"))
}
