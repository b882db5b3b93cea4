package plan

import "slices"

// judge says what becomes of a name, and what is known below it.
func (s *scanner) judge(dir scanDir, name []byte, folder bool) (next scanDir, hiding Hiding, why string) {
	next = scanDir{dependency: dir.dependency, sample: dir.sample, spared: dir.spared}
	v := verdict{dir: dir, folder: folder}
	for _, r := range s.literals[string(name)] {
		v.hear(r, &next)
	}
	text := ""
	for _, r := range s.globs {
		if v.deaf(r) {
			continue
		}
		if text == "" {
			text = string(name)
		}
		if quick(r.glob[1].text, text) && r.glob[1].match(text) {
			v.hear(r, &next)
		}
	}
	if len(s.placed) > 0 {
		if text == "" {
			text = string(name)
		}
		next.places = make([]place, len(s.placed))
		for i, r := range s.placed {
			if dir.places[i] == 0 {
				continue
			}
			var matched bool
			if matched, next.places[i] = r.glob.next(dir.places[i], text); matched {
				v.hear(r, &next)
			}
		}
	}
	if folder {
		next.dependency = dir.dependency || slices.Contains(dependencies, string(name))
	}
	hiding, why = v.decide(next)
	return next, hiding, why
}

// partly reports whether something below a folder that is to be hidden is excepted by name.
func (s *scanner) partly(next scanDir, hiding Hiding) bool {
	for i, r := range s.placed {
		if r.Except && r.hiding == hiding && next.places[i]&^r.glob.start() != 0 {
			return true
		}
	}
	return false
}

// worthwhile reports whether anything may be found in a folder.
func (s *scanner) worthwhile(next scanDir) bool {
	if next.inherit != "" || s.wide || s.wanted && !next.dependency && (s.deep || !next.sample) || !next.dependency && !next.sample && len(s.globs)+len(s.literals) > 0 {
		return true
	}
	for i, at := range next.places {
		if at != 0 && !s.placed[i].Except {
			return true
		}
	}
	return false
}

// verdict collects what the rules say of one name.
type verdict struct {
	dir          scanDir
	folder       bool
	asked, firm  [2]*rule // by kind
	secret       *rule
	publicSecret bool
}

func kindOf(h Hiding) int {
	if h == HideDeny {
		return 1
	}
	return 0
}

// deaf reports whether a rule says nothing here.
func (v *verdict) deaf(r *rule) bool {
	return r.secret && (v.dir.dependency || v.dir.sample || v.folder && !r.Except)
}

func (v *verdict) hear(r *rule, next *scanDir) {
	if v.deaf(r) {
		return
	}
	r.found.Store(true)
	k := kindOf(r.hiding)
	switch {
	case r.secret && r.Except && v.folder:
		next.sample = next.sample || slices.Contains(samples, r.glob[1].text)
	case r.secret && r.Except:
		v.publicSecret = true
	case r.secret:
		v.secret = r
	case r.Except:
		next.spared[k] = true
	case r.Firm:
		v.firm[k] = r
	default:
		v.asked[k] = r
	}
}

// decide lets deny win over mask, and an exception over what is not the administrator's.
func (v *verdict) decide(next scanDir) (hiding Hiding, why string) {
	for _, hiding := range []Hiding{HideDeny, HideMask} {
		k := kindOf(hiding)
		switch {
		case v.firm[k] != nil:
			return hiding, byRule + v.firm[k].Origin
		case next.spared[k]:
		case v.asked[k] != nil:
			return hiding, byRule + v.asked[k].Origin
		case v.dir.inherit == hiding:
			return hiding, "hidden with its folder"
		}
	}
	if v.secret != nil && !v.publicSecret && !next.spared[0] {
		return HideMask, whySecret
	}
	return "", ""
}

const (
	whySecret = "its name tells of a secret" // the reason for what is hidden unasked
	byRule    = "hidden by "                 // the beginning of that for what is asked for
)

// quick rules most names out: a glob with a fixed beginning or end does not match others.
func quick(glob, name string) bool {
	if first := glob[0]; first != '*' && first != '?' && first != '[' && first != '\\' {
		return name != "" && name[0] == first
	}
	if last := glob[len(glob)-1]; last != '*' && last != '?' && last != ']' && len(glob) > 1 && glob[len(glob)-2] != '\\' {
		return name != "" && name[len(name)-1] == last
	}
	return true
}
