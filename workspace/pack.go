package workspace

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"

	"jail/git"
)

// packInto packs files into a compressed tarball that is on the disk when it returns.
func packInto(ctx context.Context, path, top string, files []string) (skipped []git.Skipped, err error) {
	err = writeSynced(path, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		skipped, err = git.Pack(ctx, top, files, z)
		return errors.Join(err, z.Close())
	})
	return skipped, err
}

func writeSynced(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Sync(), f.Close())
}

// syncFolder brings the names in a folder to the disk. File systems that cannot do that do it by themselves, or never.
func syncFolder(path string) {
	if f, err := os.Open(path); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
