// Package mounts holds the list of what a jail sees: its type, its order, its checks, and, on Linux, how it is
// carried out with the mount API that works on file descriptors (open_tree(2), mount_setattr(2), move_mount(2),
// fsopen(2); Linux 5.12). It decides nothing: the list comes from package plan.
package mounts

import "fmt"

// Kind says what stands at a mount's target.
type Kind string

const (
	Bind    Kind = "bind"    // a file or directory of the host, with everything that is mounted below it
	Overlay Kind = "overlay" // a directory of the host that can be changed without the host's changing: writes go elsewhere
	Store   Kind = "store"   // a folder of jail's own on the host, read-write, in which mount points may be made
	Device  Kind = "device"  // a device node of the host; the only kind that may be opened as a device
	Tmpfs   Kind = "tmpfs"   // an empty writable directory that vanishes with the jail
	Proc    Kind = "proc"    // a fresh procfs of the jail's own PID namespace
	Devpts  Kind = "devpts"  // a fresh devpts instance: no terminal of the host is in it
	Dir     Kind = "dir"     // an empty directory in the read-only root
	File    Kind = "file"    // a generated regular file in the read-only root
	Symlink Kind = "symlink" // a symbolic link in the read-only root
	Seal    Kind = "seal"    // what is visible at the target already becomes read-only
	Blank   Kind = "blank"   // what is visible at the target already reads as empty; what is written to it is dropped
	Deny    Kind = "deny"    // what is visible at the target already cannot be opened, listed or entered
	Mask    Kind = "mask"    // what is visible at the target already is hidden: a file cannot be opened, a directory is empty
)

// Access says whether a bind may be written to, and what else can be done with it. The zero value is read-only.
type Access string

const (
	ReadOnly  Access = ""
	ReadWrite Access = "rw"
	Inert     Access = "inert"   // read-only, and no symbolic link below it is followed (mount_setattr(2), NOSYMFOLLOW; Linux 5.14)
	Connect   Access = "connect" // Bind of a socket: it answers
	Control   Access = "control" // Device: its settings and functions can be used (ioctl(2))
)

// Mount is one line of what a jail sees. Which fields count depends on Kind; Validate refuses the others.
type Mount struct {
	Kind   Kind   `json:"kind"`
	Target string `json:"target"`           // absolute path inside the jail, clean
	Source string `json:"source,omitempty"` // Bind, Overlay, Store, Device: absolute host path without symlinks. Symlink: the link's text.
	Layer  string `json:"layer,omitempty"`  // Overlay: host folder with "upper" and "work" for what is written; one mount at a time
	Access Access `json:"access,omitempty"` // Bind, and Control of a Device
	Text   string `json:"text,omitempty"`   // File: its content
	Size   int64  `json:"size,omitempty"`   // Tmpfs: upper limit in bytes
	Mode   uint32 `json:"mode,omitempty"`   // Tmpfs, Dir, File: permission bits; 0 means 0755 (0444 for File)
	Inode  uint64 `json:"inode,omitempty"`  // Mask, Blank, Deny: what has to stand at the target; 0 means anything, or nothing
	Why    string `json:"why,omitempty"`    // the reason, for people
}

// String describes the mount in one line, as the dry run prints it and as an error names the step.
func (m Mount) String() string {
	switch m.Kind {
	case Bind:
		access := "read-only"
		switch m.Access {
		case ReadWrite:
			access = "read-write"
		case Inert:
			access = "read-only, its links inert"
		case Connect:
			access = "to connect to"
		}
		if m.Source != m.Target {
			return fmt.Sprintf("bind %s on %s %s", m.Source, m.Target, access)
		}
		return fmt.Sprintf("bind %s %s", m.Target, access)
	case Store:
		return fmt.Sprintf("store %s on %s", m.Source, m.Target)
	case Overlay:
		return fmt.Sprintf("overlay %s on %s, changes in %s", m.Source, m.Target, m.Layer)
	case Tmpfs:
		return fmt.Sprintf("tmpfs %s %s", m.Target, Size(m.Size))
	case File:
		return fmt.Sprintf("file %s (%d bytes)", m.Target, len(m.Text))
	case Symlink:
		return fmt.Sprintf("symlink %s -> %s", m.Target, m.Source)
	}
	return fmt.Sprintf("%s %s", m.Kind, m.Target)
}

// Permissions are the bits of Mode, or those that are usual.
func (m Mount) Permissions() uint32 {
	switch {
	case m.Mode != 0:
		return m.Mode
	case m.Kind == File:
		return 0o444
	}
	return 0o755
}

// Size renders a number of bytes in the largest binary unit that divides it.
func Size(n int64) string {
	for _, unit := range []struct {
		shift uint
		name  string
	}{{30, "GiB"}, {20, "MiB"}, {10, "KiB"}} {
		if n >= 1<<unit.shift && n&(1<<unit.shift-1) == 0 {
			return fmt.Sprintf("%d %s", n>>unit.shift, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
