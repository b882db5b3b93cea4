package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// The sizes that looking at jails is measured with.
const (
	lookFiles = 75_000
	lookJails = 30
)

// makeRepository makes a repository of that many files, 8200 folders at most, by the ordinary user. git alone is used to
// write them: a fast import and a checkout.
const makeRepository = `set -e
git init -q -b main "$1"; cd "$1"
git config user.name bench; git config user.email bench@localhost; git config gc.auto 0
awk -v n="$2" 'BEGIN {
	print "commit refs/heads/main\ncommitter bench <bench@localhost> 1700000000 +0000\ndata 6\nfirst"
	for (i = 0; i < n; i++) {
		text = ""; for (j = 0; j < 40; j++) text = text "line " i "\n"
		printf "\nM 100644 inline d%d/e%d/f%d\ndata %d\n%s", i % 100, int((i % 8200) / 100), i, length(text), text
	}
}' | git fast-import --quiet
git reset -q --hard`

// change leaves in a work tree 200 changed files and 50 new ones.
const change = `cd "$1"; i=0; for f in d*/e0/f*; do echo changed > "$f"; i=$((i+1)); [ $i -lt 200 ] || break; done
i=0; while [ $i -lt 50 ]; do echo new > d$i/new; i=$((i+1)); done`

// looks times what looks at jails, against the bounds that it has to keep.
func looks(box *sandbox, runs int) error {
	big := filepath.Join(box.home, "big")
	tree := filepath.Join(box.home, ".local/share/jail/jails/big")
	for _, step := range [][]string{
		{"sh", "-c", makeRepository, "sh", big, fmt.Sprint(lookFiles)}, {box.jail, "create", "big"}, {"sh", "-c", change, "sh", tree},
	} {
		cmd := box.command(step[0], step[1:]...)
		if step[0] == box.jail {
			cmd.Dir = big
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", step[0], err, out)
		}
	}
	ours := func() *exec.Cmd { return box.command(box.jail, "status", "big") }
	theirs := func() *exec.Cmd {
		cmd := box.command("git", "status", "--porcelain=v2")
		cmd.Dir = tree
		return cmd
	}
	if err := printWork(fmt.Sprintf("jail status, %d files, to git status", lookFiles), max(runs, 20), 0.8, whole(ours), whole(theirs)); err != nil {
		return err
	}
	small := filepath.Join(box.home, "small")
	if out, err := box.command("sh", "-c", makeRepository, "sh", small, "100").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for i := range lookJails - 1 {
		cmd := box.command(box.jail, "create", fmt.Sprint("jail-", i))
		cmd.Dir = small
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		work := fmt.Sprintf("cd ~/.local/share/jail/jails/jail-%d && echo x >> d1/e0/f1 && echo x > new", i)
		if out, err := box.command("sh", "-c", work).CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
	}
	list, err := median(5, whole(func() *exec.Cmd { return box.command(box.jail, "list") }))
	if err != nil {
		return err
	}
	fmt.Printf("jail list of %d jails, one of %d files: %s, bound 1s: %s\n", lookJails, lookFiles, round(list), verdict(list <= time.Second))
	return nil
}
