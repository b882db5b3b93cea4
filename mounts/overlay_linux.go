package mounts

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// attachOverlay puts a copy-on-write view of a directory at the mount's target (overlayfs.rst). userxattr is what lets an
// ordinary user mount it (Linux 5.11); it keeps the kernel's marks in the user.* attributes of the upper layer.
//
// Preconditions: CAP_DAC_OVERRIDE, for the folder of mode 000 that the kernel makes in work; no other mount uses the layer.
func (b *Builder) attachOverlay(m Mount) error {
	// By descriptors: what was resolved and checked is what is mounted, and no path has to be escaped.
	var options []string
	for _, part := range []struct{ option, path string }{
		{"lowerdir", m.Source}, {"upperdir", path.Join(m.Layer, "upper")}, {"workdir", path.Join(m.Layer, "work")},
	} {
		fd, err := openSource(part.path)
		if err != nil {
			return fmt.Errorf("cannot open %q: %w", part.path, err)
		}
		defer unix.Close(fd)
		options = append(options, fmt.Sprintf("%s=/proc/self/fd/%d", part.option, fd))
	}
	overlay, err := newFilesystem("overlay", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV, append(options, "userxattr")...)
	if err != nil {
		return err
	}
	defer unix.Close(overlay)
	return b.attach(overlay, m.Target, true)
}
