package git

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// maxLFS is how much of large files comes in at once.
const maxLFS = 8 << 30

// takeLFS copies the large files that a jail made into the repository's store (git-lfs: lfs/objects/AA/BB/SHA256). Each is
// named by its content, which is computed here: what is named falsely is left out. It returns what did not come in.
func (p Private) takeLFS(ctx context.Context) (left []string, err error) {
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	store, err := os.OpenRoot(p.Host.CommonDir) // no link leads out of it
	if err != nil {
		return nil, err
	}
	defer store.Close()
	budget := int64(maxLFS)
	for _, dir := range lfsFolders(root) {
		entries, _ := listBeneath(root, dir)
		for _, e := range entries {
			name := e.Name()
			if !e.Type().IsRegular() || !lfsName(dir, name) {
				continue
			}
			if _, err := store.Lstat(path.Join(dir, name)); err == nil {
				continue
			}
			if err := takeLarge(ctx, root, store, dir, name, &budget); ctx.Err() != nil {
				return nil, ctx.Err()
			} else if err != nil {
				left = append(left, fmt.Sprintf("large file %s: %v", name[:12], err))
			}
		}
	}
	return left, nil
}

// lfsFolders lists the folders lfs/objects/AA/BB.
func lfsFolders(root *os.Root) []string {
	found := []string{"lfs/objects"}
	for range 2 {
		var next []string
		for _, dir := range found {
			entries, _ := listBeneath(root, dir)
			for _, e := range entries {
				if e.IsDir() && len(e.Name()) == 2 {
					next = append(next, dir+"/"+e.Name())
				}
			}
		}
		found = next
	}
	return found
}

// lfsName reports whether a name is a SHA-256 in hex that belongs into a folder.
func lfsName(dir, name string) bool {
	return len(name) == 64 && validID(name) && strings.HasSuffix(dir, "/"+name[:2]+"/"+name[2:4])
}

// takeLarge copies one file, under another name until it is known to be what it says.
func takeLarge(ctx context.Context, from, store *os.Root, dir, name string, budget *int64) error {
	folder, err := openFolder(from, dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	in, err := openBeneath(folder, name)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := store.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	target := path.Join(dir, name)
	temp := target + ".jail-" + randomName()
	defer store.Remove(temp)
	to, err := store.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(until{ctx, in}, *budget+1))
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	switch *budget -= n; {
	case *budget < 0:
		*budget = 0
		return fmt.Errorf("more than %d GiB at once are not taken in", maxLFS>>30)
	case hex.EncodeToString(sum.Sum(nil)) != name:
		return errors.New("its content is another than its name says")
	}
	return store.Rename(temp, target)
}

// until reads as long as the context has not ended.
type until struct {
	context.Context
	from io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.Err(); err != nil {
		return 0, err
	}
	return u.from.Read(p)
}
