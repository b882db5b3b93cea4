package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"jail/git"
	"jail/state"
)

// Archive is what a destroyed jail had that was nowhere else. Its commits are kept by refs below refs/jail-archive/ID/
// of the repository and again in a bundle, its uncommitted files in a tarball.
type Archive struct {
	SchemaVersion int               `json:"schema_version"`
	ID            string            `json:"id"` // NAME-XXXXXXXX
	Jail          state.Record      `json:"jail"`
	Archived      time.Time         `json:"archived"` // UTC
	Head          string            `json:"head,omitempty"`
	Index         string            `json:"index,omitempty"`   // commit of what was staged
	Refs          map[string]string `json:"refs"`              // below refs/jail-archive/ID/
	Commits       int               `json:"commits"`           // that were merged nowhere
	Files         []string          `json:"files"`             // in the tarball; a nested repository ends in "/"
	Gone          []string          `json:"gone,omitempty"`    // that the jail had deleted
	Skipped       []string          `json:"skipped,omitempty"` // what could not be kept, and why
	NotIn         []string          `json:"not_in,omitempty"`  // commits that were refused, and why: only the jail's git directory has them
	Whole         bool              `json:"whole,omitempty"`   // the files are all of the work tree, as git did not know it
	Bytes         int64             `json:"-"`                 // on the disk
}

// The files of an archive.
const (
	archiveNote   = "archive.json"
	archiveBundle = "commits.bundle"
	archiveFiles  = "files.tar.gz"
	archiveDotGit = "dot-git.tar.gz"  // what the jail has put in the place of its .git file
	archiveJail   = "jail-git.tar.gz" // the jail's own git directory, where not all of it came in
)

func archiveID(r state.Record) string { return r.Name + "-" + r.ID[:min(8, len(r.ID))] }

func archiveRef(id, what string) string { return "refs/jail-archive/" + id + "/" + what }

// save archives what only the jail has, if it has anything. It can be said again after a crash: an archive that is
// complete stays. The work tree is changed in nothing but what git.OpenUp does.
//
// Preconditions: this process has the claim.
func (m Manager) save(ctx context.Context, r state.Record) (notices []string, err error) {
	id := archiveID(r)
	final := filepath.Join(m.archives(), id)
	if isDir(final) || isDir(trash(r)) {
		return nil, nil
	}
	if isDir(r.Worktree) {
		git.OpenUp(r.Worktree)
	}
	a := Archive{SchemaVersion: 1, ID: id, Jail: r, Archived: time.Now().UTC().Truncate(time.Second), Refs: map[string]string{}}
	a.Jail.Phase, a.Jail.Sessions = state.Ready, nil
	a.NotIn = m.notIn(ctx, r)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := a.collect(ctx, m); err != nil {
		return nil, err
	}
	if a.empty() && !isDir(filepath.Join(r.Worktree, ".git")) {
		return nil, nil
	}
	partial := filepath.Join(m.archives(), "."+id+".partial")
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(partial))
			if isDir(r.CommonDir) {
				err = errors.Join(err, dropRefs(context.WithoutCancel(ctx), repository(r), archiveRef(id, "")))
			}
		}
	}()
	if err := errors.Join(os.RemoveAll(partial), os.MkdirAll(partial, 0o700)); err != nil {
		return nil, fmt.Errorf("cannot archive jail %q: %w", r.Name, err)
	}
	m.at("archive: begun")
	if err := a.write(ctx, m, partial); err != nil {
		return nil, fmt.Errorf("cannot archive jail %q: %w", r.Name, err)
	}
	m.at("archive: files written")
	// On the disk before the work tree goes: of what only the jail had this is the one copy.
	syncFolder(partial)
	if err := os.Rename(partial, final); err != nil {
		return nil, err
	}
	syncFolder(m.archives())
	m.at("archive: complete")
	return a.notices(final), nil
}

// notices tell what an archive in a folder has, and what it has not.
func (a Archive) notices(folder string) (notices []string) {
	for _, s := range a.Skipped {
		notices = append(notices, "not archived: "+s)
	}
	for _, left := range a.NotIn {
		notices = append(notices, fmt.Sprintf("%s; it is kept in %q", left, filepath.Join(folder, archiveJail)))
	}
	return append(notices, fmt.Sprintf("%s archived; jail restore %s brings them back", a.Summary(), a.Jail.Name))
}

// empty reports whether there is nothing that an archive would have to keep.
func (a Archive) empty() bool {
	return a.Commits == 0 && len(a.Files) == 0 && len(a.Gone) == 0 && a.Index == "" && len(a.NotIn) == 0 && len(a.side()) == 0
}

// side lists the branches and tags that the jail made beside its own branch, as "heads/x" and "tags/x".
func (a Archive) side() []string {
	var names []string
	for what := range a.Refs {
		name, own := strings.CutPrefix(what, "own/")
		if own && isSide(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Summary says in words what an archive has.
func (a Archive) Summary() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{len(a.Files) + len(a.Gone), "uncommitted file"}, {a.Commits, "unmerged commit"}} {
		switch {
		case part.n == 1:
			parts = append(parts, "1 "+part.what)
		case part.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", part.n, part.what))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "no uncommitted file, no unmerged commit")
	}
	return strings.Join(parts, ", ") + sideText(a.side())
}

// isSide reports whether a name below refs/jail/NAME/ is that of a branch or tag.
func isSide(name string) bool {
	return strings.HasPrefix(name, "heads/") || strings.HasPrefix(name, "tags/")
}

// sideText names branches and tags that a jail made, for the end of a list.
func sideText(names []string) string {
	if len(names) == 0 {
		return ""
	}
	const shown = 5
	text := strings.Join(names[:min(shown, len(names))], ", ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return ", refs of its own: " + text
}

// collect finds out what there is to keep, and gives it refs.
func (a *Archive) collect(ctx context.Context, m Manager) error {
	r := a.Jail
	if !isDir(r.CommonDir) || !isDir(r.AdminDir) {
		return a.collectWhole(ctx)
	}
	repo := git.Repo{CommonDir: r.CommonDir, GitDir: r.AdminDir, WorkTree: r.Worktree, Box: m.Box}.Steady()
	if isDir(r.Worktree) {
		changes, err := repo.Changes(ctx)
		if err != nil {
			return fmt.Errorf("cannot tell what is uncommitted in jail %q: %w", r.Name, err)
		}
		a.sort(changes)
		if a.Index, err = m.stagedWork(ctx, r, repo, changes); err != nil {
			a.Skipped = append(a.Skipped, "what is staged: "+err.Error())
		}
	}
	head, err := m.headOf(ctx, r)
	if err != nil && len(a.NotIn) == 0 {
		return err
	}
	if len(a.NotIn) > 0 {
		if _, err := repo.Has(ctx, head, head); err != nil {
			head = "" // the repository has not even that
		}
	}
	a.Head = head
	return a.keep(ctx)
}

// collectWhole is collect for a work tree that git does not know any more.
func (a *Archive) collectWhole(ctx context.Context) error {
	r := a.Jail
	if isDir(r.Worktree) {
		entries, err := os.ReadDir(r.Worktree)
		if err != nil {
			return err
		}
		a.Whole = true
		for _, e := range entries {
			switch {
			case e.Name() == ".git":
			case e.IsDir():
				a.Files = append(a.Files, e.Name()+"/")
			default:
				a.Files = append(a.Files, e.Name())
			}
		}
	}
	if !isDir(r.CommonDir) {
		return nil
	}
	return a.keep(ctx)
}

func (a *Archive) sort(changes []git.Change) {
	for _, c := range changes {
		if c.Gone {
			a.Gone = append(a.Gone, c.Path)
		} else {
			a.Files = append(a.Files, c.Path)
		}
	}
}

// stagedWork keeps what is staged and not as in the work tree any more.
func (m Manager) stagedWork(ctx context.Context, r state.Record, repo git.Repo, changes []git.Change) (string, error) {
	if p := m.Private(r); p.Used() {
		return p.Staged(ctx, m.Fetch)
	}
	if !slices.ContainsFunc(changes, func(c git.Change) bool { return c.Staged }) {
		return "", nil
	}
	if slices.ContainsFunc(changes, func(c git.Change) bool { return c.Merge }) {
		return "", errors.New("a merge in the jail is not concluded; its files are kept as they are")
	}
	return repo.KeepIndex(ctx)
}

// keep gives refs to the commits that the jail's own refs, its HEAD and its branch have, if they are merged nowhere.
func (a *Archive) keep(ctx context.Context) error {
	repo, r := repository(a.Jail), a.Jail
	own, err := ownRefs(ctx, r)
	if err != nil {
		return err
	}
	wanted := map[string]string{"head": a.Head, "index": a.Index}
	if wanted["branch"], err = repo.BranchTip(ctx, r.Branch); err != nil && !errors.Is(err, git.ErrNoBranch) {
		return err
	}
	if a.Head == "" {
		a.Head = wanted["branch"]
		wanted["head"] = a.Head
	}
	for what, commit := range own {
		wanted["own/"+what] = commit
	}
	var heads []string
	for what, commit := range wanted {
		if commit != "" {
			a.Refs[what] = commit
		}
		if commit != "" && what != "index" {
			heads = append(heads, commit)
		}
	}
	a.Commits, err = unmerged(ctx, r, heads)
	return err
}

// write makes the files of an archive, and the refs.
func (a *Archive) write(ctx context.Context, m Manager, dir string) error {
	if err := a.writeGit(ctx, m, dir); err != nil {
		return err
	}
	if len(a.Files) > 0 {
		skipped, err := packInto(ctx, filepath.Join(dir, archiveFiles), a.Jail.Worktree, a.Files)
		if err != nil {
			return err
		}
		for _, s := range skipped {
			a.Skipped = append(a.Skipped, s.String())
		}
	}
	m.at("archive: tarball written")
	if len(a.Refs) > 0 {
		if err := a.writeRefs(ctx, m, dir); err != nil {
			return err
		}
	}
	note, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return writeSynced(filepath.Join(dir, archiveNote), func(w io.Writer) error { _, err := w.Write(append(note, '\n')); return err })
}

// writeGit packs git directories that are not taken apart.
func (a *Archive) writeGit(ctx context.Context, m Manager, dir string) error {
	if isDir(filepath.Join(a.Jail.Worktree, ".git")) {
		if _, err := packInto(ctx, filepath.Join(dir, archiveDotGit), a.Jail.Worktree, []string{".git/"}); err != nil {
			return err
		}
	}
	if len(a.NotIn) == 0 {
		return nil
	}
	private := m.Private(a.Jail).Dir
	git.OpenUp(filepath.Join(private, "git"))
	_, err := packInto(ctx, filepath.Join(dir, archiveJail), private, []string{"git/"})
	return err
}

// writeRefs gives the commits refs, and writes the bundle.
func (a *Archive) writeRefs(ctx context.Context, m Manager, dir string) error {
	repo := repository(a.Jail).Steady()
	refs := map[string]string{}
	var names []string
	for what, commit := range a.Refs {
		refs[archiveRef(a.ID, what)] = commit
		names = append(names, archiveRef(a.ID, what))
	}
	if err := repo.SetRefs(ctx, "jail destroy", refs); err != nil {
		return err
	}
	m.at("archive: refs written")
	if a.Commits == 0 && a.Index == "" {
		return nil // git makes no empty bundle
	}
	slices.Sort(names)
	bundle := filepath.Join(dir, archiveBundle)
	if err := repo.Bundle(ctx, bundle, names, a.Jail.Base); err != nil {
		return err
	}
	f, err := os.Open(bundle) // git does not wait for the disk
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
