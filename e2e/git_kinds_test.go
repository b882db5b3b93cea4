package e2e

import (
	"os"
	"testing"

	"jail/jail/jailtest"
)

// TestRepositoryKinds makes a jail of each kind of repository, works in it with git, and merges.
func TestRepositoryKinds(t *testing.T) {
	if os.Geteuid() == 0 {
		return
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	const first = `echo f > f; mkdir -p d; echo g > d/g; git add .; git commit -qm first`
	kinds := []struct{ name, make string }{
		{"plain", `git init -q $MAIN; cd $MAIN; ` + first},
		{"bare", `git init -q m; cd m; ` + first + `; cd ..; git clone -q --bare m $MAIN`},
		{"linked worktree", `git init -q m; cd m; ` + first + `; git branch side; git worktree add -q $MAIN side`},
		{"separate git directory", `git init -q --separate-git-dir=$HOME/sep $MAIN; cd $MAIN; ` + first},
		{"detached", `git init -q $MAIN; cd $MAIN; ` + first + `; git checkout -q --detach`},
		{"sha256", `git init -q --object-format=sha256 $MAIN; cd $MAIN; ` + first},
		{"split index", `git init -q $MAIN; cd $MAIN; git config core.splitIndex true; ` + first},
		{"index version 4", `git init -q $MAIN; cd $MAIN; git config index.version 4; ` + first},
		{"sparse", `git init -q $MAIN; cd $MAIN; ` + first + `; git sparse-checkout set d`},
		{"shallow", `git init -q m; cd m; ` + first + `; git commit -q --allow-empty -m second; cd ..; git clone -q --depth 1 file://$HOME/m $MAIN`},
		{"borrowed objects", `git init -q m; cd m; ` + first + `; cd ..; git clone -q --shared m $MAIN`},
		{"worktree config", `git init -q $MAIN; cd $MAIN; git config extensions.worktreeConfig true; ` + first},
		{"many refs", `git init -q $MAIN; cd $MAIN; ` + first + `; for i in $(seq 2000); do echo "create refs/heads/many/$i HEAD"; done | git update-ref --stdin; git pack-refs --all`},
		{"line endings", `git init -q $MAIN; cd $MAIN; git config core.autocrlf true; ` + first},
		{"filter", `git init -q $MAIN; cd $MAIN; git config filter.up.clean "tr a-z A-Z"; git config filter.up.smudge "tr A-Z a-z"; echo 'f filter=up' > .gitattributes; ` + first},
		{"odd path", `mkdir 'a "b" #c'; git init -q 'a "b" #c/m'; ln -s 'a "b" #c/m' $MAIN; cd $MAIN; ` + first},
	}
	flags := map[string]string{"borrowed objects": "--map $HOME/m/.git/objects"} // which the user has to ask for
	const work = `set -e
		git status --porcelain > s; test ! -s s || test "$(cat s)" = "?? s"; rm s
		echo new > d/new; git add d/new; git commit -qm one; git commit -q --amend -m amended
		echo more >> d/g; git stash -q; git stash pop -q; git commit -qam two
		git checkout -q -b side2 HEAD~1; echo s > d/s; git add d/s; git commit -qm s; git checkout -q -; git merge -q -m joined side2
		git tag v1; git rebase -q HEAD~1; git fetch -q host; git gc -q; git fsck`
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			w := newTrapWorld(t, `rm -rf $MAIN; cd $HOME; `+kind.make)
			w.plant = work
			if out, ok := w.sh(t, `cd $MAIN && jail create x && jail run --network none `+flags[kind.name]+` x -- sh -c "$PLANT"`); !ok {
				t.Fatal(out)
			}
			out, ok := w.sh(t, `cd $MAIN && test "$(git log -1 --format=%s jail/x)" = joined -o "$(git log -1 --format=%s jail/x)" = s &&
				test "$(git show jail/x:d/new)" = new && test -z "$(git -C $TREE status --porcelain)" &&
				git rev-parse -q --verify refs/jail/x/heads/side2 && git rev-parse -q --verify refs/jail/x/tags/v1 && git fsck`)
			if !ok {
				t.Error(out)
			}
			if out, ok := w.sh(t, `cd $MAIN && jail destroy x --force && git fsck && test -z "$(ls $HOME/.local/share/jail/git)"`); !ok {
				t.Error(out)
			}
		})
	}
}

// TestFoldersElsewhere keeps jail's own folders where the XDG variables say: commits come out of a jail there, and what is staged
// is archived, as anywhere. Other processes of jail's, which git starts, have to find the same folders.
func TestFoldersElsewhere(t *testing.T) {
	if os.Geteuid() == 0 {
		return
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	w := newTrapWorld(t, `rm -rf $MAIN; git init -q $MAIN; cd $MAIN; echo f > f; git add .; git commit -qm first`)
	const there = `export XDG_DATA_HOME=$HOME/a XDG_STATE_HOME=$HOME/b XDG_CACHE_HOME=$HOME/c; cd $MAIN; set -e; `
	if out, ok := w.sh(t, there+`jail create x; jail run --network none x -- sh -c 'git commit -q --allow-empty -m inside; echo s > s; git add s'
			test "$(git log -1 --format=%s jail/x)" = inside; test -d $HOME/a/jail/jails/x; test ! -e $HOME/.local/share/jail`); !ok {
		t.Fatal(out)
	}
	if out, ok := w.sh(t, there+`jail destroy x --force; git branch -D -q jail/x; jail restore x; test "$(git log -1 --format=%s jail/x)" = inside
			test "$(cat $HOME/a/jail/jails/x/s)" = s; jail destroy x --force; test -z "$(ls $HOME/a/jail/git)"`); !ok {
		t.Error(out)
	}
}
