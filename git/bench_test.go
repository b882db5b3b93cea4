package git

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkStatus compares Status with one plain "git status --porcelain=v2 --untracked-files=all" on 20,000 files, 200
// of them changed and 50 untracked, in alternation, and reports the ratio of the shortest times.
func BenchmarkStatus(b *testing.B) {
	dir := b.TempDir()
	b.Setenv("HOME", dir)
	top := filepath.Join(dir, "repo")
	for i := range 20_000 {
		put(b, filepath.Join(top, fmt.Sprint("d", i%200), fmt.Sprint("f", i)), strings.Repeat(fmt.Sprintln("line", i), 40))
	}
	plain(b, top, "-c", "init.defaultBranch=main", "init", "-q")
	commit(b, top, "first")
	repo, err := Discover(b.Context(), top)
	if err != nil {
		b.Fatal(err)
	}
	base, ref, err := repo.ResolveBase(b.Context(), "")
	if err != nil {
		b.Fatal(err)
	}
	tree, err := repo.AddWorktree(b.Context(), AddRequest{Path: filepath.Join(dir, "tree"), Branch: "jail/x", Base: base})
	if err != nil {
		b.Fatal(err)
	}
	tree.BaseRef = ref
	for i := range 200 {
		put(b, filepath.Join(tree.WorkTree, fmt.Sprint("d", i), fmt.Sprint("f", i)), "changed\n")
	}
	for i := range 50 {
		put(b, filepath.Join(tree.WorkTree, fmt.Sprint("d", i), "new"), "new\n")
	}
	ours, theirs := time.Hour, time.Hour
	for b.Loop() {
		start := time.Now()
		if s, err := tree.Status(b.Context()); err != nil || s.Unstaged != 200 || s.Untracked != 50 {
			b.Fatal(s, err)
		}
		middle := time.Now()
		cmd := plainCommand(tree.WorkTree, "--no-optional-locks", "status", "--porcelain=v2", "--untracked-files=all")
		if _, err := cmd.Output(); err != nil {
			b.Fatal(err)
		}
		ours, theirs = min(ours, middle.Sub(start)), min(theirs, time.Since(middle))
	}
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
	b.ReportMetric(float64(theirs.Milliseconds()), "git-ms")
	b.ReportMetric(float64(ours.Milliseconds()), "ours-ms")
}
