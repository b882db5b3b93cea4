package layers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

const withheld = "a program on this machine runs what it says; to take it, name it with --only"

// application is one Apply under way.
type application struct {
	Taking
	ctx      context.Context
	effect   effect
	review   *reviewed // nil for other layers
	problems []Problem
}

// effect says whether an application changes anything.
type effect string

const (
	rehearsed effect = ""
	carried   effect = "carried out"
)

// temporary is what a file is called on the host until it is complete. One name a folder: what a crash left is replaced.
const temporary = ".jail-apply-tmp"

// Apply brings the changes of a layer to the host: each file in one step, each that was brought is taken out of the layer.
// What cannot be brought stays in it and is returned: symlinks that lead out of the folder, devices, pipes and sockets,
// files that are newer on the host, and what is withheld. Of a review nothing named .git is brought or removed, and with the
// last change goes the layer. When it was interrupted, or ctx ended, it can be repeated. Errors: *InUseError.
func (l Layer) Apply(ctx context.Context, t Taking) ([]Problem, error) {
	release, err := l.lock()
	if err != nil {
		return nil, err
	}
	defer release()
	a := &application{Taking: t, ctx: ctx, effect: carried}
	if l.File != "" {
		return l.applySeed(a)
	}
	if err := os.MkdirAll(l.Host, 0o700); err != nil {
		return nil, err
	}
	l.sweep()
	if err := l.apply(a); err != nil || a.review == nil {
		return a.problems, errors.Join(err, a.review.save())
	}
	if changes, err := l.Changes(); err != nil || len(changes) > 0 {
		return a.problems, errors.Join(err, a.review.save())
	}
	return a.problems, removeAll(l.Dir)
}

// Problems lists what Apply would not bring. It changes nothing, and may be called while a jail runs.
func (l Layer) Problems(ctx context.Context, t Taking) ([]Problem, error) {
	a := &application{Taking: t, ctx: ctx}
	if l.File != "" {
		return nil, nil
	}
	return a.problems, l.apply(a)
}

func (l Layer) apply(a *application) (err error) {
	if l.Purpose == ForReview {
		if a.review, err = l.loadReview(); err != nil {
			return err
		}
	}
	upper, lower, err := l.open()
	if err != nil || upper < 0 {
		return err
	}
	defer closeDir(upper)
	defer closeDir(lower)
	if err := a.folder(upper, lower, ""); err != nil {
		return err
	}
	return finished(a, upper)
}

// finished takes the mark of an opaque root away: what it hid has been removed.
func finished(a *application, upper int) error {
	if a.effect == carried && len(a.Only) == 0 && len(a.problems) == 0 && opaque(upper) {
		return unix.Fremovexattr(upper, xattrOpaque)
	}
	return nil
}

func (a *application) refuse(rel string, kind ProblemKind, why string) {
	a.problems = append(a.problems, Problem{rel, kind, why})
}

// refused notes why an entry stays in its layer, and returns other errors.
func (a *application) refused(rel string, err error) error {
	var refused *refusal
	if errors.As(err, &refused) {
		a.refuse(rel, refused.kind, refused.Error())
		return nil
	}
	return err
}

// folder applies what is in a folder of the upper layer to the host's.
func (a *application) folder(upper, lower int, dir string) (err error) {
	var brought []string
	defer func() { err = errors.Join(err, takeOut(upper, lower, brought)) }()
	list, err := names(upper)
	if err != nil {
		return fmt.Errorf("cannot read %q of the layer: %w", dir, err)
	}
	if whole, _ := a.Only.covers(dir); whole && opaque(upper) {
		if err := a.hidden(upper, lower, dir); err != nil {
			return err
		}
	}
	for _, name := range list {
		rel := path.Join(dir, name)
		if err := a.ctx.Err(); err != nil {
			return fmt.Errorf("interrupted before %q: %w", rel, err)
		}
		whole, within := a.Only.covers(rel)
		if !within {
			continue
		}
		what, st, err := look(upper, name)
		if err != nil {
			return err
		}
		if whole && a.withholds(rel) && a.review == nil {
			if err := a.withhold(upper, lower, name, rel); err != nil {
				return err
			}
			continue
		}
		done := false
		if err = a.check(upper, lower, name, rel, what); err == nil && what == folder {
			done, err = a.subfolder(upper, lower, name, rel, st.Mode)
		} else if err == nil && whole {
			done, err = a.entry(upper, lower, name, rel, what)
		}
		if done {
			brought = append(brought, name)
		}
		if err := a.refused(rel, err); err != nil {
			return fmt.Errorf("cannot apply %q: %w", rel, err)
		}
	}
	return nil
}

// takeOut takes out of a folder of the layer what was brought to the host's. First the host's is written through to the disk:
// the two can lie on different ones, and what a power failure undoes there must still be here.
func takeOut(upper, lower int, brought []string) error {
	if len(brought) == 0 {
		return nil
	}
	if err := unix.Fsync(lower); err != nil && !errors.Is(err, unix.EINVAL) { // a file system that cannot do that
		return err
	}
	for _, name := range brought {
		if err := removeAt(upper, name); err != nil {
			return err
		}
	}
	return nil
}

// withhold leaves in the layer what nobody has named, and says so where it is a change.
func (a *application) withhold(upper, lower int, name, rel string) error {
	var found []Change
	err := compareEntry(upper, lower, name, rel, &found)
	if len(found) > 0 {
		a.refuse(rel, Withheld, withheld)
	}
	return err
}

// hidden removes what an opaque folder of the upper layer hides of the host's.
func (a *application) hidden(upper, lower int, dir string) error {
	gone, err := onlyIn(lower, upper)
	if err != nil {
		return err
	}
	for _, name := range gone {
		rel := path.Join(dir, name)
		if a.withholds(rel) && a.review == nil {
			a.refuse(rel, Withheld, withheld)
			continue
		}
		err := a.check(-1, lower, name, rel, whiteout)
		if err == nil && a.effect == carried {
			err = removeAt(lower, name)
		}
		if err := a.refused(rel, err); err != nil {
			return fmt.Errorf("cannot remove %q: %w", rel, err)
		}
	}
	return nil
}

// subfolder applies a folder within one. done: nothing of it is left to be brought.
func (a *application) subfolder(upper, lower int, name, rel string, mode uint32) (done bool, err error) {
	up, err := beneath(upper, name, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil && !errors.Is(err, unix.EACCES) {
		return false, err
	}
	defer closeDir(up)
	if closed(up) {
		a.refuse(rel, Refused, "the jail has closed the folder to its owner")
		return false, nil
	}
	if tooDeep(rel) {
		a.refuse(rel, Refused, fmt.Sprintf("it is more than %d folders deep", maxDepth))
		return false, nil
	}
	was, _, err := look(lower, name)
	if err != nil {
		return false, err
	}
	if was != folder && a.effect == carried {
		if err := removeAt(lower, name); err != nil {
			return false, err
		}
		if err := unix.Mkdirat(lower, name, mode&0o755|0o700); err != nil {
			return false, err
		}
	}
	low, err := openDir(lower, name)
	if err != nil {
		return false, err
	}
	defer closeDir(low)
	before := len(a.problems)
	if err := a.folder(up, low, rel); err != nil {
		return false, err
	}
	whole, _ := a.Only.covers(rel)
	return whole && len(a.problems) == before && a.effect == carried, nil
}

// entry applies one that is no folder. done: the host has it.
func (a *application) entry(upper, lower int, name, rel string, what kind) (done bool, err error) {
	was, _, err := look(lower, name)
	if err != nil {
		return false, err
	}
	switch {
	case what == other:
		return false, &refusal{Refused, errors.New("it is a device, a pipe or a socket")}
	case what == whiteout && a.effect == carried:
		err = removeAt(lower, name)
	case unchanged(upper, lower, name, what, was): // copied up for its time, or applied before an interruption
	case what == file:
		err = a.copyFile(upper, lower, name, name)
	case what == link:
		err = a.copyLink(upper, lower, name, rel)
	}
	if err != nil || a.effect == rehearsed {
		return false, err
	}
	a.review.note(lower, name, rel)
	return true, nil
}

// refusal is why an entry stays in its layer.
type refusal struct {
	kind ProblemKind
	error
}

// copyFile puts a file of the upper layer in the host's place in one step. Neither set-user-id bits nor attributes travel, and
// others than the owner may not write to it unless they could.
func (a *application) copyFile(upper, lower int, from, to string) error {
	in, err := openFile(upper, from)
	if err != nil {
		return &refusal{Refused, err}
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	var ours unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &ours); err != nil {
		return err
	}
	was, st, err := look(lower, to)
	if err != nil {
		return err
	}
	// By the times of change, which nobody can set: a jail could give its file a time of modification in the future.
	if a.review == nil && a.Conflicts == KeepHost && was == file && st.Ctim.Nano() > ours.Ctim.Nano() {
		return &refusal{Conflict, errors.New("it was changed on the host later than in the jail")}
	}
	if a.effect == rehearsed {
		return nil
	}
	mode := info.Mode().Perm() &^ 0o022
	if was == file {
		mode |= info.Mode().Perm() & os.FileMode(st.Mode) & 0o022
	}
	if err := write(lower, temporary, in, mode); err != nil {
		return err
	}
	return replace(lower, temporary, to, was)
}

// write makes a complete file, and replaces one that a crash left.
func write(dir int, name string, content io.Reader, mode os.FileMode) error {
	if err := removeAt(dir, name); err != nil {
		return err
	}
	fd, err := beneath(dir, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	out := os.NewFile(uintptr(fd), name)
	_, err = io.Copy(out, content)
	err = errors.Join(err, out.Chmod(mode), out.Sync(), out.Close())
	if err != nil {
		return errors.Join(err, unix.Unlinkat(dir, name, 0))
	}
	return nil
}

// replace renames a complete file or link to where it belongs. A folder that stands there is removed first.
func replace(dir int, from, to string, was kind) error {
	if was == folder {
		if err := removeAt(dir, to); err != nil {
			return err
		}
	}
	return unix.Renameat(dir, from, dir, to)
}

// copyLink makes a symlink on the host if it stays in the folder.
func (a *application) copyLink(upper, lower int, name, rel string) error {
	text, err := readLink(upper, name)
	if err != nil {
		return err
	}
	if !filepath.IsLocal(path.Join(path.Dir(rel), text)) || path.IsAbs(text) || throughParent(text) {
		return &refusal{Refused, fmt.Errorf("it is a link that leads out of the folder, to %q", text)}
	}
	if a.review != nil && slices.ContainsFunc(strings.Split(text, "/"), isGit) {
		return &refusal{Refused, fmt.Errorf("it is a link into a repository, to %q", text)}
	}
	if a.effect == rehearsed {
		return nil
	}
	was, _, err := look(lower, name)
	if err != nil {
		return err
	}
	if err := removeAt(lower, temporary); err != nil {
		return err
	}
	if err := unix.Symlinkat(text, lower, temporary); err != nil {
		return err
	}
	return replace(lower, temporary, name, was)
}

// throughParent reports whether a link goes up after it went down: over another link that would lead elsewhere than its text says.
func throughParent(text string) bool {
	parts := strings.Split(text, "/")
	down := slices.IndexFunc(parts, func(part string) bool { return part != ".." && part != "." && part != "" })
	return down >= 0 && slices.Contains(parts[down:], "..")
}
