package git

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Staged brings in what is staged in the jail and not committed: a commit on top of the jail's HEAD, to which no ref leads.
// It is empty where nothing is staged. Errors: *RefusedError, as where a merge in the jail is not concluded.
func (p Private) Staged(ctx context.Context, f Fetch) (string, error) {
	if !p.Used() {
		return "", nil
	}
	lock, err := p.lock("lock", syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	d, err := p.Host.open(ctx)
	if err != nil {
		return "", err
	}
	defer p.withoutFIFOs(ctx)()
	f.UploadPack = f.UploadIndex
	out, err := d.run(ctx, call{
		args:  []string{"ls-remote", "--upload-pack=" + f.UploadPack, p.url(), "refs/heads/index"},
		limit: fetchLimit, env: append(slices.Clone(f.Env), "GIT_ALLOW_PROTOCOL=file"),
	})
	if err == nil {
		id, _, _ := strings.Cut(string(out), "\t")
		if !validID(id) {
			return "", nil
		}
		if err = p.take(ctx, d, f, []string{id}); err == nil {
			return id, nil
		}
	}
	return "", &RefusedError{Refs: []string{"its index"}, Reason: reasonOf(err)}
}

// Used reports whether a jail ever worked with it.
func (p Private) Used() bool { return isFolder(p.gitDir()) }

// url is how git names our folder.
func (p Private) url() string { return (&url.URL{Scheme: "file", Path: p.Dir}).String() }

// ForgetIndex lets the next run begin with the host's index.
func (p Private) ForgetIndex() error {
	if !p.Used() {
		return nil
	}
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.RemoveAll("index"); err != nil {
		return err
	}
	s := p.load()
	s.Host = ""
	return p.save(s)
}
