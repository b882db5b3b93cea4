package git

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// synced is what Begin and Import remember. A step that was cut off shows by it, and is done again.
type synced struct {
	Refs     refs              `json:"refs"`                // the jail's, as they were when both sides last agreed
	Given    map[string]string `json:"given"`               // the repository's refs at the last Begin
	Made     map[string]bool   `json:"made,omitempty"`      // refs that the jail has made there since
	Home     string            `json:"home"`                // where the host's HEAD was then
	HostHead string            `json:"host_head"`           // where it was when Begin or Import last had to do with it
	Done     fingerprint       `json:"done,omitempty"`      // of the jail's refs after the last complete import
	Host     fingerprint       `json:"host,omitempty"`      // of the repository after the last Begin
	Moving   map[string]string `json:"moving,omitempty"`    // the jail's refs that the repository's are about to be moved to
	Follows  string            `json:"follows,omitempty"`   // branch that the host's HEAD is about to be moved to
	IndexDue string            `json:"index_due,omitempty"` // commit that the host's index is about to be moved to
	IndexWas string            `json:"index_was,omitempty"` // commit that the host's index stood at
	Copied   fingerprint       `json:"copied,omitempty"`    // of the host's index that the jail's was copied from
	Ours     fingerprint       `json:"ours,omitempty"`      // of the jail's index right after that
	Born     string            `json:"born,omitempty"`      // of the repository's git directory
	Config   string            `json:"config,omitempty"`    // the configuration that was made for the jail
	Hidden   []string          `json:"hidden,omitempty"`    // what the jail's index passes over
	Links    []string          `json:"links,omitempty"`     // folders of the work tree where the index has other repositories' commits
	Diverged *Divergence       `json:"diverged,omitempty"`  // as Import last found it
}

// cutOff reports whether an import began to move something of the repository's and did not come to its end.
func (s synced) cutOff() bool { return len(s.Moving) > 0 || s.Follows != "" || s.IndexDue != "" }

// ofAnother reports whether what is remembered is of a repository that stood where another stands now: it was removed and one
// made or cloned in its place. A jail's work tree belongs to its own.
func (p Private) ofAnother(s synced) bool {
	now := born(p.Host.CommonDir)
	return p.Branch == "" && s.Born != "" && now != "" && s.Born != now
}

func (p Private) load() synced {
	var s synced
	data, err := os.ReadFile(filepath.Join(p.Dir, "synced.json"))
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		s = synced{} // nothing is known: everything is looked at again
	}
	if s.Refs.IDs == nil {
		s.Refs.IDs = map[string]string{}
	}
	return s
}

func (p Private) save(s synced) error {
	data, err := json.Marshal(s)
	if err == nil {
		err = replace(filepath.Join(p.Dir, "synced.json"), data)
	}
	if err != nil {
		return fmt.Errorf("cannot note the state of the jail's git directory: %w", err)
	}
	return nil
}
