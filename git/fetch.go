package git

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Fetch is how objects come out of a jail.
type Fetch struct {
	// UploadPack is a shell command to which git adds the path of Private.Dir. It runs git upload-pack on the jail's git
	// directory where nothing that this reads can do harm, on its standard streams.
	UploadPack string
	// UploadIndex is the same for a repository made of what is staged: refs/heads/index, and no ref where nothing is.
	UploadIndex string
	// Env are variables that both need. git, and what it starts, gets few of the caller's.
	Env []string
}

const (
	fetchLimit = 10 * time.Minute
	// bigFile is from where on git streams an object instead of holding it in memory: a few bytes of a pack may be
	// gigabytes of an object.
	bigFile = "32m"
	// quarantinePrefix is that of git's own (tmp-objdir.c), so that git prune removes what a crash leaves.
	quarantinePrefix = "tmp_objdir-jail-"
)

// take brings objects, and all that they need, into the repository. They are fetched into a folder of their own, where
// git computes every id, checks every object and follows every link; only if all of it holds are they moved. No ref is
// touched. An error leaves nothing.
//
// Preconditions: the lock is held.
func (p Private) take(ctx context.Context, d door, f Fetch, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	objects := filepath.Join(p.Host.CommonDir, "objects")
	quarantine := filepath.Join(objects, quarantinePrefix+filepath.Base(p.Dir))
	if err := RemoveTree(quarantine); err != nil { // of a process that was killed
		return err
	}
	if err := os.MkdirAll(filepath.Join(quarantine, "pack"), 0o700); err != nil {
		return err
	}
	defer RemoveTree(quarantine)
	if err := d.fetch(ctx, p, f, objects, quarantine, ids); err != nil {
		return err
	}
	if err := d.notTooDeep(ctx, quarantine, ids); err != nil {
		return err
	}
	return migrate(quarantine, objects)
}

func (d door) fetch(ctx context.Context, p Private, f Fetch, objects, quarantine string, ids []string) error {
	defer p.withoutFIFOs(ctx)()
	settings := flags("transfer.fsckObjects=true", "fetch.fsckObjects=true", "core.bigFileThreshold="+bigFile,
		"core.alternateRefsCommand=true", "fetch.writeCommitGraph=false", "protocol.version=2", "fetch.unpackLimit=100")
	args := []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance",
		"--upload-pack=" + f.UploadPack, "--stdin", p.url()}
	_, err := d.run(ctx, call{
		flags: settings, args: args, access: writes, limit: fetchLimit, stdin: strings.NewReader(strings.Join(ids, "\n") + "\n"),
		env: slices.Concat(quarantined(objects, quarantine), f.Env, []string{"GIT_ALLOW_PROTOCOL=file"}),
	})
	return err
}

// quarantined is the environment of a git that sees a folder of objects beside the repository's.
func quarantined(objects, quarantine string) []string {
	lent := []string{quotePathList(objects)}
	for _, dir := range alternates(objects) {
		lent = append(lent, quotePathList(dir))
	}
	return []string{"GIT_OBJECT_DIRECTORY=" + quarantine, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.Join(lent, ":")}
}

// quotePathList writes a path so that it can stand in a list with colons (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES).
func quotePathList(path string) string {
	if strings.ContainsAny(path, ":\"\n") {
		return quoteText(path)
	}
	return path
}

// migrate moves checked objects from a folder in another to where they belong there. An index makes its pack visible, and so comes last.
func migrate(from, to string) error {
	var loose, packs, indexes []string
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(name, ".idx"):
			indexes = append(indexes, name)
		case strings.HasPrefix(name, "pack/pack-") && !strings.HasSuffix(name, ".keep"):
			packs = append(packs, name)
		case len(name) > 3 && name[2] == '/':
			loose = append(loose, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(to) // no link leads out of it
	if err != nil {
		return err
	}
	defer root.Close()
	if from, err = filepath.Rel(to, from); err != nil {
		return err
	}
	for _, name := range append(append(loose, packs...), indexes...) {
		if _, err := root.Lstat(name); err == nil {
			continue
		}
		err := root.Rename(filepath.Join(from, name), name)
		if errors.Is(err, os.ErrNotExist) {
			if err = root.MkdirAll(filepath.Dir(name), 0o777); err == nil {
				err = root.Rename(filepath.Join(from, name), name)
			}
		}
		if err != nil {
			return fmt.Errorf("cannot take objects over: %w", err)
		}
	}
	return nil
}
