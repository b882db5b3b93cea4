package mounts

import (
	"fmt"
	"path"
	"strings"
)

// ConflictError says that two mounts of a list cannot both be given.
type ConflictError struct {
	A, B Mount
	Why  string
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("mounts conflict: %q and %q: %s", e.A, e.B, e.Why)
}

// Validate checks a sorted list: every mount is well formed, no target is named twice, and nothing is mounted below
// something that cannot hold it. Conflicts are errors because the later mount would silently win.
func Validate(list []Mount) error {
	layers := map[string]Mount{}
	var above []Mount // the mounts that the current one lies below, the deepest last
	for i, m := range list {
		if err := m.check(); err != nil {
			return err
		}
		if i > 0 && comparePaths(list[i-1].Target, m.Target) > 0 {
			return fmt.Errorf("mount %q stands after %q: the list is not sorted", m, list[i-1])
		}
		if m.Kind == Overlay {
			if same, used := layers[m.Layer]; used {
				return &ConflictError{same, m, "both would write to one layer"}
			}
			layers[m.Layer] = m
		}
		for len(above) > 0 && !Within(m.Target, above[len(above)-1].Target) {
			above = above[:len(above)-1]
		}
		if len(above) > 0 {
			switch last := above[len(above)-1]; {
			case last.Target == m.Target:
				return &ConflictError{last, m, "both stand at the same place"}
			case last.Kind == File, last.Kind == Symlink, last.Kind == Device, last.Kind == Mask, last.Kind == Blank, last.Kind == Deny:
				return &ConflictError{last, m, "the first cannot hold the second"}
			}
		}
		above = append(above, m)
	}
	return nil
}

// check refuses a mount that is malformed by itself.
func (m Mount) check() error {
	if !cleanAbs(m.Target) || m.Target == "/" {
		return fmt.Errorf("mount %q: target %q is not a clean absolute path below /", m, m.Target)
	}
	source, access, text, sized, layer, covers := false, false, false, false, false, false
	switch m.Kind {
	case Bind:
		source, access = true, true
	case Overlay:
		source, layer = true, true
	case Store, Device, Symlink:
		source = true
	case File:
		text = true
	case Tmpfs:
		sized = true
	case Mask, Blank, Deny:
		covers = true
	case Proc, Devpts, Dir, Seal:
	default:
		return fmt.Errorf("mount %q: unknown kind %q", m, m.Kind)
	}
	switch {
	case source && m.Kind != Symlink && !cleanAbs(m.Source):
		return fmt.Errorf("mount %q: source %q is not a clean absolute path", m, m.Source)
	case source && m.Source == "", !source && m.Source != "":
		return fmt.Errorf("mount %q: source %q does not fit its kind", m, m.Source)
	case !m.Access.fits(access, m.Kind):
		return fmt.Errorf("mount %q: access %q does not fit its kind", m, m.Access)
	case !text && m.Text != "":
		return fmt.Errorf("mount %q: only a file has text", m)
	case !covers && m.Inode != 0:
		return fmt.Errorf("mount %q: only what hides something says what it hides", m)
	case sized != (m.Size > 0):
		return fmt.Errorf("mount %q: a tmpfs, and nothing else, has a size", m)
	case layer && !cleanAbs(m.Layer), !layer && m.Layer != "":
		return fmt.Errorf("mount %q: an overlay, and nothing else, has a layer, by its clean absolute path", m)
	case layer && (Within(m.Layer, m.Source) || Within(m.Source, m.Layer)):
		return fmt.Errorf("mount %q: the layer and the source lie in each other", m)
	case strings.ContainsRune(m.Target+m.Source+m.Layer, 0):
		return fmt.Errorf("mount %q: NUL byte in a path", m)
	}
	return nil
}

// fits reports whether a mount of that kind can have this access.
func (a Access) fits(bind bool, kind Kind) bool {
	switch a {
	case ReadOnly:
		return true
	case ReadWrite, Inert, Connect:
		return bind
	case Control:
		return kind == Device
	}
	return false
}

func cleanAbs(p string) bool {
	return path.IsAbs(p) && path.Clean(p) == p
}
