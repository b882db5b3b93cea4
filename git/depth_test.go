package git

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeepTree: a commit that would end git on the host is refused, at its branch's tip or below, and others are not.
func TestDeepTree(t *testing.T) {
	p := newPrivateTree(t)
	script := func(branch string, depth int) {
		t.Helper()
		var b strings.Builder
		for i, path := range []string{strings.Repeat("d/", depth) + "f", "shallow"} {
			fmt.Fprintf(&b, "commit refs/heads/%s\ncommitter A <a@b> 1700000000 +0000\ndata 1\nm", branch)
			if i == 0 {
				fmt.Fprintf(&b, "from %s\n", p.tree.Base)
			}
			fmt.Fprintf(&b, "deleteall\nM 100644 inline %s\ndata 1\nf\n", path)
		}
		cmd := exec.Command("git", "--git-dir="+filepath.Join(p.Dir, "git"), "fast-import", "--quiet")
		cmd.Stdin = strings.NewReader(b.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
	}
	script("deep", maxTreeDepth+1)
	script("high", maxTreeDepth)
	got := p.take(t)
	if len(got.Refused) != 1 || !strings.Contains(got.Refused[0], "refs/heads/deep was not taken in: "+errTooDeep.Error()) {
		t.Errorf("got %q", got.Refused)
	}
	if p.host(t, "refs/jail/x/heads/high") == "" || p.host(t, "refs/jail/x/heads/deep") != "" {
		t.Errorf("got %q", got.Refs)
	}
	// One level at a time, each brought in before the next: the trees below are the repository's own by then.
	p.inside(t, "update-ref", "refs/heads/grown", "high~1")
	p.take(t)
	cmd := exec.Command("sh", "-c", `printf '040000 tree %s\td\n' $(git rev-parse grown^{tree}) | git mktree`)
	cmd.Env = append(cmd.Environ(), "GIT_DIR="+filepath.Join(p.Dir, "git"))
	tree, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	p.inside(t, "update-ref", "refs/heads/grown", p.inside(t, "commit-tree", "-m", "grown", "-p", "grown", strings.TrimSpace(string(tree))))
	if got := p.take(t); len(got.Refused) != 2 || p.host(t, "refs/jail/x/heads/grown") != p.inside(t, "rev-parse", "high~1") {
		t.Errorf("got %+v", got)
	}
	// The jail's own branch.
	p.inside(t, "update-ref", "HEAD", "deep")
	var refused *RefusedError
	if _, err := p.Import(soon(t), plainUpload); !errors.As(err, &refused) || p.host(t, "jail/x") != p.tree.Base {
		t.Errorf("got %v", err)
	}
	p.sound(t)
}
