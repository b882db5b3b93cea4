package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Module says where what of a submodule appears in a jail. Git inside reads it, and cannot write to it: nothing that is
// committed there would come out.
type Module struct {
	DotGit  string `json:"dot_git"` // the submodule's .git, a file
	Pointer string `json:"pointer"` // to appear there: it leads to View.Dir, which appears at its own path, read-only
	View    View   `json:"view"`    // its At and Common are the host's, and not to be seen
}

// maxModuleDepth is how deep submodules are looked for in submodules.
const maxModuleDepth = 8

// modules lists the submodules that the user has checked out, and that a git directory can stand in for. Without one git fails
// in the repository around it, too: it looks into each submodule (submodule.c, is_submodule_modified).
func (p Private) modules() []Private {
	if p.Branch != "" || p.depth >= maxModuleDepth || !isFolder(p.moduleDirs()) {
		return nil // no submodule is checked out in a jail's work tree by its user
	}
	var found []Private
	nested, _ := p.load().nested()
	for _, dotGit := range nested {
		if m, ok := p.module(dotGit); ok {
			found = append(found, m)
		}
	}
	return found
}

// moduleDirs is where the host's git keeps the git directories of submodules (gitrepository-layout(5)).
func (p Private) moduleDirs() string { return filepath.Join(p.Host.GitDir, "modules") }

// module is the private directory of the submodule whose .git is given. That file may be an earlier jail's work, so it
// counts only where it leads to a submodule of this repository.
func (p Private) module(dotGit string) (Private, bool) {
	tree := filepath.Dir(dotGit)
	admin, ok := pointer(tree, ".git", "gitdir: ")
	if !ok || !strings.HasPrefix(admin, p.moduleDirs()+"/") || !isRepository(admin) {
		return Private{}, false
	}
	if real, err := filepath.EvalSymlinks(admin); err != nil || real != admin {
		return Private{}, false
	}
	if _, err := os.Lstat(filepath.Join(admin, "commondir")); err == nil || len(namedAlternates(filepath.Join(admin, "objects"))) > 0 {
		return Private{}, false // what it borrows is not shown
	}
	sum := sha256.Sum256([]byte(dotGit + "\x00" + admin))
	return Private{
		Host:   Repo{CommonDir: admin, GitDir: admin, WorkTree: tree, Box: p.Host.Box},
		Dir:    filepath.Join(p.Dir, "modules", hex.EncodeToString(sum[:8])),
		Name:   p.Name,
		Reach:  ReachNothing,
		Hidden: below(p.Hidden, strings.TrimPrefix(tree, p.Host.WorkTree+"/")),
		depth:  p.depth + 1,
	}, true
}

// below are those of the paths that lie in a folder, relative to it.
func below(paths []string, folder string) []string {
	var found []string
	for _, path := range paths {
		if rest, ok := strings.CutPrefix(path, folder+"/"); ok {
			found = append(found, rest)
		}
	}
	return found
}

// linkFolders lists where the repository has submodules, checked out or not.
func (d door) linkFolders(ctx context.Context) ([]string, error) {
	if d.repo.WorkTree == "" {
		return nil, nil
	}
	links, err := d.gitlinks(ctx, "")
	for i, link := range links {
		links[i] = filepath.Join(d.repo.WorkTree, link)
	}
	return links, err
}

// nested lists the .git of submodules that are checked out, and the folders of the others.
func (s synced) nested() (dotGit, empty []string) {
	for _, folder := range s.Links {
		path := filepath.Join(folder, ".git")
		if _, err := os.Lstat(path); err == nil {
			dotGit = append(dotGit, path)
		} else {
			empty = append(empty, folder)
		}
	}
	return dotGit, empty
}

// refreshModules does for submodules what Begin does for the repository. One that cannot be shown is named, and git fails
// at it inside.
//
// Preconditions: the lock is held.
func (p Private) refreshModules(ctx context.Context) (notices []string) {
	for _, m := range p.modules() {
		err := m.refreshModule(ctx)
		if err != nil {
			notices = append(notices, fmt.Sprintf("git in the jail cannot look into the submodule %q: %v", m.Host.WorkTree, err))
			continue
		}
		notices = append(notices, m.refreshModules(ctx)...)
	}
	return notices
}

func (p Private) refreshModule(ctx context.Context) error {
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return err
	}
	if !isFolder(p.gitDir()) {
		if err := p.pointsBack(ctx); err != nil {
			return err
		}
		if err := replace(p.pointerFile(), []byte("gitdir: "+p.gitDir()+"\n")); err != nil {
			return err
		}
	}
	_, err := p.refresh(ctx)
	return err
}

func (p Private) pointerFile() string { return filepath.Join(p.Dir, "pointer") }

// pointsBack refuses a submodule that is checked out elsewhere: the .git file alone does not choose what is shown.
func (p Private) pointsBack(ctx context.Context) error {
	entries, err := p.Host.settings(ctx)
	if err != nil {
		return err
	}
	tree := ""
	for _, e := range entries {
		if e.key == "core.worktree" && !e.fromUser() {
			tree = e.value
		}
	}
	if !filepath.IsAbs(tree) {
		tree = filepath.Join(p.Host.GitDir, tree)
	}
	if filepath.Clean(tree) != p.Host.WorkTree {
		return fmt.Errorf("its git directory %q is another's", p.Host.GitDir)
	}
	return nil
}

// moduleViews says where submodules appear, those in submodules included.
func (p Private) moduleViews() []Module {
	var views []Module
	for _, m := range p.modules() {
		if !isFolder(m.gitDir()) {
			continue
		}
		v := m.View()
		views = append(views, Module{DotGit: filepath.Join(m.Host.WorkTree, ".git"), Pointer: m.pointerFile(), View: v})
		views = append(views, v.Modules...)
	}
	return views
}
