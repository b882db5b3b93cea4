package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// applyCase is a work tree of the user's and work of a jail's, each made by a shell script.
type applyCase struct{ name, base, jail, user string }

var applyCases = []applyCase{
	{"edits of both in one file", "seq 40 > f", "sed -i 40s/.*/jail/ f", "sed -i 1s/.*/mine/ f"},
	{"a new, a changed and a deleted file", "seq 9 > f; echo g > g", "rm g; echo n > n; echo 10 >> f", "echo mine > other"},
	{"an empty file", "seq 9 > f", ": > empty; : > d-empty", ""},
	{"no newline at the end", "printf 'a\\nb' > f", "printf 'a\\nb\\nc' > f", ""},
	{"a program, and no longer one", "echo a > a; echo b > b; chmod 755 b", "chmod 755 a; chmod 644 b; echo >> b", ""},
	{"a mode of the user's", "seq 40 > f", "echo 41 >> f", "chmod 600 f"},
	{"a file that only may be read", "seq 40 > f; echo g > g", "echo 41 >> f; rm g", "chmod 400 f g"},
	{"binary files", "printf 'a\\0b' > f; printf 'x\\0' > g", "printf 'a\\0c' > f; printf '\\0new' > n; rm g", ""},
	{"links", "echo f > f; ln -s f l; ln -s f gone", "ln -sfn g l; rm gone; ln -s ../f new; ln -s none d-new", ""},
	{"a file becomes a link, and the reverse", "echo f > f; ln -s f l", "rm f l; ln -s g f; echo file > l", ""},
	{"a file becomes a folder", "echo f > f; seq 9 > z", "rm f; mkdir -p f/d; echo x > f/d/x; echo 10 >> z", "sed -i 1s/.*/mine/ z"},
	{"a folder becomes a file", "mkdir -p d/e; echo x > d/x; echo y > d/e/y", "rm -r d; echo file > d", ""},
	{"a link becomes a folder", "mkdir e; echo x > e/x; ln -s e d; echo 1 > d-x", "rm d; mkdir d; echo y > d/x; echo 2 > d-x", ""},
	{"a folder becomes a link", "mkdir d; echo x > d/x; echo y > d/y", "rm -r d; ln -s e d", ""},
	{"deletions empty folders", "mkdir -p a/b/c k; echo x > a/b/c/x; echo k > k/k; echo l > k/l", "rm a/b/c/x k/k", ""},
	{"deletions beside what is ignored", "echo '*.o' > .gitignore; mkdir a; echo x > a/x", "rm a/x", "echo o > a/x.o"},
	{"names", "printf 1 > 'a\nb'; printf 1 > \"$(printf 'x\\377')\"; echo 1 > '[*]?'; echo 1 > 'a b'; echo 1 > '\"'",
		"for f in *; do echo 2 >> \"$f\"; done; mkdir 'n\n'; echo > 'n\n/t\t'; echo > 'diff --git a b'", ""},
	{"text that looks like a patch", "printf 'diff --git a/x b/x\\n' > f; seq 9 > g", "printf 'diff --git a/y b/y\\n' >> f; echo >> g", ""},
	{"autocrlf", "git config core.autocrlf true; printf 'a\\r\\nb\\r\\n' > f; seq 9 > g", "printf 'c\\r\\n' >> f; printf 'n\\nm\\n' > n; echo 10 >> g", "sed -i 1i\\mine g"},
	{"eol=crlf", "printf '*.txt text eol=crlf\\n' > .gitattributes; printf 'a\\r\\nb\\r\\n' > f.txt; mkdir d; printf '*.md eol=crlf\\n' > d/.gitattributes; printf 'a\\r\\n' > d/x.md",
		"printf 'c\\r\\n' >> f.txt; printf 'n\\r\\n' > n.txt; printf 'b\\r\\n' >> d/x.md", ""},
	{"what is stored with CR", "printf 'a\\r\\nb\\r\\n' > f; git add f; echo g > g; git commit -qm crlf; git config core.autocrlf true", "printf 'c\\r\\n' >> f", ""},
	{"the attributes change too", "printf 'a\\n' > f.txt", "printf '*.txt text eol=crlf\\n' > .gitattributes; printf 'b\\n' >> f.txt", ""},
	{"a filter of the user's", "git config --global filter.up.clean 'tr A-Z a-z'; git config --global filter.up.smudge 'tr a-z A-Z'; echo '*.u filter=up' > .gitattributes; printf 'A\\nB\\n' > f.u",
		"echo C >> f.u; echo NEW > n.u", ""},
	{"a file that the index passes over", "seq 40 > f", "echo 41 >> f", "git update-index --skip-worktree f; sed -i 1s/.*/mine/ f"},
	{"what is staged", "seq 40 > f; echo g > g", "echo 41 >> f; echo n > n", "echo staged > g; git add g; echo i > intent; git add -N intent"},
	{"a file in the way", "seq 9 > f", "echo n > n; echo 10 >> f", "echo mine > n"},
	{"an ignored file in the way", "echo n > .gitignore; seq 9 > f", "git config core.excludesfile /dev/null; sed -i d .gitignore; echo n > n; echo 10 >> f", "echo mine > n"},
	{"an edit in the way", "seq 9 > f; seq 9 > g", "sed -i 5s/.*/jail/ f; echo 10 >> g", "sed -i 5s/.*/mine/ f"},
	{"a deleted file with an edit", "seq 9 > f; seq 9 > g", "rm f; echo 10 >> g", "sed -i 5s/.*/mine/ f"},
	{"no file any more", "seq 9 > f; seq 9 > g", "echo 10 >> f; echo 10 >> g", "rm g"},
	{"behind a link of the user's", "mkdir d; echo x > d/x; echo f > f", "echo 2 >> d/x; echo 2 >> f", "mv d e; ln -s e d"},
	{"a new file behind a link", "echo f > f", "mkdir d; echo x > d/x; echo 2 >> f", "mkdir e; ln -s e d"},
}

// sh runs a script in a folder, with git as a person has it.
func sh(t *testing.T, dir, script string) {
	t.Helper()
	cmd := plainCommand(dir)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-ec", script}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
}

// jailWork makes the work tree of a case, and returns it and the jail's work.
func (c applyCase) jailWork(t *testing.T, dir string) (r Repo, files []FileChange, patch string) {
	t.Helper()
	mkdir(t, dir)
	r = Repo{CommonDir: filepath.Join(dir, ".git"), GitDir: filepath.Join(dir, ".git"), WorkTree: dir}
	sh(t, dir, "git init -q -b main; git config core.safecrlf false\n"+c.base+"\ngit add -A; git commit -qm base\n"+c.jail+"\ngit add -A; git commit -qm jail; git checkout -q -f HEAD~1")
	d, err := r.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	from, to := plain(t, dir, "rev-parse", "main~1"), plain(t, dir, "rev-parse", "main")
	if files, err = d.changes(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := r.Patch(t.Context(), from, to, &text); err != nil {
		t.Fatal(err)
	}
	sh(t, dir, c.user)
	return r, files, text.String()
}

// filesOf is a work tree with its modes and content, and the index.
func filesOf(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if name == ".git" {
			data, err := os.ReadFile(filepath.Join(path, "index"))
			fmt.Fprintf(&out, "index %x\n", data)
			if err != nil {
				return err
			}
			return fs.SkipDir
		}
		fmt.Fprintf(&out, "%q %v", name, info.Mode())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			text, _ := os.Readlink(path)
			fmt.Fprintf(&out, " %q", text)
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, " %q", text)
		}
		out.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// noStage fails where a stage is left.
func noStage(t *testing.T, r Repo) {
	t.Helper()
	for _, dir := range []string{r.GitDir, r.WorkTree} {
		if left, _ := filepath.Glob(filepath.Join(dir, stagePrefix+"*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
}

// TestApplyIsGitApply holds that the work tree is as git apply leaves it, and as it was where git apply refuses.
func TestApplyIsGitApply(t *testing.T) {
	for _, c := range applyCases {
		t.Run(c.name, func(t *testing.T) {
			dir := clean(t)
			r, files, patch := c.jailWork(t, filepath.Join(dir, "repo"))
			oracle := filepath.Join(dir, "oracle")
			if out, err := exec.Command("cp", "-a", r.WorkTree, oracle).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			before := filesOf(t, r.WorkTree)
			cmd := plainCommand(oracle, "apply", "--whitespace=nowarn")
			cmd.Stdin = strings.NewReader(patch)
			said, refused := cmd.CombinedOutput()
			err := r.Apply(t.Context(), files, patch)
			if (err != nil) != (refused != nil) {
				t.Fatalf("got %v, git says %v: %s", err, refused, said)
			}
			var failed *CommandError
			if err != nil && (!errors.As(err, &failed) || failed.Stderr != strings.TrimSpace(string(said))) {
				t.Errorf("got %v, git says %s", err, said)
			}
			want := filesOf(t, oracle)
			if got := filesOf(t, r.WorkTree); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			} else if (got == before) != (err != nil) {
				t.Errorf("%v, and the work tree is\n%s", err, got)
			}
			noStage(t, r)
			if err == nil {
				if err := r.Apply(t.Context(), files, patch); !errors.Is(err, ErrApplied) {
					t.Errorf("again: %v", err)
				}
			}
		})
	}
}

// TestApplyGoesOverNothing holds that what git apply would find only on the way, with files removed already, is found before.
func TestApplyGoesOverNothing(t *testing.T) {
	for _, c := range []applyCase{
		{"a folder with more in it", "echo '*.o' > .gitignore; mkdir d; echo x > d/x; seq 9 > a", "rm -r d; echo file > d; echo 10 >> a", "echo mine > d/mine.o"},
		{"a folder in place of a new file", "seq 9 > a", "echo n > n; echo 10 >> a", "mkdir n; echo mine > n/mine"},
		{"a file in place of a new folder", "seq 9 > a", "mkdir n; echo n > n/n; echo 10 >> a", "echo mine > n"},
		{"a folder that is closed", "seq 9 > a; mkdir d; echo x > d/x", "echo y >> d/x; echo 10 >> a", "chmod 500 d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, files, patch := c.jailWork(t, filepath.Join(clean(t), "repo"))
			t.Cleanup(func() { _ = os.Chmod(filepath.Join(r.WorkTree, "d"), 0o755) })
			if os.Geteuid() == 0 && strings.Contains(c.user, "chmod") {
				t.Skip("nothing is closed to root")
			}
			before := filesOf(t, r.WorkTree)
			var blocked *BlockedError
			if err := r.Apply(t.Context(), files, patch); !errors.As(err, &blocked) {
				t.Errorf("got %v", err)
			}
			if got := filesOf(t, r.WorkTree); got != before {
				t.Errorf("got\n%s\nwant\n%s", got, before)
			}
			noStage(t, r)
		})
	}
}

// TestApplyLeavesWhatChangesMeanwhile holds that a file that the user changes while the others are put in place stays.
func TestApplyLeavesWhatChangesMeanwhile(t *testing.T) {
	c := applyCase{"", "for f in a b c; do yes x | head -n 40 > $f; done", "sed -i 20iy a b c", ""}
	r, files, patch := c.jailWork(t, filepath.Join(clean(t), "repo"))
	steps := 0
	var partly *PartlyError
	err := r.apply(t.Context(), files, patch, func() {
		if steps++; steps == 2 {
			sh(t, r.WorkTree, "sed -i 1s/.*/mine/ b")
		}
	})
	if !errors.As(err, &partly) || partly.Done != 1 || partly.Files != 3 {
		t.Fatalf("got %v", err)
	}
	if err := r.Apply(t.Context(), files, patch); err != nil {
		t.Fatal(err)
	}
	sh(t, r.WorkTree, "for f in a b c; do test $(grep -c y $f) = 1; done; test $(head -n1 b) = mine")
	noStage(t, r)
}

// applyUntil applies a patch and kills itself before a step: "REPO FROM TO STEP". It returns the exit code where that does not come.
func applyUntil(dir, from, to, step string) int {
	r := Repo{CommonDir: filepath.Join(dir, ".git"), GitDir: filepath.Join(dir, ".git"), WorkTree: dir}
	ctx := context.Background()
	var patch strings.Builder
	d, err := r.open(ctx)
	if err == nil {
		err = r.Patch(ctx, from, to, &patch)
	}
	files, changesErr := d.changes(ctx, from, to)
	left, numberErr := strconv.Atoi(step)
	if err = errors.Join(err, changesErr, numberErr); err == nil {
		err = r.apply(ctx, files, patch.String(), func() {
			if left--; left == 0 {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// atEachStep kills an apply at each of its git processes and before each of its steps, restores the work tree before each, and reports
// how often.
func atEachStep(t *testing.T, r Repo, check func(moment string)) (kills int) {
	t.Helper()
	saved, home, bin := r.WorkTree+".saved", os.Getenv("HOME"), falseGit(t, killer)
	copyAll := func(from, to string) {
		if out, err := exec.Command("sh", "-c", `rm -rf "$1"; cp -a "$0" "$1"`, from, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	copyAll(r.WorkTree, saved)
	from, to := plain(t, r.WorkTree, "rev-parse", "main~1"), plain(t, r.WorkTree, "rev-parse", "main")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"before", "after", "step"} {
		for at := 1; ; at++ {
			step, process := 0, at
			if when == "step" {
				step, process = at, 0
			}
			put(t, filepath.Join(home, "count"), "0\n")
			put(t, filepath.Join(home, "at"), fmt.Sprintln(process))
			put(t, filepath.Join(home, "when"), when+"\n")
			cmd := exec.Command(self, "apply", r.WorkTree, from, to, strconv.Itoa(step))
			cmd.Env = []string{"HOME=" + home, "PATH=" + bin + ":" + os.Getenv("PATH")}
			out, err := cmd.CombinedOutput()
			killed := err != nil && cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
			if err != nil && !killed {
				t.Fatalf("%s %d: %v: %s", when, at, err, out)
			}
			check(fmt.Sprintf("%s %d", when, at))
			copyAll(saved, r.WorkTree)
			if !killed {
				break
			}
			kills++
		}
	}
	return kills
}

// TestKilledApply holds that each file is as it was or as it is to be whenever an apply is killed, and that the next one goes on.
func TestKilledApply(t *testing.T) {
	for _, c := range []applyCase{
		{"files", "for i in 1 2 3 4 5; do seq 40 > f$i; done; echo g > g; mkdir d; echo x > d/x; echo l > l",
			"for i in 1 2 3 4 5; do echo jail >> f$i; done; rm g d/x l; ln -s f1 l; echo n > n; mkdir -p e/f; echo > e/f/n", "for i in 2 4; do sed -i 1s/.*/mine/ f$i; done; echo other > mine"},
		{"one line over and over", "for i in 1 2 3 4 5 6; do yes x | head -n 40 > r$i; done", "sed -i 20iy r*", "sed -i 1s/.*/mine/ r2 r5"},
		{"kinds", "echo f > f; mkdir -p d/e s; echo x > d/x; echo y > d/e/y; echo k > s/k; ln -s s l; seq 40 > d-x; seq 40 > z",
			"rm -r f d l; mkdir f l; echo 1 > f/1; echo 2 > f/2; echo file > d; echo k > l/k; echo m > l/m; echo jail >> z; echo jail >> d-x", "sed -i 1s/.*/mine/ z d-x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, files, patch := c.jailWork(t, filepath.Join(clean(t), "repo"))
			old := byName(filesOf(t, r.WorkTree))
			if err := r.Apply(t.Context(), files, patch); err != nil {
				t.Fatal(err)
			}
			after := filesOf(t, r.WorkTree)
			fresh := byName(after)
			sh(t, r.WorkTree, "git clean -qfd; git checkout -q -f .; "+c.user)
			kills := atEachStep(t, r, func(moment string) {
				now := byName(filesOf(t, r.WorkTree))
				for name := range now {
					if text := now[name]; name != "index" && text != old[name] && text != fresh[name] && !strings.HasPrefix(text, "d") {
						t.Errorf("%s: %s is neither old nor new: %q", moment, name, text)
					}
				}
				for name := range old {
					// What becomes a folder goes first, and what was one.
					if _, is := now[name]; !is && fresh[name] != "" && !strings.HasPrefix(fresh[name], "d") && !strings.HasPrefix(old[name], "d") {
						t.Errorf("%s: %s is gone", moment, name)
					}
				}
				if err := r.Apply(t.Context(), files, patch); err != nil && !errors.Is(err, ErrApplied) {
					t.Errorf("%s: again: %v", moment, err)
				}
				if got := byName(filesOf(t, r.WorkTree)); !sameFiles(got, fresh) {
					t.Errorf("%s: then\n%s\nwant\n%s", moment, filesOf(t, r.WorkTree), after)
				}
				noStage(t, r)
			})
			if kills < 20 {
				t.Errorf("only %d kills", kills)
			}
		})
	}
}

// byName takes a listing apart, by names.
func byName(listing string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(listing) {
		name, rest, _ := strings.Cut(line, " ")
		out[name] = rest
	}
	return out
}

// sameFiles compares all but the index, which has the times of files.
func sameFiles(a, b map[string]string) bool {
	for _, m := range []map[string]string{a, b} {
		for name := range m {
			if name != "index" && a[name] != b[name] {
				return false
			}
		}
	}
	return true
}
