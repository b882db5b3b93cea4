package git

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

func TestResolveBase(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	first := plain(t, repo.WorkTree, "rev-parse", "HEAD")
	plain(t, repo.WorkTree, "tag", "-a", "-m", "x", "v1")
	second := commit(t, repo.WorkTree, "second")
	plain(t, repo.WorkTree, "branch", "feature", first)
	tests := []struct{ ref, commit, name string }{
		{"", second, "refs/heads/main"},
		{"HEAD", second, "refs/heads/main"},
		{"main", second, "refs/heads/main"},
		{"feature", first, "refs/heads/feature"},
		{"v1", first, "refs/tags/v1"},
		{"HEAD~1", first, ""},
		{first, first, ""},
		{first[:10], first, ""},
	}
	for _, test := range tests {
		commit, name, err := repo.ResolveBase(t.Context(), test.ref)
		if err != nil || commit != test.commit || name != test.name {
			t.Errorf("%q: got %s, %q, %v, want %s, %q", test.ref, commit, name, err, test.commit, test.name)
		}
	}
	for _, ref := range []string{"none", "-v", "--all", "a b", "x\x00y", "HEAD:a.txt", "HEAD^{tree}", strings.Repeat("0", 40), "\x1b[0m"} {
		_, _, err := repo.ResolveBase(t.Context(), ref)
		var unknown *UnknownRefError
		if !errors.As(err, &unknown) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q: got %v", ref, err)
		}
	}
	plain(t, repo.WorkTree, "checkout", "-q", "--detach", first)
	if commit, name, err := repo.ResolveBase(t.Context(), ""); err != nil || commit != first || name != "" {
		t.Errorf("detached: got %s, %q, %v", commit, name, err)
	}
}

func TestUnbornHead(t *testing.T) {
	dir := clean(t)
	plain(t, dir, "init", "-q")
	repo, err := Discover(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := repo.ResolveBase(t.Context(), ""); !errors.Is(err, ErrUnborn) {
		t.Errorf("got %v", err)
	}
}

func TestValidBranch(t *testing.T) {
	clean(t)
	names := []string{
		"jail/x", "main", "a-b", "ü", "a.b", "x\u202ey",
		"", "-a", "HEAD", "a b", "a..b", "a~", "a^", "a:b", "a?", "a*", "a[", `a\b`, "a\n", "a\x7f", "a\x1b", "/a", "a/", "a//b", ".a",
		"a/.b", "a.", "a.lock", "a.lock/b", "@", "a@{b", "a\x00b",
	}
	for _, name := range names {
		want := !strings.Contains(name, "\x00") && plainCommand("/", "check-ref-format", "--branch", name).Run() == nil
		if name == "@" {
			want = false // git takes it for HEAD's short form
		}
		if got := ValidBranch(name) == nil; got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

func TestBranches(t *testing.T) {
	repo := project(t, filepath.Join(clean(t), "repo"))
	ctx := t.Context()
	d, err := repo.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first := plain(t, repo.WorkTree, "rev-parse", "HEAD")
	if err := d.createBranch(ctx, AddRequest{Branch: "jail/x", Base: first}); err != nil {
		t.Fatal(err)
	}
	if err := d.createBranch(ctx, AddRequest{Branch: "jail/x", Base: first}); !errors.Is(err, ErrBranchExists) {
		t.Errorf("got %v", err)
	}
	if err := d.createBranch(ctx, AddRequest{Branch: "jail", Base: first}); err == nil || errors.Is(err, ErrBranchExists) {
		t.Errorf("in the way: got %v", err)
	}
	if got, err := repo.BranchesUnder(ctx, "jail"); err != nil || len(got) != 1 || got[0] != "jail/x" {
		t.Errorf("got %q, %v", got, err)
	}
	if ok, err := repo.BranchExists(ctx, "jail/x"); !ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
	if _, err := repo.BranchTip(ctx, "jail/y"); !errors.Is(err, ErrNoBranch) {
		t.Errorf("got %v", err)
	}
	second := commit(t, repo.WorkTree, "second")
	if err := repo.DeleteBranch(ctx, "jail/x", second); err == nil {
		t.Error("a branch that has moved was deleted")
	}
	if err := repo.DeleteBranch(ctx, "main", second); err == nil {
		t.Error("a branch that is checked out was deleted")
	}
	if err := repo.DeleteBranch(ctx, "jail/x", first); err != nil {
		t.Error(err)
	}
	if ok, err := repo.BranchExists(ctx, "jail/x"); ok || err != nil {
		t.Errorf("got %v, %v", ok, err)
	}
}
