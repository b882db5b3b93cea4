package git

import (
	"fmt"
	"strings"
)

// headFile is what HEAD has for an entry: a mode of "000000" if nothing. work is the mode in the work tree; big
// is for what is too large there to be compared line by line.
type headFile struct {
	mode, id, work string
	big            bool
}

// parseStatus reads git status --porcelain=v2 --branch -z (git-status(1), "Porcelain Format Version 2"). heads belong
// to the entries one by one.
func parseStatus(out []byte) (s Status, heads []headFile, err error) {
	rest := string(out)
	for rest != "" {
		line, after, ended := strings.Cut(rest, "\x00")
		if !ended {
			return Status{}, nil, unexpected("status", rest)
		}
		rest = after
		if header, ok := strings.CutPrefix(line, "# "); ok {
			s.header(header)
			continue
		}
		e, head, ok := parseEntry(line)
		if !ok {
			return Status{}, nil, unexpected("status", line)
		}
		if e.Kind == Renamed {
			if e.OrigPath, rest, ended = strings.Cut(rest, "\x00"); !ended {
				return Status{}, nil, unexpected("status", line)
			}
		}
		if e.Kind != "" {
			s.add(e)
			heads = append(heads, head)
		}
	}
	return s, heads, nil
}

func unexpected(verb, text string) error {
	return fmt.Errorf("unexpected output of git %s: %+.80q", verb, text)
}

func (s *Status) header(text string) {
	name, value, _ := strings.Cut(text, " ")
	switch {
	case name == "branch.oid" && value != "(initial)":
		s.Head = value
	case name == "branch.head" && value != "(detached)":
		s.Branch = value
	}
}

// parseEntry reads one line; a renamed one's former name follows as a line of its own. Ignored files and lines of an
// unknown kind, which the format allows, have no Kind.
func parseEntry(line string) (Entry, headFile, bool) {
	kind, text, ok := strings.Cut(line, " ")
	if !ok {
		return Entry{}, headFile{}, false
	}
	e := Entry{Index: '.', Work: '.'}
	// The number of fields before the path, and which of them are HEAD's mode and id, of a conflict our side's, and the
	// mode in the work tree.
	var fields, mode, id, work int
	switch kind {
	case "1": // XY sub mH mI mW hH hI path
		e.Kind, fields, mode, id, work = Changed, 7, 2, 5, 4
	case "2": // XY sub mH mI mW hH hI score path
		e.Kind, fields, mode, id, work = Renamed, 8, 2, 5, 4
	case "u": // XY sub m1 m2 m3 mW h1 h2 h3 path
		e.Kind, fields, mode, id, work = Conflicted, 9, 3, 7, 5
	case "?":
		return Entry{Path: text, Index: '?', Work: '?', Kind: Untracked}, headFile{}, text != ""
	default:
		return Entry{}, headFile{}, true
	}
	parts := strings.SplitN(text, " ", fields+1)
	if len(parts) != fields+1 || len(parts[0]) != 2 || parts[fields] == "" || !validID(parts[id]) {
		return Entry{}, headFile{}, false
	}
	e.Index, e.Work, e.Path = parts[0][0], parts[0][1], parts[fields]
	return e, headFile{mode: parts[mode], id: parts[id], work: parts[work]}, true
}

func (s *Status) add(e Entry) {
	s.Entries = append(s.Entries, e)
	switch e.Kind {
	case Untracked:
		s.Untracked++
		return
	case Conflicted:
		s.Conflicted++
		return
	case Renamed:
		s.Renamed++
	}
	if e.Index != '.' {
		s.Staged++
	}
	if e.Work != '.' {
		s.Unstaged++
	}
}
