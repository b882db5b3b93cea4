// Package layers keeps what jails change of folders that they see copy-on-write, and brings it to the host or throws it
// away. Its root has a folder for each owner, which is a project or a named jail:
//
//	OWNER/about.json         whose it is
//	OWNER/home/              the home that the owner's jails share, where it outlives them
//	OWNER/home.seeds/KEY     a file of that home, and the host's file that it began as
//	OWNER/1/lock             held by the run that has the slot; a run beside it takes slot 2
//	OWNER/1/KEY/about.json   what the layer is of
//	OWNER/1/KEY/upper, work  the two folders that overlayfs asks for
//	OWNER/1/KEY/applied.json of a review: what of it has been applied
//	OWNER/1/home, home.seeds the home of a run, of which the seeds alone outlive it
//
// Everything in upper and home is made by jails and hostile: it is reached by openat2(2) beneath them, and no symlink in it
// is followed.
package layers

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// schemaVersion is that of the notes.
const schemaVersion = 1

// Owner says whose layers lie in a folder.
type Owner struct {
	SchemaVersion int    `json:"schema_version"`
	Project       string `json:"project"`        // its folder
	Jail          string `json:"jail,omitempty"` // the name of a named jail
}

// Purpose says why a layer exists.
type Purpose string

const (
	ForMap    Purpose = "map"    // the user asked for it
	ForState  Purpose = "state"  // an agent's own folder or file
	ForCache  Purpose = "cache"  // what a toolchain has downloaded or built
	ForReview Purpose = "review" // the project itself, until the user takes it
)

// Note says what a layer is of.
type Note struct {
	SchemaVersion int     `json:"schema_version"`
	Host          string  `json:"host"`   // the folder, or the file, on the host, without symlinks
	Target        string  `json:"target"` // where jails see it
	Purpose       Purpose `json:"purpose"`
	File          string  `json:"file,omitempty"` // of a seed: its name beneath the home
	// Fresh says of a seed that the host had no such file when the jail's own was begun.
	Fresh bool `json:"fresh,omitempty"`
	// Begun is when a review's layer was made, by the clock of its file system.
	Begun time.Time `json:"begun,omitzero"`
}

// Layer is one layer, or one seed, that was found.
type Layer struct {
	Note
	Owner Owner
	Dir   string // of a layer; the home of a seed
	Slot  int    // 0 for a home that runs share
	held  bool   // see Hold
}

// ErrUnsupported means that a platform has no overlays.
var ErrUnsupported = errors.New("copy-on-write folders exist on Linux only")

// List finds the layers below a root, sorted by owner, slot and host path.
func List(root string) ([]Layer, error) {
	owners, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var found []Layer
	for _, entry := range owners {
		if !entry.IsDir() {
			continue
		}
		of, err := ListOwner(filepath.Join(root, entry.Name()))
		if err != nil {
			return nil, err
		}
		found = append(found, of...)
	}
	return found, nil
}

// ListOwner finds the layers of one owner. There are none where there is no such folder.
func ListOwner(dir string) ([]Layer, error) {
	var owner Owner
	if err := readNote(filepath.Join(dir, "about.json"), &owner); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // never used, or only half made
	} else if err != nil {
		return nil, err
	}
	found, err := listSeeds(filepath.Join(dir, "home"), owner, 0)
	if err != nil {
		return nil, err
	}
	for slot := 1; ; slot++ {
		at := filepath.Join(dir, strconv.Itoa(slot))
		entries, err := os.ReadDir(at)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return nil, err
		}
		inSlot, err := listSeeds(filepath.Join(at, "home"), owner, slot)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if !isKey(entry.Name()) {
				continue // in a home a jail can write a note of its own
			}
			l := Layer{Owner: owner, Dir: filepath.Join(at, entry.Name()), Slot: slot}
			if err := readNote(filepath.Join(l.Dir, "about.json"), &l.Note); err == nil {
				inSlot = append(inSlot, l)
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
		}
		slices.SortFunc(inSlot, func(a, b Layer) int { return cmp.Compare(a.Host+a.Target, b.Host+b.Target) })
		found = append(found, inSlot...)
	}
	return found, nil
}

// isKey reports whether a name is that of a layer: a part of a SHA-256 in hex.
func isKey(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil && len(name) == 32
}

// key is what a seed's note is called.
func key(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func listSeeds(home string, owner Owner, slot int) ([]Layer, error) {
	entries, err := os.ReadDir(home + ".seeds")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var found []Layer
	for _, entry := range entries {
		l := Layer{Owner: owner, Dir: home, Slot: slot}
		if err := readNote(filepath.Join(home+".seeds", entry.Name()), &l.Note); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	slices.SortFunc(found, func(a, b Layer) int { return cmp.Compare(a.Host, b.Host) })
	return found, nil
}

// readNote reads a note. One of which a power failure has left the name alone is none: fs.ErrNotExist.
func readNote(path string, into any) error {
	data, err := os.ReadFile(path)
	if err == nil && len(bytes.Trim(data, "\x00")) == 0 {
		err = fmt.Errorf("%q is empty: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("cannot read %q: %w", path, err)
	}
	return nil
}

// writeNote makes a note that is not there yet, in one step.
func writeNote(path string, note any) error {
	if noted(path) {
		return nil
	}
	return replaceNote(path, note)
}

// noted reports whether there is a note.
func noted(path string) bool {
	var content json.RawMessage
	return !errors.Is(readNote(path, &content), fs.ErrNotExist)
}

// replaceNote makes a note in one step, also in the place of another.
func replaceNote(path string, note any) error {
	data, err := json.Marshal(note)
	if err != nil {
		return err
	}
	temp := fmt.Sprintf("%s.%d", path, os.Getpid())
	err = os.WriteFile(temp, append(data, '\n'), 0o600)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
	}
	return err
}
