package mounts

import (
	"errors"
	"fmt"
	"path"
	"time"

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
	// index=on makes the kernel refuse a layer that another mount still uses; without it, it only warns (ovl_report_in_use
	// in fs/overlayfs/super.c). The index itself needs a privilege of the host's, and is left off.
	overlay, err := newOverlay(append(options, "userxattr", "index=on"))
	if err != nil {
		return err
	}
	defer unix.Close(overlay)
	return b.attach(overlay, m.Target, true)
}

// newOverlay waits a moment for a layer that is in use: a jail that was killed lets go of its mounts a little after its lock.
func newOverlay(options []string) (int, error) {
	for try := 0; ; try++ {
		overlay, err := newFilesystem("overlay", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV, options...)
		if !errors.Is(err, unix.EBUSY) || try == 100 {
			return overlay, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
