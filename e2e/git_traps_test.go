package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

// gitTrap is something that a hostile program plants by git, and that a person's own git springs. CANARY in it is a
// command that leaves a file behind.
type gitTrap struct {
	name  string
	setup string // on the host, in the main checkout, by the user, before anything is planted
	plant string // in the work tree, by the program
	host  string // one more command of the user's, in the main checkout
	fails bool   // damage and not execution: the trap has sprung where the check fails
	check string // for damage: in the main checkout
}

const hookNames = "post-checkout post-index-change reference-transaction post-merge pre-commit"

var gitTraps = []gitTrap{
	{name: "hooks", plant: `d=$(git rev-parse --git-common-dir)/hooks; mkdir -p $d; for h in ` + hookNames + `; do printf '#!/bin/sh\nCANARY\n' > $d/$h; chmod +x $d/$h; done`},
	{name: "core.fsmonitor", plant: `git config core.fsmonitor CANARY`},
	{name: "core.hooksPath", plant: `mkdir h; for h in ` + hookNames + `; do printf '#!/bin/sh\nCANARY\n' > h/$h; chmod +x h/$h; done; git config core.hooksPath $PWD/h`},
	{name: "clean filter", plant: `git config filter.x.clean "CANARY; cat"; echo '* filter=x' > .gitattributes; sleep 1; echo more >> f`},
	{name: "diff.external", plant: `git config diff.external CANARY; echo more >> f`},
	{name: "textconv", plant: `git config diff.x.textconv CANARY; echo '* diff=x' > .gitattributes; echo more >> f`},
	{name: "include.path", plant: `printf '[core]\n\tfsmonitor = CANARY\n' > inc; git config include.path $PWD/inc`},
	{name: "log.showSignature", plant: `git config log.showSignature true; git config gpg.program CANARY; git cat-file commit HEAD > c; { sed '/^$/,$d' c; printf 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n'; sed -n '/^$/,$p' c; } > s; git reset -q $(git hash-object -t commit -w s); rm c s`},
	{name: "config.worktree", plant: `git config extensions.worktreeConfig true; printf '[core]\n\tfsmonitor = CANARY\n' >> $(git rev-parse --git-dir)/config.worktree`},
	{name: "config.worktree with the extension on", setup: `git config extensions.worktreeConfig true`, plant: `printf '[core]\n\tfsmonitor = CANARY\n' >> $(git rev-parse --git-dir)/config.worktree`},
	{name: "commondir", plant: `git clone -q --bare . evil; git -C evil config core.fsmonitor CANARY; git -C evil config core.bare false; echo $PWD/evil > $(git rev-parse --git-dir)/commondir`},
	{name: ".git replaced", plant: `rm -rf .git; mv .git .g; git init -q .; git config core.fsmonitor CANARY`},
	{name: ".git pointed elsewhere", plant: `git init -q e; git -C e config core.fsmonitor CANARY; echo "gitdir: $PWD/e/.git" > .git`},
	{name: "work tree renamed", plant: `cd ..; mv x y && mkdir x && cd x && git init -q . && git config core.fsmonitor CANARY`},
	{name: "rebase todo", plant: `GIT_SEQUENCE_EDITOR="sed -i -e 1ibreak" git rebase -q -i --root; d=$(git rev-parse --git-dir)/rebase-merge; echo 'exec CANARY' > $d/git-rebase-todo`, host: `git -C $TREE rebase --continue`},
	{name: "gitlink", plant: `git init -q n; git -C n commit -q --allow-empty -m n; git add n; git commit -qm n; git -C n config core.fsmonitor CANARY`},
	{name: "gitlink that is not to be ignored", plant: `git init -q n; git -C n commit -q --allow-empty -m n; printf '[submodule "n"]\n\tpath = n\n\turl = ./n\n\tignore = none\n' > .gitmodules; git add n .gitmodules; git commit -qm n; git -C n config core.fsmonitor CANARY`},
	{name: "hooks from the tree", setup: `mkdir .husky; echo '#!/bin/sh' > .husky/post-checkout; git add .husky; git commit -qm husky; git config extensions.worktreeConfig true; git config core.hooksPath .husky`,
		plant: `for h in post-index-change post-checkout; do printf '#!/bin/sh\nCANARY\n' > .husky/$h; chmod +x .husky/$h; done; echo more >> f`},
	{name: "filter from the tree", setup: `mkdir tools; printf '#!/bin/sh\ncat\n' > tools/fmt.sh; chmod +x tools/fmt.sh; echo 'f filter=fmt' > .gitattributes; git add .; git commit -qm fmt; git config extensions.worktreeConfig true; git config filter.fmt.clean ./tools/fmt.sh`,
		plant: `printf '#!/bin/sh\nCANARY\ncat\n' > tools/fmt.sh; sleep 1; echo more >> f`},
	{name: "packObjectsHook", plant: `git config uploadpack.packObjectsHook CANARY; git config uploadpack.allowAnySHA1InWant true; git config core.fsmonitor CANARY; echo b > b; git add b; git commit -qm b`},

	{name: "refs deleted", plant: `rm -rf $(git rev-parse --git-common-dir)/refs/heads/main $(git rev-parse --git-common-dir)/packed-refs; git update-ref -d refs/heads/main`, fails: true, check: `git rev-parse --verify -q main`},
	{name: "HEAD of main moved", plant: `echo 'ref: refs/heads/evil' > $(git rev-parse --git-common-dir)/HEAD`, fails: true, check: `test "$(git symbolic-ref HEAD)" = refs/heads/main`},
	{name: "objects deleted", plant: `rm -rf $(git rev-parse --git-common-dir)/objects/??`, fails: true, check: `git fsck`},
	{name: "object corrupted", plant: `d=$(git rev-parse --git-common-dir)/objects; f=$(git rev-parse HEAD:f); p=$d/$(echo $f | cut -c1-2)/$(echo $f | cut -c3-); chmod u+w $p; echo bad > $p`, fails: true, check: `git fsck`},
	{name: "replace ref", plant: `echo evil > e; git add e; git commit -qm evil; git replace main HEAD; git reset -q --hard HEAD~1`, fails: true, check: `test "$(git log -1 --format=%s main)" = first`},
	{name: "alternates", plant: `git clone -q --bare . $HOME/lent 2>/dev/null; echo $PWD/nowhere/objects >> $(git rev-parse --git-common-dir)/objects/info/alternates`, fails: true, check: `! git status 2>&1 | grep -q nowhere`},
	{name: "changes hidden from status", plant: `git update-index --assume-unchanged f; echo evil >> f`, fails: true, check: `git -C $TREE status --porcelain | grep -q f`},
	{name: "files hidden from status", plant: `echo '*' >> $(git rev-parse --git-common-dir)/info/exclude; echo evil > new`, fails: true, check: `git -C $TREE status --porcelain | grep -q new`},
	{name: "tree with hooks", plant: `b=$(git hash-object -w --stdin < /dev/null); h=$(printf "100755 blob $b\tpost-checkout\n" | git mktree); g=$(printf "040000 tree $h\thooks\n" | git mktree); t=$(printf "040000 tree $g\t.git\n" | git mktree); git update-ref refs/heads/jail/x $(git commit-tree -m evil -p HEAD $t)`, fails: true, check: `! git ls-tree -r --name-only jail/x | grep -q '^.git/'`},
	{name: "object that is not its name", plant: `echo good > e; git add e; git commit -qm e; d=$(git rev-parse --git-common-dir)/objects; [ -d $d/$(git rev-parse HEAD:e | cut -c1-2) ] || d=$(git rev-parse --git-dir)/objects; f=$(git rev-parse HEAD:e); o=$(echo evil | git hash-object -w --stdin); rm -f $d/$(echo $f | cut -c1-2)/$(echo $f | cut -c3-); cp $d/$(echo $o | cut -c1-2)/$(echo $o | cut -c3-) $d/$(echo $f | cut -c1-2)/$(echo $f | cut -c3-)`, fails: true, check: `git fsck --full && git cat-file -p jail/x:f`},
	{name: "object that is missing", plant: `echo good > e; git add e; git commit -qm e; d=$(git rev-parse --git-dir)/objects; [ -d $d ] || d=$(git rev-parse --git-common-dir)/objects; f=$(git rev-parse HEAD:e); rm -f $d/$(echo $f | cut -c1-2)/$(echo $f | cut -c3-)`, fails: true, check: `git fsck --full`},
}

// sprungBy is what a person does after a program has run: plain git, in the main checkout and in the work tree.
const sprungBy = `
cd $MAIN
git status; git diff; git log -p -1; git branch
cd $TREE && { git status; git diff; git log -1; git branch; }
cd $MAIN
git merge -q --no-edit jail/x; git status; git log -1
git commit -q --allow-empty -m after; git checkout -q -b other; git checkout -q main
`

// TestGitTraps plants each trap twice: in a work tree that shares its repository, as git makes it, where it has to
// spring, and in a jail, where it must not. There the commands of jail look at it too, and the repository stays sound.
func TestGitTraps(t *testing.T) {
	if os.Geteuid() == 0 {
		return // run already, by runAsUser
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	for _, trap := range gitTraps {
		t.Run(trap.name, func(t *testing.T) {
			unsafe := newTrapWorld(t, trap.setup)
			unsafe.sh(t, `cd $MAIN && mkdir -p $(dirname $TREE) && git worktree add -q -b jail/x $TREE`)
			unsafe.sh(t, "cd $TREE; "+trap.plant)
			unsafe.spring(t, trap)
			if !unsafe.sprung(t, trap) {
				t.Fatal("the trap does not spring in a work tree that shares its repository: it proves nothing")
			}

			jailed := newTrapWorld(t, trap.setup)
			if out, ok := jailed.sh(t, `cd $MAIN && jail create x`); !ok {
				t.Fatal(out)
			}
			jailed.plant = trap.plant
			out, _ := jailed.sh(t, `cd $MAIN && jail run --network none x -- sh -c "cd $TREE; $PLANT"`)
			t.Log(out)
			out = jailed.spring(t, trap)
			if jailed.sprung(t, trap) {
				t.Errorf("the trap was sprung:\n%s", out)
			}
			out, _ = jailed.sh(t, `cd $MAIN; jail status x; jail status x --diff; jail list; jail merge x --yes; jail apply x --yes; jail destroy x --force`)
			if !trap.fails && jailed.sprung(t, trap) {
				t.Errorf("the trap was sprung by jail:\n%s", out)
			}
			if out, ok := jailed.sh(t, `cd $MAIN && git fsck --strict && git rev-parse -q --verify main`); !ok {
				t.Errorf("the repository was damaged: %s", out)
			}
		})
	}
}

// trapWorld is a home with a repository of one commit.
type trapWorld struct {
	home, plant string
}

func newTrapWorld(t *testing.T, setup string) *trapWorld {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &trapWorld{home: home}
	out, ok := w.sh(t, `set -e
		printf '[user]\nname = T\nemail = t@example.com\n[init]\ndefaultBranch = main\n' > $HOME/.gitconfig
		printf '#!/bin/sh\ntouch %s/sprung\n' $HOME > $HOME/canary; chmod +x $HOME/canary
		mkdir $MAIN; cd $MAIN; git init -q; echo f > f; git add f; git commit -qm first
		`+setup)
	if !ok {
		t.Fatal(out)
	}
	// A trap that the setup springs would be a false control.
	os.Remove(filepath.Join(home, "sprung"))
	return w
}

// sh runs a script as the user and tells whether it succeeded.
func (w *trapWorld) sh(t *testing.T, script string) (string, bool) {
	t.Helper()
	canary := filepath.Join(w.home, "canary")
	cmd := exec.Command("timeout", "60", "sh", "-c", strings.ReplaceAll(script, "CANARY", canary))
	cmd.Dir = w.home
	cmd.Env = []string{
		"HOME=" + w.home, "PATH=" + harness.Bin() + ":" + toolPath(), "LANG=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1", "GIT_EDITOR=true",
		"MAIN=" + w.home + "/main", "TREE=" + w.home + "/.local/share/jail/jails/x", "PLANT=" + strings.ReplaceAll(w.plant, "CANARY", canary),
	}
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

// spring does what a person does. Damage is there without.
func (w *trapWorld) spring(t *testing.T, trap gitTrap) string {
	t.Helper()
	if trap.fails {
		return ""
	}
	out, _ := w.sh(t, sprungBy+trap.host)
	return out
}

// sprung reports whether the canary ran, or the check found damage.
func (w *trapWorld) sprung(t *testing.T, trap gitTrap) bool {
	t.Helper()
	if trap.fails {
		_, ok := w.sh(t, "cd $MAIN && "+trap.check)
		return !ok
	}
	_, err := os.Stat(filepath.Join(w.home, "sprung"))
	return err == nil
}
