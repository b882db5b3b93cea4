package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"jail/workers"
)

// scanner walks one tree.
type scanner struct {
	root     string
	rules    []*rule
	literals map[string][]*rule // of rules for names that may be anywhere
	globs    []*rule            // the others of those
	placed   []*rule            // rules that depend on where a name is
	most     int64              // how many names are looked at
	wide     bool               // a rule of the user's may match anywhere
	wanted   bool               // repositories are looked for, where names are looked at
	deep     bool               // and in samples, too

	mu     sync.Mutex
	names  atomic.Int64
	stop   atomic.Bool
	hits   []Hit
	missed string

	repositories []string
	dirs         scanDirs
}

// scanDir is a folder to be looked at.
type scanDir struct {
	path       string // from the root; empty for that
	places     []place
	dependency bool   // in a folder of other people's files
	sample     bool   // in a folder of keys that are no secrets
	inherit    Hiding // of the folder above, which is not hidden as a whole because something in it is excepted
	spared     [2]bool
	fetched    bool // in a folder of clones of a build tool's
	edge       bool // only whether it is a repository is asked
}

// walk looks at the whole tree.
func (s *scanner) walk() error {
	s.literals = map[string][]*rule{}
	top := scanDir{}
	for _, r := range s.rules {
		switch {
		case !r.glob.anywhere():
			s.placed = append(s.placed, r)
			top.places = append(top.places, r.glob.start())
			continue
		case r.glob[1].literal:
			s.literals[r.glob[1].text] = append(s.literals[r.glob[1].text], r)
		default:
			s.globs = append(s.globs, r)
		}
		s.wide = s.wide || !r.secret
	}
	workers.Drain(top, s.lookAll)
	if !s.stop.Load() {
		return nil
	}
	why := fmt.Sprintf("there are more than %d files and folders below %q", s.most, s.root)
	for _, r := range s.rules {
		if !r.secret && !r.Except {
			return &PatternError{r.Pattern, why + ", too many to look at all", "let patterns begin with the folder that they are for, not with **"}
		}
	}
	s.missed = why
	return nil
}

func (s *scanner) lookAll(dirs []scanDir, buffer []byte) []scanDir {
	var below []scanDir
	var hits []Hit
	for _, dir := range dirs {
		if !s.stop.Load() {
			s.look(dir, buffer, &below, &hits)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hits = append(s.hits, hits...)
	return below
}

// look reads one folder.
func (s *scanner) look(dir scanDir, buffer []byte, below *[]scanDir, hits *[]Hit) {
	lower := make([]byte, 0, 64)
	count := int64(0)
	shut, id := s.dirs.read(dir.path, buffer, func(raw []byte, folder bool, identify func() FileID) {
		count++
		lower = lowered(lower[:0], raw)
		if string(lower) == ".git" {
			if s.wanted && !dir.fetched && dir.path != "" {
				s.found(path.Join(s.root, dir.path, string(raw)))
			}
			return
		}
		if dir.edge {
			return
		}
		next, hiding, why := s.judge(dir, lower, folder)
		switch {
		case hiding != "" && !(folder && s.partly(next, hiding)):
			*hits = append(*hits, Hit{path.Join(s.root, dir.path, string(raw)), hiding, why, identify()})
			return
		case hiding != "":
			next.inherit = hiding
		}
		next.fetched = dir.fetched || folder && slices.Contains(fetched, string(lower))
		worthwhile := s.worthwhile(next)
		next.edge = !worthwhile && s.wanted && next.sample
		if folder && (worthwhile || next.edge) {
			next.path = string(raw)
			if dir.path != "" {
				next.path = dir.path + "/" + next.path
			}
			if len(next.path) > maxSearched {
				*hits = append(*hits, Hit{path.Join(s.root, dir.path), HideDeny, "what is in it lies too deep to be looked through for what is to be hidden", FileID{}})
				return
			}
			*below = append(*below, next)
		}
	})
	switch {
	case shut && dir.path == "": // the project, which cannot be hidden
		s.missed = fmt.Sprintf("the files and folders in %q could not be listed", s.root)
	case shut:
		*hits = append(*hits, Hit{path.Join(s.root, dir.path), HideDeny, "it is shut, and so not looked through for what is to be hidden", id})
	}
	if s.names.Add(count) > s.most {
		s.stop.Store(true)
	}
}

func (s *scanner) found(dotGit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repositories = append(s.repositories, dotGit)
}

// lowered appends a name in small letters.
func lowered(to, name []byte) []byte {
	for _, c := range name {
		if c >= 0x80 {
			return append(to[:0], strings.ToLower(string(name))...)
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}
