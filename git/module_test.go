package git

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkedOut is a repository with a submodule, and the private directory of a jail in its checkout.
func checkedOut(t *testing.T) Private {
	t.Helper()
	dir := clean(t)
	top := project(t, filepath.Join(dir, "top"))
	sub := project(t, filepath.Join(dir, "sub"))
	plain(t, top.WorkTree, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", sub.WorkTree, "sub")
	plain(t, top.WorkTree, "commit", "-qm", "sub")
	return Private{Host: top, Dir: filepath.Join(dir, "private"), Name: "@checkout"}
}

func shown(t *testing.T, p Private) []Module {
	t.Helper()
	use, notices, err := p.Begin(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	use.Close()
	for _, notice := range notices {
		t.Log(notice)
	}
	return p.View().Modules
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSubmoduleIsShown(t *testing.T) {
	p := checkedOut(t)
	p.Hidden = []string{"sub/.env", "sub2"}
	modules := shown(t, p)
	if len(modules) != 1 || modules[0].DotGit != filepath.Join(p.Host.WorkTree, "sub/.git") {
		t.Fatalf("modules: %v", modules)
	}
	v := modules[0].View
	if want := filepath.Join(p.Host.CommonDir, "modules/sub/objects"); v.Objects != want {
		t.Errorf("objects %q, want %q", v.Objects, want)
	}
	if got, want := content(t, modules[0].Pointer), "gitdir: "+v.Dir+"\n"; got != want {
		t.Errorf("pointer %q, want %q", got, want)
	}
	if got := content(t, filepath.Join(v.Dir, "info/exclude")); !strings.HasSuffix(got, "\n/.env\n") {
		t.Errorf("exclude %q", got)
	}
	plain(t, filepath.Join(p.Host.WorkTree, "sub"), "checkout", "-q", "-b", "moved")
	shown(t, p)
	if got, want := content(t, filepath.Join(v.Dir, "HEAD")), "ref: refs/heads/moved\n"; got != want {
		t.Errorf("HEAD %q, want %q", got, want)
	}
}

// TestWhatIsNoSubmoduleIsNotShown holds that a .git file chooses nothing: an earlier jail may have written it.
func TestWhatIsNoSubmoduleIsNotShown(t *testing.T) {
	for name, pointer := range map[string]func(p Private) string{
		"another repository":        func(p Private) string { return filepath.Join(filepath.Dir(p.Host.WorkTree), "sub/.git") },
		"the repository itself":     func(p Private) string { return p.Host.CommonDir },
		"another submodule":         func(p Private) string { return filepath.Join(p.Host.CommonDir, "modules/sub") },
		"dots":                      func(p Private) string { return p.Host.CommonDir + "/modules/../../../sub/.git" },
		"no repository":             func(p Private) string { return filepath.Join(p.Host.CommonDir, "modules/none") },
		"a link out of the modules": func(p Private) string { return filepath.Join(p.Host.CommonDir, "modules/link") },
	} {
		t.Run(name, func(t *testing.T) {
			p := checkedOut(t)
			link(t, filepath.Join(filepath.Dir(p.Host.WorkTree), "sub/.git"), filepath.Join(p.Host.CommonDir, "modules/link"))
			plain(t, p.Host.WorkTree, "update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,planted")
			put(t, filepath.Join(p.Host.WorkTree, "planted/.git"), "gitdir: "+pointer(p)+"\n")
			modules := shown(t, p)
			if len(modules) != 1 || filepath.Base(filepath.Dir(modules[0].DotGit)) != "sub" { // the control is among them
				t.Errorf("modules: %v", modules)
			}
		})
	}
}

// TestSubmodulesThatAreNotCheckedOutAreNamed holds that a run knows their folders, whatever was looked at before and whoever works
// with the directory: git status looks into what is made there.
func TestSubmodulesThatAreNotCheckedOutAreNamed(t *testing.T) {
	p := checkedOut(t)
	add := func(name string) string {
		plain(t, p.Host.WorkTree, "update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,"+name)
		return filepath.Join(p.Host.WorkTree, name)
	}
	begin := func() *os.File {
		use, _, err := p.Begin(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		return use
	}
	want := func(empty ...string) {
		t.Helper()
		v := p.View()
		if !slices.Equal(v.Empty, empty) || !slices.Equal(v.Nested, []string{filepath.Join(p.Host.WorkTree, "sub/.git")}) {
			t.Errorf("empty %q, nested %q; want empty %q", v.Empty, v.Nested, empty)
		}
	}
	first := add("first")
	use := begin()
	want(first)
	second := add("deep/second")
	begin().Close()
	want(second, first)
	use.Close()
	put(t, filepath.Join(first, ".git/HEAD"), "")
	if v := p.View(); len(v.Nested) != 2 || len(v.Empty) != 1 {
		t.Errorf("empty %q, nested %q", v.Empty, v.Nested)
	}
}
