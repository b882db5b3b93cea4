package git

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// ErrApplied means that a patch is in the work tree already.
var ErrApplied = errors.New("the changes are there already")

// BlockedError says that a patch would go over something of the user's in the work tree. Nothing was changed.
type BlockedError struct{ Path, Why string }

func (e *BlockedError) Error() string { return fmt.Sprintf("cannot change %q: %s", e.Path, e.Why) }

// UnwrittenError says that the new files could not be made, beside the work tree. Nothing was changed.
type UnwrittenError struct {
	Dir string // where they were to be made
	Err error
}

func (e *UnwrittenError) Error() string {
	return fmt.Sprintf("cannot make the new files in %q: %v", e.Dir, e.Err)
}
func (e *UnwrittenError) Unwrap() error { return e.Err }

// Full reports whether there was no room for them.
func (e *UnwrittenError) Full() bool {
	return errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT)
}

// PartlyError says that the files of a patch were put into their places up to one. Each is as it was or as it was to be, and
// the same patch brings the rest.
type PartlyError struct {
	Done, Files int
	Err         error
}

func (e *PartlyError) Error() string {
	return fmt.Sprintf("%d of %d files were changed, and then: %v", e.Done, e.Files, e.Err)
}
func (e *PartlyError) Unwrap() error { return e.Err }

// Apply brings a patch of Patch's into the files of the work tree: all of it or, where a part does not fit, nothing. The
// files are those that it changes, in its order. The index stays. git makes the new files in a folder of their own, and only
// once they are complete and on the disk they are renamed into their places: at no moment is a file neither as it was nor as
// it is to be. When it was killed meanwhile, it can be repeated: files that have their part of the patch are left.
// Errors: ErrApplied, *CommandError, *BlockedError, *UnwrittenError, *PartlyError.
func (r Repo) Apply(ctx context.Context, files []FileChange, patch string) error {
	return r.apply(ctx, files, patch, func() {})
}

// application is one Apply under way.
type application struct {
	door
	step func()        // called before each step that changes the work tree
	told *CommandError // what git said of the whole patch where it does not fit
	have int           // files that have their part already
}

func (r Repo) apply(ctx context.Context, files []FileChange, patch string, step func()) error {
	d, err := r.openFor(ctx, withUser)
	if err != nil {
		return err
	}
	parts, err := patchParts(files, patch)
	if err != nil {
		return err
	}
	a := &application{door: d, step: step}
	mark := fmt.Sprintf("%x", sha256.Sum256([]byte(patch)))
	placed, rest := r.placed(parts, mark)
	missing, err := a.missing(ctx, placed)
	if err == nil {
		var more []patchPart
		more, err = a.missing(ctx, rest)
		missing = append(missing, more...)
	}
	switch {
	case err != nil && a.have == 0 && a.told != nil:
		return a.told
	case err != nil:
		return err
	case len(missing) == 0:
		return ErrApplied
	}
	s, err := newStage(r)
	if err != nil {
		return &UnwrittenError{r.GitDir, err}
	}
	defer s.close()
	if err := a.make(ctx, s, missing); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.path, stageMark), []byte(mark), 0o600); err != nil {
		return &UnwrittenError{filepath.Dir(s.path), err}
	}
	err = a.place(s)
	var partly *PartlyError
	s.kept = errors.As(err, &partly) // tells the next what is in place
	return err
}

// patchPart is what a patch has for one file.
type patchPart struct {
	path string
	unit string // the highest path of the patch that this one lies at or below: they can be in each other's way
	text string
	gone bool // it deletes the file
}

// patchParts takes a patch apart. No line in a part begins like the first one: those of a text have a sign before them, and those
// of a binary file no space.
func patchParts(files []FileChange, patch string) ([]patchPart, error) {
	const first = "diff --git "
	touched := map[string]bool{}
	for _, f := range files {
		touched[f.Path] = true
	}
	var parts []patchPart
	rest := patch
	next := func() (text string) {
		end := strings.Index(rest, "\n"+first) + 1
		if end == 0 {
			end = len(rest)
		}
		text, rest = rest[:end], rest[end:]
		return text
	}
	for _, f := range files {
		p := patchPart{path: f.Path, unit: f.Path, text: next(), gone: f.NewMode == noMode}
		if f.otherKind() {
			p.text += next() // it goes, and comes as another
		}
		for i, c := range f.Path {
			if c == '/' && touched[f.Path[:i]] {
				p.unit = f.Path[:i]
				break
			}
		}
		if !strings.HasPrefix(p.text, first) {
			return nil, unexpected("diff-tree", p.text[:min(len(p.text), 80)])
		}
		parts = append(parts, p)
	}
	if rest != "" {
		return nil, unexpected("diff-tree", rest[:min(len(rest), 80)])
	}
	slices.SortStableFunc(parts, func(a, b patchPart) int { return strings.Compare(a.unit, b.unit) })
	return parts, nil
}

// otherKind reports whether a file became a link, or the reverse: git shows that as two changes.
func (f FileChange) otherKind() bool {
	return f.OldMode != noMode && f.NewMode != noMode && f.OldMode[:3] != f.NewMode[:3]
}

// missing returns the parts that the work tree has not. Usually that is all, or none. Where an earlier Apply was killed, files
// before one have theirs, and those after it have not.
func (a *application) missing(ctx context.Context, parts []patchPart) ([]patchPart, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	if a.git(ctx, a.door, parts, "--check", "--reverse") == nil {
		a.have += len(parts)
		return nil, nil
	}
	err := a.git(ctx, a.door, parts, "--check")
	if err == nil {
		return parts, nil
	}
	if a.told == nil {
		errors.As(err, &a.told)
	}
	if len(parts) == 1 || exitCode(err) < 0 {
		return nil, err
	}
	at := middle(parts)
	before, err := a.missing(ctx, parts[:at])
	if err != nil {
		return nil, err
	}
	after, err := a.missing(ctx, parts[at:])
	return slices.Concat(before, after), err
}

// middle is where parts are divided: not within a unit, if there is more than one.
func middle(parts []patchPart) int {
	half := len(parts) / 2
	for away := range len(parts) {
		for _, at := range []int{half - away, half + away} {
			if at > 0 && at < len(parts) && parts[at-1].unit != parts[at].unit {
				return at
			}
		}
	}
	return half
}

// git runs git apply in the work tree of a door: it takes the current directory for it.
func (a *application) git(ctx context.Context, d door, parts []patchPart, options ...string) error {
	var patch []io.Reader
	for _, p := range parts {
		patch = append(patch, strings.NewReader(p.text))
	}
	args := append([]string{"apply", "--whitespace=nowarn"}, options...)
	_, err := d.run(ctx, call{args: args, access: writes, config: withUser, dir: d.repo.WorkTree, stdin: io.MultiReader(patch...), limit: addLimit})
	return err
}
