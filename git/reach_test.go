package git

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestReachNothing holds that no branch, HEAD or index of the user's follows a jail that reaches nothing, and that the jail
// finds its own work again whatever the user does meanwhile.
func TestReachNothing(t *testing.T) {
	p := newPrivateTree(t)
	p.Host, p.tree.WorkTree = p.repo, t.TempDir() // the jail's files are an overlay
	p.Dir, p.Name, p.Branch, p.Reach = filepath.Join(t.TempDir(), "private"), "review@checkout", "", ReachNothing
	plain(t, p.repo.WorkTree, "branch", "other")
	plain(t, p.repo.WorkTree, "checkout-index", "-a", "--prefix="+p.tree.WorkTree+"/")
	p.begin(t)
	first := p.host(t, "HEAD")
	index, err := os.ReadFile(filepath.Join(p.repo.GitDir, "index"))
	if err != nil {
		t.Fatal(err)
	}
	mine := p.commit(t, "mine")
	p.inside(t, "branch", "-f", "other", mine)
	p.inside(t, "checkout", "-q", "-b", "fresh")
	fresh := p.commit(t, "on fresh")
	p.inside(t, "tag", "v1")
	p.take(t)
	for ref, want := range map[string]string{
		"main": first, "other": first, "fresh": "", "v1": "", "HEAD": first,
		"refs/jail/review@checkout/heads/main": mine, "refs/jail/review@checkout/heads/other": mine,
		"refs/jail/review@checkout/heads/fresh": fresh, "refs/jail/review@checkout/tags/v1": fresh,
	} {
		if got := p.host(t, ref); got != want {
			t.Errorf("%s is %q, want %q", ref, got, want)
		}
	}
	if head, _ := os.ReadFile(filepath.Join(p.repo.GitDir, "HEAD")); string(head) != "ref: refs/heads/main\n" {
		t.Errorf("HEAD is %q", head)
	}
	if now, _ := os.ReadFile(filepath.Join(p.repo.GitDir, "index")); !slices.Equal(now, index) {
		t.Error("the index was changed")
	}

	// The user goes on, too.
	put(t, filepath.Join(p.tree.WorkTree, "staged"), "s\n")
	p.inside(t, "add", "staged")
	put(t, filepath.Join(p.repo.WorkTree, "users"), "u\n")
	plain(t, p.repo.WorkTree, "add", "users")
	main := commit(t, p.repo.WorkTree, "on main")
	plain(t, p.repo.WorkTree, "branch", "late")
	p.take(t)
	p.begin(t)
	if got := p.inside(t, "rev-parse", "main", "fresh", "late", "HEAD"); got != mine+"\n"+fresh+"\n"+main+"\n"+fresh {
		t.Errorf("in the jail: %s", got)
	}
	if got := p.inside(t, "symbolic-ref", "HEAD"); got != "refs/heads/fresh" {
		t.Errorf("the jail is on %s", got)
	}
	if got := p.inside(t, "diff", "--cached", "--name-only"); got != "staged" {
		t.Errorf("staged in the jail: %s", got)
	}
	if p.host(t, "main") != main {
		t.Error("the user's branch was moved")
	}

	// What goes in the jail goes from what is kept, and from nothing else.
	p.inside(t, "checkout", "-q", "main")
	p.inside(t, "branch", "-D", "fresh", "late")
	p.take(t)
	if p.host(t, "refs/jail/review@checkout/heads/fresh") != "" || p.host(t, "late") != main {
		t.Error("a deleted branch: the kept one stays, or the user's went")
	}
	if err := p.DropRefs(soon(t)); err != nil {
		t.Fatal(err)
	}
	if kept, err := p.KeptRefs(soon(t)); err != nil || kept != nil {
		t.Errorf("kept %q, %v", kept, err)
	}
	if p.host(t, "main") != main || p.host(t, "other") != first {
		t.Error("the user's refs went with the kept ones")
	}
	p.sound(t)
}

func TestFileRisks(t *testing.T) {
	got, err := Repo{}.FileRisks(soon(t), []FileState{
		{Path: "a.go", Old: 0o644, Mode: 0o644}, {Path: "Makefile", Mode: 0o644}, {Path: ".envrc", Old: 0o644},
		{Path: "run", Old: 0o644, Mode: 0o755}, {Path: "ran", Old: 0o755, Mode: 0o755},
		{Path: "out", Mode: os.ModeSymlink | 0o777, Link: "/etc"}, {Path: "in", Mode: os.ModeSymlink | 0o777, Link: "a.go"},
		{Path: "deep/bare/HEAD", Mode: 0o644}, {Path: "deep/bare/objects/pack/x", Mode: 0o644}, {Path: "deep/bare/refs", Mode: os.ModeDir | 0o755},
		{Path: "half/HEAD", Mode: 0o644}, {Path: "half/refs/x", Mode: 0o644}, {Path: "HEAD", Mode: 0o644}, {Path: "Objects/x", Mode: 0o644}, {Path: "refs/x", Mode: 0o644},
	})
	want := []Risk{{".", bareRepository}, {"deep/bare", bareRepository}, {"Makefile", "build file"}, {"out", "link out of the tree"}, {"run", "new program"}, {".envrc", "shell environment"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}
