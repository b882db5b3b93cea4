package git

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Skipped is a file that was not taken, and why. The path is as the jail wrote it: escape it for a terminal.
type Skipped struct {
	Path, Why string
}

func (s Skipped) String() string { return fmt.Sprintf("%q: %s", s.Path, s.Why) }

// Pack writes files of a work tree into a tar archive: regular files and symbolic links, the links as such. A path that
// ends in "/" is a folder with all that is in it. Nothing is reached over a symbolic link, and FIFOs, sockets, devices
// are skipped. What vanishes meanwhile is skipped too. An error means that the archive is not complete.
func Pack(ctx context.Context, top string, paths []string, to io.Writer) ([]Skipped, error) {
	dir, err := os.Open(top)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	p := packer{root: root, dir: dir, tar: tar.NewWriter(to)}
	for _, name := range paths {
		// Unpack would refuse the whole archive for it.
		if first, _, _ := strings.Cut(name, "/"); first != ".git" && strings.EqualFold(first, ".git") {
			p.skipped = append(p.skipped, Skipped{name, "where upper and lower case are the same, git would obey it"})
			continue
		}
		if folder, ok := strings.CutSuffix(name, "/"); ok {
			err = p.folder(ctx, folder)
		} else {
			err = p.file(ctx, name)
		}
		if err != nil {
			return p.skipped, err
		}
	}
	return p.skipped, p.tar.Close()
}

// maxPath is how long a path that the kernel takes may be, with the NUL at its end (PATH_MAX of Linux; macOS has less).
const maxPath = 4096

type packer struct {
	root    *os.Root
	dir     *os.File // the same
	tar     *tar.Writer
	skipped []Skipped
}

func (p *packer) folder(ctx context.Context, name string) error {
	return fs.WalkDir(p.root.FS(), name, func(at string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case len(at) >= maxPath: // nor would the walk end before memory does: a jail can make folders as deep as it likes
			return fmt.Errorf("%.100q… has folders too deep for their path to be said: remove it, or give up what is not committed", at)
		case d.IsDir():
			return p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: at + "/", Mode: 0o755})
		}
		return p.file(ctx, at)
	})
}

func (p *packer) file(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := p.open(name)
	var link errSymlink
	var other errNotRegular
	switch {
	case errors.As(err, &link):
		return p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: link.target})
	case errors.As(err, &other):
		p.skipped = append(p.skipped, Skipped{name, other.what})
		return nil
	case errors.Is(err, os.ErrNotExist):
		p.skipped = append(p.skipped, Skipped{name, "it has vanished"})
		return nil
	case err != nil:
		return fmt.Errorf("cannot read %q: %w", name, reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	// Permissions only: no setuid, no owner, no extended attributes.
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime()}
	if err := p.tar.WriteHeader(header); err != nil {
		return err
	}
	n, err := io.CopyN(p.tar, f, info.Size())
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%q shrank from %d to %d bytes while it was read", name, info.Size(), n)
	}
	return err
}

// open opens a file of the user's that its mode forbids to read, too.
func (p *packer) open(name string) (*os.File, error) {
	f, err := openBeneath(p.dir, name)
	if !errors.Is(err, os.ErrPermission) {
		return f, err
	}
	info, statErr := p.root.Lstat(name)
	if statErr != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o400 != 0 {
		return nil, err
	}
	if p.root.Chmod(name, info.Mode().Perm()|0o400) != nil {
		return nil, err
	}
	defer func() { _ = p.root.Chmod(name, info.Mode().Perm()) }()
	return openBeneath(p.dir, name)
}

// Unpack brings the files of an archive that Pack wrote into a folder, over those that are there. It leaves the folder
// nowhere: neither a name nor a symbolic link that is there already leads it outside.
func Unpack(ctx context.Context, from io.Reader, to string) error {
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	archive := tar.NewReader(from)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = unpackOne(root, h, archive)
		}
		if err != nil {
			return err
		}
	}
}

func unpackOne(root *os.Root, h *tar.Header, content io.Reader) error {
	name := strings.TrimSuffix(h.Name, "/")
	first, _, _ := strings.Cut(name, "/")
	if !filepath.IsLocal(name) || strings.EqualFold(first, ".git") {
		return fmt.Errorf("the archive names %q, which does not belong there", h.Name)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if h.Typeflag == tar.TypeDir {
		return root.MkdirAll(name, 0o755)
	}
	// A file where the link, or the file of another mode, is to be; a folder, where a file was committed in its place.
	if err := root.RemoveAll(name); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return root.Symlink(h.Linkname, name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return errors.Join(err, f.Chmod(fs.FileMode(h.Mode).Perm()), f.Close())
	}
	return fmt.Errorf("the archive has %q of type %q", h.Name, h.Typeflag)
}

// OpenUp gives the owner every right to the folders of a work tree that is going to be removed, so that nothing in it is
// overlooked, and takes away the FIFOs that would stop git.
func OpenUp(dir string) { openUp(dir) }
