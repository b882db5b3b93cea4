package git

import (
	"slices"
	"testing"
)

func TestInTree(t *testing.T) {
	for command, want := range map[string]bool{
		"git-lfs smudge -- %f": false, "/usr/bin/x %f": false, `"/opt/git crypt/x" clean`: true, "tr a-z A-Z": false, "~/bin/x": false,
		"./x": true, "tools/x": true, "sh tools/x": true, `"./x" y`: true, "../x": true, "": false,
	} {
		if got := inTree(command); got != want {
			t.Errorf("%q: got %v, want %v", command, got, want)
		}
	}
}

func TestDisarm(t *testing.T) {
	e := func(level, key, value string) entry { return entry{setting{key, value}, level} }
	entries := []entry{
		e("global", "filter.lfs.clean", "git-lfs clean -- %f"),
		e("global", "filter.user.clean", "/usr/bin/user"),
		e("global", "core.autocrlf", "input"),
		e("system", "core.eol", "crlf"),
		e("global", "core.excludesfile", "relative"),
		e("local", "core.eol", "lf"),
		e("local", "filter.a.B.clean", "x"),
		e("local", "filter.rel.smudge", "tools/x"),
		e("worktree", "diff.d.textconv", "x"),
		e("local", "merge.m.driver", "x"),
		e("local", "hook.h.command", "x"),
	}
	off := func(name string) []setting {
		p := "filter." + name + "."
		return []setting{{p + "clean", ""}, {p + "smudge", ""}, {p + "process", ""}, {p + "required", "false"}}
	}
	rest := []setting{{"diff.d.textconv", ""}, {"merge.m.driver", "exit 1"}, {"hook.h.enabled", "false"}}
	want := slices.Concat(off("a.B"), off("rel"), rest,
		[]setting{{"core.autocrlf", "input"}, {"filter.lfs.clean", "git-lfs clean -- %f"}})
	if got := disarm(entries, repositoryOnly); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := disarm(entries, withUser), slices.Concat(off("rel"), rest); !slices.Equal(got, want) {
		t.Errorf("with user: got  %q\nwant %q", got, want)
	}
	entries = append(entries, e("local", "filter.lfs.process", "evil"))
	got := disarm(entries, repositoryOnly)
	for _, s := range off("lfs") {
		if !slices.Contains(got, s) {
			t.Errorf("%q is missing", s)
		}
	}
	if slices.Contains(got, setting{"filter.lfs.clean", "git-lfs clean -- %f"}) {
		t.Error("a changed lfs filter is carried over")
	}
}
