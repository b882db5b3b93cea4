package git

import "strings"

// mayAppear reports whether a new branch or tag may stand among the user's own: not where its name would be taken for
// something else, or contradicts another.
func mayAppear(name string, host refs, remotes []string) bool {
	short, branch := strings.CutPrefix(name, "refs/heads/")
	short, tag := strings.CutPrefix(short, "refs/tags/")
	if !branch && !tag || unreadable(short) || ValidBranch(short) != nil || strings.HasPrefix(short, "jail/") || strings.HasPrefix(short, "refs/") || standsForACommit(short) {
		return false
	}
	for _, remote := range remotes {
		if short == remote || strings.HasPrefix(short, remote+"/") {
			return false
		}
	}
	for _, other := range []string{"refs/heads/" + short, "refs/tags/" + short, "refs/remotes/" + short} {
		if host.IDs[other] != "" {
			return false
		}
	}
	for other := range host.IDs {
		if strings.HasPrefix(other, name+"/") || strings.HasPrefix(name, other+"/") || strings.HasPrefix(other, "refs/remotes/"+short+"/") {
			return false
		}
	}
	return true
}

// minAbbrev is how short git lets the id of a commit be (MINIMUM_ABBREV in object.h).
const minAbbrev = 4

// standsForACommit reports whether git would take the short name of a ref for another thing first, or people would: the id of a
// commit or the beginning of one, what git describe prints, a ref beside HEAD as FETCH_HEAD (gitrevisions(7)).
func standsForACommit(short string) bool {
	isHex := func(s string) bool {
		return len(s) >= minAbbrev && !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') })
	}
	root := !strings.ContainsFunc(short, func(r rune) bool { return (r < 'A' || r > 'Z') && r != '_' && r != '-' })
	described := strings.LastIndex(short, "-g")
	return isHex(short) || described >= 0 && isHex(short[described+2:]) || root && (strings.HasSuffix(short, "HEAD") || strings.Contains(short, "_"))
}

// remotes are the names of the repository's remotes, those too from which nothing was fetched yet.
func (d door) remotes() []string {
	var names []string
	for _, e := range d.entries {
		if section, name, _ := split(e.key); section == "remote" && name != "" {
			names = append(names, name)
		}
	}
	return names
}
