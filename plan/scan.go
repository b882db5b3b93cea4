package plan

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"jail/config"
	"jail/mounts"
)

// Hiding says how something is hidden. Of two the tighter one counts.
type Hiding string

const (
	HideMask Hiding = "mask" // it reads as empty
	HideDeny Hiding = "deny" // it cannot be opened
)

// Hit is a file or folder of the host that a jail must not read.
type Hit struct {
	Path   string // real, absolute
	Hiding Hiding
	Why    string
	ID     FileID // which file stood there when it was found; zero where nobody can tell
}

// Scanned is what a look at the project found.
type Scanned struct {
	Hits   []Hit  // sorted by path, each path once
	Missed string // why names that tell of secrets were not looked for everywhere; empty where they were

	Repositories []string // the .git of those below the project's own, the nearer to it the earlier
	Empty        []string // folders of their submodules that are not checked out; they may not be there
	Unknown      []string // those, by their folders, of which that cannot be told
	Unsearched   string   // why they were not looked for everywhere; empty where they were

	Remember []Remembered // what of the hits is to be found again by the next run, wherever this one moves it
	Gone     []FileID     // of what was remembered: it is nowhere any more
}

// PatternError says why files cannot be hidden as a pattern asks.
type PatternError struct {
	Pattern config.Pattern
	Why     string
	Fix     string
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("pattern %q (from %s): %s", e.Pattern, e.Pattern.Origin, e.Why)
}

// Hint says what to do about it.
func (e *PatternError) Hint() string { return e.Fix }

// maxNames is how many names are looked at: some seconds' worth.
const maxNames = 1_000_000

// maxSearched is how long a path below the project may be; with the project's own it has to fit into PATH_MAX.
const maxSearched = 3000

// maxHits is how many files and folders are hidden one by one. Each is a mount.
const maxHits = 2000

// dependencies are folders that hold other people's files, in which nobody keeps secrets: their names are not looked for there.
var dependencies = []string{
	"node_modules", "bower_components", "site-packages", ".venv", "venv", "__pycache__", ".tox", ".nox", ".pnpm-store", ".yarn", ".gradle", ".cargo",
}

// fetched are folders in which build tools clone what they build, and fetch, move and remove those clones themselves: CMake, Terraform,
// Swift, Carthage, Elm. Who builds on the host runs what a run left of the project anyway.
var fetched = []string{"_deps", ".terraform", ".build", "carthage", "elm-stuff"}

// samples are folders of keys that are no secrets.
var samples = []string{"test", "tests", "testdata", "__tests__", "fixtures", "examples", "spec"}

// secretFiles are names that tell that a file holds a secret.
var secretFiles = []string{
	".env*", "*.env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "*.key", "*-key.pem", "*_key.pem", "key.pem", "privkey*.pem",
	"*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.ppk", ".netrc", "_netrc", ".pgpass", ".my.cnf", ".git-credentials", ".pypirc", ".dockercfg",
	".vault-token", ".htpasswd", ".terraformrc", "credentials.json", "client_secret*.json", "service-account*.json", "service_account*.json", "*.tfstate",
	"local.settings.json", "kubeconfig", "secrets.yml", "secrets.yaml", "secrets.toml", "secrets.json",
}

// publicFiles are those of them that are made to be shared.
var publicFiles = []string{".env*.example", ".env*.sample", ".env*.template", ".env*.dist", ".env*.defaults", ".env.test", "example.env", "sample.env"}

// rule is a pattern on its way through a tree.
type rule struct {
	config.Pattern
	glob   glob
	hiding Hiding
	secret bool // of secretFiles: files only, and not in dependencies
	found  atomic.Bool
}

// Scan looks for what a run must hide, and for other repositories in the project. It reads names, follows no link, and looks into no
// git directory. Errors:
// *PatternError where a pattern matches nothing, or there is too much to look at.
func Scan(c config.Config, h Host, p Project) (Scanned, error) { return scan(c, h, p, maxNames) }

// scan is Scan with a limit for the names below each root.
func scan(c config.Config, h Host, p Project, most int64) (Scanned, error) {
	roots := map[string][]*rule{}
	var order []string
	add := func(root string, r *rule) {
		if roots[root] == nil {
			order = append(order, root)
		}
		roots[root] = append(roots[root], r)
	}
	var asked []*rule
	for _, list := range []struct {
		hiding Hiding
		all    []config.Pattern
	}{{HideMask, c.Mask}, {HideDeny, c.Deny}} {
		for _, pattern := range list.all {
			root, glob := h.rootOf(pattern, p.Dir)
			r := &rule{Pattern: pattern, glob: glob, hiding: list.hiding}
			asked = append(asked, r)
			add(root, r)
		}
	}
	if c.Secrets != config.SecretsShow {
		for _, r := range secretRules() {
			add(p.Dir, r)
		}
	}
	wanted := p.Name == "" && !releases(c.Unprotect, nestedGit)
	if wanted && roots[p.Dir] == nil {
		order = append(order, p.Dir)
	}
	var all Scanned
	for _, root := range order {
		s := scanner{root: root, rules: roots[root], dirs: openScan(h, root), most: most}
		if s.wanted = wanted && root == p.Dir; s.wanted {
			// In a repository there are many samples, and seldom others among them.
			s.deep = h.Files.Lstat(path.Join(root, ".git")).Type == Missing
		}
		err := s.walk()
		s.dirs.close()
		if err != nil {
			return all, err
		}
		all.Hits = append(all.Hits, s.hits...)
		if len(s.rules) > 0 {
			all.Missed = cmp.Or(all.Missed, s.missed)
		}
		if s.wanted {
			all.Repositories, all.Unsearched = nearest(s.repositories), s.missed
		}
	}
	for _, r := range asked {
		if !r.found.Load() && !r.Except && !r.Optional {
			return all, &PatternError{r.Pattern, "it matches nothing", "check it, or append ? if it may match nothing; a pattern is relative to the project in a file, and to the current folder on the command line"}
		}
	}
	all.Hits = follow(all.Hits, c, h, p.Dir)
	if all.Missed != "" {
		all.Hits = append(all.Hits, settled(c, h, p)...)
	}
	moved, gone := recall(c, h, p, all.Hits)
	all.Hits = append(all.Hits, moved...)
	all.Hits = append(all.Hits, otherNames(h, p.Dir, all.Hits)...)
	all.Hits = tightest(all.Hits)
	if len(all.Hits) > maxHits {
		return all, &PatternError{config.Pattern{Origin: "all"}, fmt.Sprintf("%d files and folders would be hidden one by one, and %d is the limit", len(all.Hits), maxHits), "name the folders that they lie in"}
	}
	all.Remember, all.Gone = remember(h, p, all.Hits, moved), gone
	return all, nil
}

func secretRules() []*rule {
	var rules []*rule
	add := func(glob string, except bool) {
		p := config.Pattern{Glob: glob, Except: except, Origin: "names of secrets"}
		rules = append(rules, &rule{Pattern: p, glob: parseGlob(glob), hiding: HideMask, secret: true})
	}
	for _, name := range secretFiles {
		add("**/"+name, false)
	}
	for _, name := range publicFiles {
		add("**/"+name, true)
	}
	for _, name := range samples {
		add("**/"+name, true)
	}
	return rules
}

// rootOf gives the folder that a pattern is looked for in: the project, for what lies in it, and else the deepest that it names.
func (h Host) rootOf(p config.Pattern, project string) (root string, g glob) {
	parts := strings.Split(p.Glob, "/")
	if p.Base == "" {
		return project, parseGlob(p.Glob)
	}
	base := p.Base
	for len(parts) > 1 && !strings.ContainsAny(parts[0], `*?[`) {
		base, parts = path.Join(base, unescape(parts[0])), parts[1:]
	}
	if real, _, at := h.resolve(base); at.Type != Missing {
		base = real
	}
	if !mounts.Within(base, project) {
		return base, parseGlob(strings.Join(parts, "/"))
	}
	var above []string
	if base != project {
		for name := range strings.SplitSeq(strings.TrimPrefix(base, project+"/"), "/") {
			above = append(above, escape(name))
		}
	}
	return project, parseGlob(strings.Join(append(above, parts...), "/"))
}

// follow puts in the place of a link what it leads to, if that is the user's and can be seen. A link of the project may lead
// anywhere, as a jail may have made it.
func follow(hits []Hit, c config.Config, h Host, project string) []Hit {
	var real []Hit
	for _, hit := range hits {
		at := h.Files.Lstat(hit.Path)
		if at.Type == Missing {
			continue
		}
		if at.Type == Link {
			to, _, end := h.resolve(hit.Path)
			mapped := slices.ContainsFunc(c.Maps, func(m config.Map) bool { return mounts.Within(to, m.Source) })
			if end.Type != Regular && end.Type != Directory || to == project || !mapped && !mounts.Within(to, project) {
				continue
			}
			hit.Why, hit.Path = hit.Why+", by the link "+path.Base(hit.Path), to
			hit.ID, _ = h.identify(to)
		}
		real = append(real, hit)
	}
	return real
}

// tightest keeps one hit for each path, and none below a folder that is hidden as tightly.
func tightest(hits []Hit) []Hit {
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(strings.Compare(strings.ReplaceAll(a.Path, "/", "\x00"), strings.ReplaceAll(b.Path, "/", "\x00")), strings.Compare(string(a.Hiding), string(b.Hiding)))
	})
	var kept []Hit
	for _, hit := range hits {
		if len(kept) > 0 && mounts.Within(hit.Path, kept[len(kept)-1].Path) {
			continue
		}
		kept = append(kept, hit)
	}
	return kept
}
