package plan

import (
	"cmp"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
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

// Scan looks for what a run must hide. It reads names, follows no link, and looks into no git directory. Errors:
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
	var all Scanned
	for _, root := range order {
		s := scanner{root: root, rules: roots[root], dirs: openScan(h, root), most: most}
		err := s.walk()
		s.dirs.close()
		if err != nil {
			return all, err
		}
		all.Hits = append(all.Hits, s.hits...)
		all.Missed = cmp.Or(all.Missed, s.missed)
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

// scanner walks one tree.
type scanner struct {
	root     string
	rules    []*rule
	literals map[string][]*rule // of rules for names that may be anywhere
	globs    []*rule            // the others of those
	placed   []*rule            // rules that depend on where a name is
	most     int64              // how many names are looked at
	wide     bool               // a rule of the user's may match anywhere

	mu      sync.Mutex
	waiting *sync.Cond
	stack   []scanDir
	busy    int
	names   atomic.Int64
	stop    atomic.Bool
	hits    []Hit
	missed  string
	dirs    scanDirs
}

// scanDir is a folder to be looked at.
type scanDir struct {
	path       string // from the root; empty for that
	places     []place
	dependency bool   // in a folder of other people's files
	sample     bool   // in a folder of keys that are no secrets
	inherit    Hiding // of the folder above, which is not hidden as a whole because something in it is excepted
	spared     [2]bool
}

// walk looks at the whole tree.
func (s *scanner) walk() error {
	s.waiting = sync.NewCond(&s.mu)
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
	s.stack = []scanDir{top}
	var all sync.WaitGroup
	for range min(runtime.NumCPU(), 4) {
		all.Go(s.work)
	}
	all.Wait()
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

// work takes folders until there are none and nobody finds more.
func (s *scanner) work() {
	buffer := make([]byte, 64<<10)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for len(s.stack) == 0 && s.busy > 0 {
			s.waiting.Wait()
		}
		if len(s.stack) == 0 {
			s.waiting.Broadcast()
			return
		}
		n := min(len(s.stack), 16)
		batch := slices.Clone(s.stack[len(s.stack)-n:])
		s.stack = s.stack[:len(s.stack)-n]
		s.busy++
		s.mu.Unlock()
		var below []scanDir
		var hits []Hit
		for _, dir := range batch {
			if !s.stop.Load() {
				s.look(dir, buffer, &below, &hits)
			}
		}
		s.mu.Lock()
		s.hits = append(s.hits, hits...)
		s.busy--
		if s.stack = append(s.stack, below...); len(below) > 0 || s.busy == 0 {
			s.waiting.Broadcast()
		}
	}
}

// look reads one folder.
func (s *scanner) look(dir scanDir, buffer []byte, below *[]scanDir, hits *[]Hit) {
	lower := make([]byte, 0, 64)
	count := int64(0)
	shut, id := s.dirs.read(dir.path, buffer, func(raw []byte, folder bool, identify func() FileID) {
		count++
		lower = lowered(lower[:0], raw)
		if string(lower) == ".git" {
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
		if folder && s.worthwhile(next) {
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
	if next.inherit != "" || s.wide || !next.dependency && !next.sample && len(s.globs)+len(s.literals) > 0 {
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
