package git

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRemoteTags(t *testing.T) {
	dir := clean(t)
	repo := filepath.Join(dir, "releases")
	project(t, repo)
	plain(t, repo, "tag", "v1.0.0")
	plain(t, repo, "tag", "-a", "-m", "annotated", "v1.1.0")
	plain(t, repo, "branch", "v9")
	// Configuration of a repository that the caller is in does not count: a jail may have written it.
	t.Chdir(repo)
	plain(t, repo, "config", "url.file:///nosuch.insteadOf", "file://"+repo)
	tags, err := RemoteTags(t.Context(), "file://"+repo)
	if want := []string{"v1.0.0", "v1.1.0"}; err != nil || !slices.Equal(tags, want) {
		t.Errorf("got %q, %v, want %q", tags, err, want)
	}
	if tags, err := RemoteTags(t.Context(), "file://"+repo+"-nosuch"); err == nil {
		t.Errorf("a repository that is not there has the tags %q", tags)
	}
}

// TestRemoteTagsStartsNothing has an address that is a command. Control: git itself runs it, where it may.
func TestRemoteTagsStartsNothing(t *testing.T) {
	dir := clean(t)
	marker := filepath.Join(dir, "marker")
	address := "ext::touch " + marker
	if _, err := RemoteTags(t.Context(), address); err == nil {
		t.Error("a command is taken for a repository")
	}
	if _, err := os.Stat(marker); err == nil {
		t.Fatal("the command ran")
	}
	_ = plainCommand(dir, "-c", "protocol.ext.allow=always", "ls-remote", address).Run() // touch speaks no protocol of git's
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("the control did not run it either: %v", err)
	}
}
