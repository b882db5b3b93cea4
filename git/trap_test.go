package git

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// trap is a way to let git start a program. plant sets it, with a command that leaves a file behind; control is a plain
// git that springs it, which proves that the trap works.
type trap struct {
	name    string
	plant   func(t *testing.T, tree Worktree, command string)
	control func(tree Worktree) (dir string, args []string)
}

func configured(key, value string) func(*testing.T, Worktree, string) {
	return func(t *testing.T, tree Worktree, command string) {
		plain(t, tree.WorkTree, "config", key, strings.ReplaceAll(value, "CMD", command))
	}
}

func inTreeRun(args ...string) func(Worktree) (string, []string) {
	return func(tree Worktree) (string, []string) { return tree.WorkTree, args }
}

func attributed(line string, then func(*testing.T, Worktree, string)) func(*testing.T, Worktree, string) {
	return func(t *testing.T, tree Worktree, command string) {
		put(t, filepath.Join(tree.WorkTree, ".gitattributes"), line)
		then(t, tree, command)
	}
}

func traps() []trap {
	return []trap{
		{"fsmonitor", configured("core.fsmonitor", "CMD"), inTreeRun("status")},
		{"external diff", configured("diff.external", "CMD"), inTreeRun("diff")},
		{"diff command", attributed("*.txt diff=x\n", configured("diff.x.command", "CMD")), inTreeRun("diff")},
		{"textconv", attributed("*.txt diff=x\n", configured("diff.x.textconv", "CMD")), inTreeRun("diff")},
		{"clean filter", attributed("*.txt filter=x\n", configured("filter.x.clean", "CMD")), inTreeRun("diff")},
		{"filter with an odd name", attributed("*.txt filter=a=b.C\n", oddFilter), inTreeRun("diff")},
		{"process filter", attributed("*.txt filter=x\n", configured("filter.x.process", "CMD")), inTreeRun("diff")},
		{"filter called lfs", attributed("*.txt filter=lfs\n", configured("filter.lfs.clean", "CMD")), inTreeRun("diff")},
		{"hooks directory", hooksPath, inTreeRun("update-ref", "refs/heads/control", "HEAD")},
		{"hooks", hooks, inTreeRun("update-ref", "refs/heads/control", "HEAD")},
		{"signature check", signature, inTreeRun("log", "jail/x")},
		{"gitlink", gitlink, inTreeRun("status")},
		{"lazy fetch", lazyFetch, inTreeRun("-c", "core.fsmonitor=false", "diff", "HEAD")},
		{"config of the work tree", worktreeConfig, inTreeRun("status")},
		{"included config", included, inTreeRun("diff")},
	}
}

func oddFilter(t *testing.T, tree Worktree, command string) {
	config := filepath.Join(tree.CommonDir, "config")
	old, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	put(t, config, string(old)+"[filter \"a=b.C\"]\n\tclean = "+command+"\n")
}

func hooksPath(t *testing.T, tree Worktree, command string) {
	dir := filepath.Join(filepath.Dir(tree.WorkTree), "hooks")
	script(t, filepath.Join(dir, "reference-transaction"), command)
	script(t, filepath.Join(dir, "post-checkout"), command)
	script(t, filepath.Join(dir, "post-index-change"), command)
	plain(t, tree.WorkTree, "config", "core.hooksPath", dir)
}

func hooks(t *testing.T, tree Worktree, command string) {
	script(t, filepath.Join(tree.CommonDir, "hooks", "reference-transaction"), command)
	script(t, filepath.Join(tree.CommonDir, "hooks", "post-checkout"), command)
}

// signature makes the branch's tip a commit that claims to be signed.
func signature(t *testing.T, tree Worktree, command string) {
	text := plain(t, tree.WorkTree, "cat-file", "commit", "HEAD")
	head, message, _ := strings.Cut(text+"\n", "\n\n")
	cmd := plainCommand(tree.WorkTree, "hash-object", "-t", "commit", "-w", "--stdin")
	cmd.Stdin = strings.NewReader(head + "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n" + message)
	id, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	plain(t, tree.WorkTree, "update-ref", "refs/heads/jail/x", strings.TrimSpace(string(id)))
	plain(t, tree.WorkTree, "config", "gpg.program", command)
	plain(t, tree.WorkTree, "config", "log.showSignature", "true")
}

// gitlink plants a repository of the jail's own as a submodule: git status looks into it, with its configuration.
func gitlink(t *testing.T, tree Worktree, command string) {
	nested := filepath.Join(tree.WorkTree, "nested")
	project(t, nested)
	plain(t, tree.WorkTree, "update-index", "--add", "--cacheinfo", "160000,"+plain(t, nested, "rev-parse", "HEAD")+",nested")
	plain(t, nested, "config", "core.fsmonitor", command)
	put(t, filepath.Join(tree.WorkTree, ".gitmodules"), "[submodule \"nested\"]\n\tpath = nested\n\tignore = none\n")
}

// lazyFetch lets git miss an object that a remote, which is a command, promises to have.
func lazyFetch(t *testing.T, tree Worktree, command string) {
	blob := plain(t, tree.WorkTree, "rev-parse", "HEAD:a.txt")
	for _, setting := range [][2]string{
		{"remote.x.url", "ext::" + command}, {"remote.x.promisor", "true"}, {"extensions.partialClone", "x"},
		{"core.repositoryFormatVersion", "1"}, {"protocol.ext.allow", "always"}, {"protocol.allow", "always"},
	} {
		plain(t, tree.WorkTree, "config", setting[0], setting[1])
	}
	if err := os.Remove(filepath.Join(tree.CommonDir, "objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
}

func worktreeConfig(t *testing.T, tree Worktree, command string) {
	plain(t, tree.WorkTree, "config", "extensions.worktreeConfig", "true")
	put(t, filepath.Join(tree.GitDir, "config.worktree"), "[core]\n\tfsmonitor = "+command+"\n[filter \"x\"]\n\tclean = "+command+"\n")
	put(t, filepath.Join(tree.WorkTree, ".gitattributes"), "*.txt filter=x\n")
}

func included(t *testing.T, tree Worktree, command string) {
	file := filepath.Join(tree.WorkTree, "included.config")
	put(t, file, "[filter \"x\"]\n\tclean = "+command+"\n\trequired = true\n")
	put(t, filepath.Join(tree.WorkTree, ".gitattributes"), "*.txt filter=x\n")
	plain(t, tree.WorkTree, "config", "include.path", file)
}

func script(t testing.TB, path, command string) {
	t.Helper()
	put(t, path, "#!/bin/sh\nexec "+command+" \"$@\"\n")
	if err := os.Chmod(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestTraps is the promise of the package: nothing that the repository's or the work tree's files name is started.
func TestTraps(t *testing.T) {
	for _, test := range traps() {
		t.Run(test.name, func(t *testing.T) {
			dir := beside(t)
			repo := project(t, filepath.Join(dir, "repo"))
			tree := addedTree(t, repo)
			commit(t, tree.WorkTree, "in the jail")
			put(t, filepath.Join(tree.WorkTree, "a.txt"), "one\nchanged\n")
			put(t, filepath.Join(tree.WorkTree, "untracked.txt"), "u\n")
			sprung := filepath.Join(dir, "sprung")
			command := filepath.Join(dir, "command")
			put(t, command, "#!/bin/sh\ntouch '"+sprung+"'\n")
			if err := os.Chmod(command, 0o755); err != nil {
				t.Fatal(err)
			}
			test.plant(t, tree, command)

			at, args := test.control(tree)
			out, _ := plainCommand(at, args...).CombinedOutput()
			if !exists(sprung) {
				t.Fatalf("the trap does not work with plain git: %s", out)
			}
			os.Remove(sprung)
			useEverything(t, tree, repo)
			if exists(sprung) {
				t.Error("the trap was sprung")
			}
		})
	}
}

// useEverything calls all that a person's commands call. Results do not count here, but most must be there.
func useEverything(t *testing.T, tree Worktree, repo Repo) {
	t.Helper()
	ctx := soon(t)
	got, err := tree.Status(ctx)
	if err != nil {
		t.Errorf("status: %v", err)
	}
	if got.Untracked == 0 || got.Unstaged == 0 {
		t.Errorf("status: got %+v", got)
	}
	var out bytes.Buffer
	if err := tree.Diff(ctx, DiffRequest{From: tree.Base}, &out); err != nil {
		t.Logf("diff: %v", err) // an object may be missing
	}
	if _, err := repo.Log(ctx, tree.Base, "jail/x"); err != nil {
		t.Errorf("log: %v", err)
	}
	if _, err := repo.Unmerged(ctx, UnmergedRequest{Branch: "jail/x"}); err != nil {
		t.Errorf("unmerged: %v", err)
	}
	if _, err := Discover(ctx, tree.WorkTree); err != nil {
		t.Errorf("discover: %v", err)
	}
	if _, _, err := tree.ResolveBase(ctx, ""); err != nil {
		t.Errorf("base: %v", err)
	}
	if _, err := tree.UncommittedFiles(ctx); err != nil {
		t.Errorf("uncommitted: %v", err)
	}
	tip, err := repo.BranchTip(ctx, "jail/x")
	if err != nil {
		t.Errorf("tip: %v", err)
	}
	if err := repo.RemoveWorktree(ctx, tree.WorkTree); err != nil {
		t.Errorf("remove: %v", err)
	}
	if err := repo.DeleteBranch(ctx, "jail/x", tip); err != nil {
		t.Errorf("delete: %v", err)
	}
}

// TestAddRunsNoHooks: adding is with the user's configuration, but without what runs a program out of the repository.
func TestAddRunsNoHooks(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	sprung := filepath.Join(dir, "sprung")
	put(t, filepath.Join(repo.WorkTree, ".gitattributes"), "*.txt filter=x\n")
	// A name that is checked out before the files that need it.
	script(t, filepath.Join(repo.WorkTree, ".filter", "run.sh"), "sh -c 'touch "+sprung+"; cat'")
	commit(t, repo.WorkTree, "filter")
	for _, hook := range []string{"post-checkout", "reference-transaction", "post-index-change"} {
		script(t, filepath.Join(repo.CommonDir, "hooks", hook), "touch '"+sprung+"'")
	}
	plain(t, repo.WorkTree, "config", "filter.x.smudge", "./.filter/run.sh")
	plain(t, repo.WorkTree, "config", "filter.x.required", "true")
	os.Remove(sprung)
	plain(t, repo.WorkTree, "-c", "core.hooksPath=/dev/null", "worktree", "add", "-q", filepath.Join(dir, "control1"))
	if !exists(sprung) {
		t.Fatal("plain git does not run the filter")
	}
	os.Remove(sprung)
	plain(t, repo.WorkTree, "-c", "filter.x.smudge=", "-c", "filter.x.required=false", "worktree", "add", "-q", filepath.Join(dir, "control2"))
	if !exists(sprung) {
		t.Fatal("plain git does not run the hooks")
	}
	os.Remove(sprung)
	tree := addedTree(t, repo)
	if exists(sprung) {
		t.Error("the repository's program was run")
	}
	if got, want := tree.SkippedFilters, []string{"x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestUsersFilterRuns: what the user installed for all repositories, as git-lfs, works in a new work tree.
func TestUsersFilterRuns(t *testing.T) {
	dir := clean(t)
	bin := filepath.Join(dir, "bin")
	script(t, filepath.Join(bin, "git-lfs"), "tr a-z A-Z #")
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	repo := project(t, filepath.Join(dir, "repo"))
	put(t, filepath.Join(repo.WorkTree, ".gitattributes"), "*.txt filter=lfs\n")
	commit(t, repo.WorkTree, "attributes")
	for key, value := range map[string]string{"smudge": "git-lfs smudge -- %f", "clean": "git-lfs clean -- %f", "required": "true"} {
		plain(t, dir, "config", "--global", "filter.lfs."+key, value)
	}
	plain(t, dir, "config", "--global", "core.autocrlf", "true")
	tree := addedTree(t, repo)
	got, err := os.ReadFile(filepath.Join(tree.WorkTree, "a.txt"))
	if err != nil || string(got) != "ONE\r\nTWO\r\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestUsersInertSettings: with the user's files off, line endings and ignored files must not make a clean tree dirty.
func TestUsersInertSettings(t *testing.T) {
	dir := clean(t)
	put(t, filepath.Join(dir, "ignore"), "*.junk\n")
	plain(t, dir, "config", "--global", "core.excludesFile", filepath.Join(dir, "ignore"))
	plain(t, dir, "config", "--global", "core.autocrlf", "true")
	tree := addedTree(t, project(t, filepath.Join(dir, "repo")))
	put(t, filepath.Join(tree.WorkTree, "x.junk"), "")
	put(t, filepath.Join(tree.WorkTree, "a.txt"), "one\r\ntwo\r\n") // new time, same content
	if got, err := tree.Status(t.Context()); err != nil || len(got.Entries) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}
