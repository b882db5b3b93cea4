package git

import (
	"path/filepath"
	"testing"
)

func TestMayAppear(t *testing.T) {
	host := refs{IDs: map[string]string{"refs/heads/main": "1", "refs/heads/a/b": "1", "refs/tags/v1": "1", "refs/remotes/origin/HEAD": "1"}}
	remotes := []string{"upstream"}
	for name, want := range map[string]bool{
		"refs/heads/topic": true, "refs/heads/fix/1": true, "refs/tags/v2": true, "refs/heads/WIP": true, "refs/heads/cab": true,
		"refs/heads/feature-green": true, "refs/heads/v1-gnome": true, "refs/heads/überall": true, "refs/heads/upstreams": true,

		"refs/heads/a": false, "refs/heads/main/x": false, "refs/heads/v1": false, "refs/tags/main": false, "refs/notes/x": false,
		"refs/heads/jail/x": false, "refs/heads/refs/heads/main": false,
		"refs/heads/origin": false, "refs/tags/origin": false, "refs/heads/upstream": false, "refs/heads/upstream/main": false,
		"refs/heads/f22a700": false, "refs/tags/F22A": false, "refs/tags/1.0-3-gf22a700": false,
		"refs/heads/FETCH_HEAD": false, "refs/heads/ORIG_HEAD": false, "refs/tags/CHERRY_PICK_HEAD": false, "refs/heads/AUTO_MERGE": false,
		"refs/heads/a\u009d52;c;x\u009c": false, "refs/heads/a\u202eb": false, "refs/heads/a\xff": false, "refs/heads/a\x1b[m": false,
	} {
		if got := mayAppear(name, host, remotes); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// TestUsersRefsOfTheRun holds that what the user makes while a jail runs is his, although the jail has the same under the same name
// for a while: it is not deleted and only goes forward.
func TestUsersRefsOfTheRun(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	p.begin(t)
	p.inside(t, "branch", "jails")
	p.take(t)
	plain(t, repo.WorkTree, "checkout", "-q", "-b", "work")
	work := commit(t, repo.WorkTree, "the user's")
	plain(t, repo.WorkTree, "checkout", "-q", "main")
	for _, name := range []string{"rescue", "forward"} {
		plain(t, repo.WorkTree, "branch", name, work)
	}
	plain(t, repo.WorkTree, "tag", "kept", work)
	plain(t, p.Dir, "--git-dir=git", "fetch", "-q", repo.WorkTree, "refs/heads/*:refs/remotes/host/*")
	for _, name := range []string{"rescue", "work", "forward"} {
		p.inside(t, "branch", "-q", name, "host/"+name)
	}
	p.take(t)
	p.inside(t, "branch", "-q", "-D", "rescue", "jails")
	p.inside(t, "tag", "-d", "kept")
	p.inside(t, "branch", "-q", "-f", "work", "main")
	forward := p.inside(t, "commit-tree", "-p", work, "-m", "on", work+"^{tree}")
	p.inside(t, "branch", "-q", "-f", "forward", forward)
	p.take(t)
	for ref, want := range map[string]string{"rescue": work, "work": work, "kept": work, "forward": forward, "jails": ""} {
		if got := p.host(t, ref); got != want {
			t.Errorf("%s is %q, want %q", ref, got, want)
		}
	}
}
