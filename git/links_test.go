package git

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinksOfAnAgentsRepository holds that a git directory that an agent made leads jail, which writes there, nowhere else: nothing
// outside is written or read, and it is said why.
func TestLinksOfAnAgentsRepository(t *testing.T) {
	for _, link := range []string{
		"index.jail-new", "index", "packed-refs", "shallow", "HEAD", "MERGE_MSG", "logs", "logs/HEAD", "logs/refs/heads", "logs/refs/heads/main",
		"refs/heads", "refs/heads/deep", "objects/pack", "objects",
	} {
		t.Run(link, func(t *testing.T) {
			dir := clean(t)
			repo := project(t, filepath.Join(dir, "repo"))
			p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
			p.begin(t)
			p.commit(t, "one")
			p.inside(t, "branch", "deep/branch")
			at, outside := filepath.Join(repo.CommonDir, link), filepath.Join(dir, "outside")
			// The control: what is there can be used as it is, only from elsewhere.
			if err := os.Rename(at, outside); errors.Is(err, os.ErrNotExist) && strings.HasPrefix(link, "refs/") {
				mkdir(t, outside)
			} else if errors.Is(err, os.ErrNotExist) {
				put(t, outside, "of the user's\n")
			} else if err != nil {
				t.Fatal(err)
			}
			mkdir(t, filepath.Dir(at))
			if err := os.Symlink(outside, at); err != nil {
				t.Fatal(err)
			}
			before := allOf(t, outside)
			_, err := p.Import(soon(t), plainUpload)
			var linked *LinkError
			if !errors.As(err, &linked) || linked.Path != at {
				t.Errorf("got %v", err)
			}
			if after := allOf(t, outside); after != before {
				t.Errorf("outside is\n%s\nand was\n%s", after, before)
			}
		})
	}
}

// allOf is all that a file or folder holds.
func allOf(t *testing.T, at string) string {
	t.Helper()
	text := ""
	err := filepath.WalkDir(at, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			text += path + "\n"
			return err
		}
		data, err := os.ReadFile(path)
		text += path + "\n" + string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestLinksInTheStore does it for large files, which come in without git.
func TestLinksInTheStore(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	p := privateTree{Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}, repo, Worktree{Repo: repo}}
	p.begin(t)
	const text = "touch planted\n"
	sum := sha256.Sum256([]byte(text))
	name := hex.EncodeToString(sum[:])
	put(t, filepath.Join(p.Dir, "git/lfs/objects", name[:2], name[2:4], name), text)
	outside := filepath.Join(dir, "outside")
	mkdir(t, outside)
	mkdir(t, filepath.Join(repo.CommonDir, "lfs/objects", name[:2]))
	if err := os.Symlink(outside, filepath.Join(repo.CommonDir, "lfs/objects", name[:2], name[2:4])); err != nil {
		t.Fatal(err)
	}
	tip := p.commit(t, "one")
	if got := p.take(t); len(got.Incomplete) != 1 || p.host(t, "main") != tip {
		t.Errorf("got %+v", got)
	}
	if entries, _ := os.ReadDir(outside); len(entries) > 0 {
		t.Errorf("planted: %v", entries)
	}
}

// TestShallowIsNoLink holds that what stands in place of the list of shallow commits is not shown to the jail.
func TestShallowIsNoLink(t *testing.T) {
	dir := clean(t)
	repo := project(t, filepath.Join(dir, "repo"))
	p := Private{Host: repo, Dir: filepath.Join(dir, "private"), Name: "@checkout"}
	put(t, filepath.Join(dir, "key"), "secret\n")
	if err := os.Symlink(filepath.Join(dir, "key"), filepath.Join(repo.CommonDir, "shallow")); err != nil {
		t.Fatal(err)
	}
	if use, _, err := p.Begin(soon(t)); err == nil {
		use.Close()
		t.Error("the link was not seen")
	}
	if data, err := os.ReadFile(filepath.Join(p.remote(), "shallow")); err == nil {
		t.Errorf("shown: %q", data)
	}
}
