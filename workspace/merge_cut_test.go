package workspace

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"jail/git"
)

// cuts are verbs that change a checkout, and how to tell the git that does it.
var cuts = []struct {
	verb, git  string
	part, dir  string // what of a.txt is written, and what becomes of dir/new: a shell command
	gone       string
	from, want string // status afterwards
}{
	{"merge", "--ff-only", "the ja", "mkdir -p dir; : > dir/new", "rm gone", "", ""},
	{"stage", "read-tree -m -u", "the ja", "mkdir -p dir; : > dir/new", "rm gone", "", "M  a.txt\nA  dir/new\nD  gone\n"},
	{"undo", "--keep", "", "rm dir/new", "printf go > gone", "merge", ""},
}

// ends are how git ends there: with jail, or so that the way back is open, or so that it is not.
var ends = map[string]string{"killed": "kill -9 $PPID; exit 1", "failed": "exit 128", "full": "echo > BIN/full; exit 128"}

// TestCutChangeIsMadeGood: git was ended in the middle of the files, and jail with it, or git failed and could go on no further. The
// files are taken back, those too that git was writing, and the verb, said again, is done as a whole.
func TestCutChangeIsMadeGood(t *testing.T) {
	for _, c := range cuts {
		halves := map[string]string{
			"files": "cd REPO || exit; printf '" + c.part + "' > a.txt; " + c.dir + "; " + c.gone,
			"index": `case "$*" in *read-tree*) REAL;; *) for to; do :; done; BIN/git.real --git-dir=REPO/.git --work-tree=REPO read-tree -m -u HEAD $to;; esac`,
		}
		for what, half := range halves {
			for end, how := range ends {
				t.Run(c.verb+" "+what+" "+end, func(t *testing.T) {
					w := mergeable(t)
					if c.from != "" {
						if err := perform(w.Manager, w.repo, c.from, "x"); err != nil {
							t.Fatal(err)
						}
					}
					before := w.look(t)
					script := `case "$*" in *"` + c.git + `"*) ` + half + "; " + how + `;; *checkout-index*) if [ -e BIN/full ]; then echo full >&2; exit 128; fi;; esac`
					bin := w.scriptedGit(t, strings.ReplaceAll(script, "REPO", w.repo))
					w.cutOff(t, c.verb, bin, end, before)
					t.Setenv("PATH", systemPath())
					if exists(filepath.Join(w.repo, ".git", "MERGE_HEAD")) {
						t.Error("a merge is marked, without its work")
					}
					if err := perform(w.Manager, w.repo, c.verb, "x"); err != nil {
						t.Fatal(err)
					}
					if got := plain(t, w.repo, "status", "--porcelain"); got != c.want+" M mine.txt" {
						t.Errorf("got %q", got)
					}
					text, _ := os.ReadFile(filepath.Join(w.repo, "a.txt"))
					if (string(text) == "the jail's\n") != (c.verb != "undo") || exists(filepath.Join(w.repo, "gone")) != (c.verb == "undo") {
						t.Errorf("a.txt has %q", text)
					}
					if got := plain(t, w.repo, "for-each-ref", jailRef("x", refFrom), jailRef("x", refTo)); got != "" {
						t.Errorf("left: %s", got)
					}
				})
			}
		}
	}
}

// cutOff does a verb that is cut off, and checks what is said and known of it.
func (w world) cutOff(t *testing.T, verb, bin, end, before string) {
	t.Helper()
	r, err := w.Find("x")
	if err != nil {
		t.Fatal(err)
	}
	if end == "killed" {
		if !w.elsewhere(t, bin, verb, "x") {
			t.Fatal("not killed")
		}
		if what, _ := w.Manager.cutOff(t.Context(), r); what == "" || w.look(t) == before {
			t.Errorf("known as %q", what)
		}
		return
	}
	t.Setenv("PATH", bin+":"+systemPath())
	var cut *git.CutError
	err = perform(w.Manager, w.repo, verb, "x")
	if !errors.As(err, &cut) {
		t.Fatalf("got %v", err)
	}
	what, _ := w.Manager.cutOff(t.Context(), r)
	if full := end == "full"; full != (cut.Back != nil) || full != (what != "") || full != (w.look(t) != before) {
		t.Errorf("got %v, known as %q, %s", err, what, w.look(t))
	}
}

// look is all of the checkout that a change of it changes.
func (w world) look(t *testing.T) string {
	t.Helper()
	return plain(t, w.repo, "rev-parse", "main") + plain(t, w.repo, "status", "--porcelain") + plain(t, w.repo, "diff", "HEAD")
}

// TestCutLeavesTheUsers: what the user wrote after a cut stays, and is said to be in the way.
func TestCutLeavesTheUsers(t *testing.T) {
	w := mergeable(t)
	script := `case "$*" in *--ff-only*) cd REPO || exit; printf 'the ja' > a.txt; rm gone; mkdir dir; echo news > dir/new; kill -9 $PPID; exit 1;; esac`
	if !w.elsewhere(t, w.scriptedGit(t, strings.ReplaceAll(script, "REPO", w.repo)), "merge", "x") {
		t.Fatal("not killed")
	}
	var in *git.InTheWayError
	if err := perform(w.Manager, w.repo, "merge", "x"); !errors.As(err, &in) || len(in.Paths) != 1 || in.Paths[0] != "dir/new" {
		t.Errorf("got %v", err)
	}
	if got := plain(t, w.repo, "status", "--porcelain"); got != " M mine.txt\n?? dir/" {
		t.Errorf("got %q", got)
	}
}

// TestFullDiskMakesRoom: the way back begins with the files that are new, which no disk needs to have room for.
func TestFullDiskMakesRoom(t *testing.T) {
	w := mergeable(t)
	before := w.look(t)
	script := `case "$*" in *--ff-only*) cd REPO || exit; printf 'the ja' > a.txt; rm gone; mkdir dir; echo new > dir/new; exit 128;;
*read-tree*) [ ! -e REPO/dir ] || exit 128;; esac`
	bin := w.scriptedGit(t, strings.ReplaceAll(script, "REPO", w.repo))
	t.Setenv("PATH", bin+":"+systemPath())
	var cut *git.CutError
	if err := perform(w.Manager, w.repo, "merge", "x"); !errors.As(err, &cut) || cut.Back != nil {
		t.Errorf("got %v", err)
	}
	if got := w.look(t); got != before {
		t.Errorf("got %s", got)
	}
}
