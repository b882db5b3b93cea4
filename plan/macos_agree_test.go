package plan

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"jail/jail"
	"jail/mounts"
	"jail/sbpl"
)

// sight is what a command can do at a path with what the host has there.
type sight struct{ read, write, remove bool }

func (s sight) String() string {
	return fmt.Sprintf("read %v, write %v, remove %v", s.read, s.write, s.remove)
}

// mounted is what Linux makes of a list of mounts (package mounts): the deepest at or above a path decides.
func mounted(list []mounts.Mount, p string) sight {
	var at mounts.Mount
	sealed := false
	for _, m := range list { // parents first
		switch {
		case !mounts.Within(p, m.Target):
		case m.Kind == mounts.Seal:
			sealed = true
		default:
			at, sealed = m, false
		}
	}
	var s sight
	switch at.Kind {
	case mounts.Bind:
		s.read, s.write = true, at.Access == mounts.ReadWrite && !sealed
	case mounts.Tmpfs:
		s.read, s.write = true, !sealed
	case mounts.Overlay:
		s.read = true // what is written goes elsewhere
	case mounts.Device:
		s.read, s.write = true, true
	case mounts.Dir, mounts.File, mounts.Symlink:
		s.read = p == at.Target
	}
	target := slices.ContainsFunc(list, func(m mounts.Mount) bool { return m.Target == p })
	s.remove = s.write && !target && at.Kind != mounts.Device // EBUSY
	return s
}

// fromHost is what Linux's mounts let a command do with a file of the host, wherever it is seen.
func fromHost(s jail.Spec, p string) (all sight) {
	for _, m := range s.Mounts {
		if m.Kind == mounts.Symlink && m.Target == p {
			all.read = true // it leads to the same
		}
		if m.Source == "" || m.Kind == mounts.Symlink || !mounts.Within(p, m.Source) {
			continue
		}
		inside := path.Join(m.Target, strings.TrimPrefix(p, m.Source))
		deepest := m.Target
		for _, other := range s.Mounts {
			if other.Kind != mounts.Seal && mounts.Within(inside, other.Target) && len(other.Target) > len(deepest) {
				deepest = other.Target
			}
		}
		if deepest == m.Target {
			one := mounted(s.Mounts, inside)
			all = sight{all.read || one.read, all.write || one.write, all.remove || one.remove}
		}
	}
	for _, seed := range s.Kept.Home.Seeds {
		all.read = all.read || seed.Host == p // a copy of it
	}
	return all
}

// ruled is what a profile allows.
func ruled(t *testing.T, profile *sbpl.Evaluator, p string) sight {
	t.Helper()
	ask := func(op sbpl.Operation) bool {
		got := profile.Allows(op, p, sbpl.LastWins)
		if profile.Allows(op, p, sbpl.SpecificWins) != got {
			t.Errorf("%s at %q depends on how the compiler orders rules", op, p)
		}
		return got
	}
	return sight{ask(sbpl.FileReadData), ask(sbpl.FileWriteData), ask(sbpl.FileWriteUnlink)}
}

func evaluator(t *testing.T, s jail.Spec) *sbpl.Evaluator {
	t.Helper()
	profile, err := jail.Profile(s, PlannedFound(s))
	if err != nil {
		t.Fatal(err)
	}
	e, err := profile.Evaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// difference is one way in which the two back ends are known to differ.
type difference struct {
	name, why string
	is        func(s jail.Spec, p string, linux, macos sight) bool
}

func closed(s jail.Spec, p string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(p, s.Seatbelt.Closed.Dir+"/"), "/")
	hidden := strings.HasPrefix(first, ".") && strings.ContainsFunc(first, func(r rune) bool { return r > '~' })
	return s.Seatbelt.Closed.Dir != "" && mounts.Within(p, s.Seatbelt.Closed.Dir) && (hidden || slices.ContainsFunc(s.Seatbelt.Closed.Names, func(glob string) bool {
		matched, err := path.Match(glob, strings.ToLower(first))
		return matched && err == nil
	}))
}

func replaced(s jail.Spec, p string) bool {
	return slices.ContainsFunc(s.Seatbelt.Replaced, func(file string) bool { return strings.HasPrefix(p, file) })
}

// differences of one and the same Spec.
var differences = []difference{
	{"root", "the loader lists the root of the host, where Linux has one of its own", func(_ jail.Spec, p string, l, m sight) bool {
		return p == "/" && m == sight{read: true}
	}},
	{"terminals", "terminals are made by the host's device, where Linux has a devpts of the jail's own; the rule about ioctl is exact", func(s jail.Spec, p string, l, m sight) bool {
		return p == "/dev/ptmx" || s.Terminal == jail.TerminalOwn && (p == "/dev/tty" || p == PlannedFound(s).Terminal)
	}},
	{"made", "what is made in the run's own folder can be changed there, where Linux makes it in a root that nothing changes", func(s jail.Spec, p string, l, m sight) bool {
		return !l.write && m.write && m.read && slices.ContainsFunc(s.Mounts, func(o mounts.Mount) bool { return o.Kind == mounts.Tmpfs && mounts.Within(p, o.Target) })
	}},
	{"closed", "a name that programs of the host obey cannot be made, where Linux moves away what has one", func(s jail.Spec, p string, l, m sight) bool {
		return l.write && !m.write && l.read == m.read && closed(s, p)
	}},
	{"ways", "a folder that something protected lies in cannot be renamed, as rules go by paths; on Linux the protection goes with it", func(s jail.Spec, p string, l, m sight) bool {
		return l.remove && !m.remove && l.write == m.write && l.read == m.read && slices.ContainsFunc(s.Mounts, func(o mounts.Mount) bool { return o.Target != p && mounts.Within(o.Target, p) })
	}},
	{"replaced", "a file of an agent's can be replaced, as agents do; on Linux it is the jail's own copy", func(s jail.Spec, p string, l, m sight) bool {
		return m.write && m.remove && replaced(s, p)
	}},
}

// planDifferences are those of two plans from one configuration and one host, about what lies below the home.
var planDifferences = []difference{
	{"closed", "", differences[3].is},
	{"ways", "", differences[4].is},
	{"replaced", "", differences[5].is},
	{"repository", "macOS shows the repository of a work tree read-only, where Linux has a git directory of the jail's own", func(s jail.Spec, p string, l, m sight) bool {
		return m == sight{read: true} && l == sight{} && mounts.Within(p, "/Users/u/repo/.git")
	}},
	{"keychain", "a service of macOS that was asked for", func(s jail.Spec, p string, l, m sight) bool {
		return l == sight{} && slices.Contains(s.Seatbelt.Grants, jail.GrantKeychain) && mounts.Within(p, "/Users/u/Library/Keychains")
	}},
}

// corpus are paths at, above, below and beside everything that a plan and its host name.
func corpus(s jail.Spec, files listing) []string {
	bases := []string{"/", "/dev/ptmx", "/dev/tty", "/dev/ttys000", "/dev/ttys001", "/private/etc/sudoers", "/System/Volumes/Data/Users/u/.ssh", "/Users/u", "/Users/other", "/private/tmp"}
	for _, m := range s.Mounts {
		bases = append(bases, m.Target)
		if path.IsAbs(m.Source) {
			bases = append(bases, m.Source)
		}
	}
	for p := range files.files {
		bases = append(bases, p)
	}
	for _, name := range append(slices.Clone(obeyed), ".git", ".vſcode", "src") {
		name = strings.ReplaceAll(name, "*", "x")
		bases = append(bases, path.Join("/Users/u/p", name), path.Join("/Users/u/p", strings.ToUpper(name)), path.Join("/Users/u/p/deep", name))
	}
	for _, file := range s.Seatbelt.Replaced {
		for _, tail := range []string{".lock", ".tmp.1.a", ".tmp.x.y", ".lock.x", "lock", ".tmp.1.a/b"} {
			bases = append(bases, file+tail)
		}
	}
	var all []string
	for _, p := range bases {
		all = append(all, p, path.Dir(p), path.Join(path.Dir(p), "sibling"))
		if at := files.Lstat(p).Type; at == Directory || at == Missing {
			all = append(all, path.Join(p, "child"), path.Join(p, "a/b"))
		}
		if p != "/" {
			all = append(all, p+"x", p+".lock")
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// macGoldens calls each with the input of every golden file that is about macOS.
func macGoldens(t *testing.T, each func(t *testing.T, in Input)) {
	paths, err := filepath.Glob("testdata/macos_*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no golden files: ", err)
	}
	for _, file := range paths {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sections, texts := parts(archive)
		h := parseHost(t, sections["host"], texts)
		in, err := parseRun(t, sections["run"], h)
		if err == nil && h.System == MacOS {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { each(t, in) })
		}
	}
}

// tally holds what two back ends say of a path against what is known of their differences.
type tally struct {
	known []difference
	seen  map[string]int
}

func (y *tally) compare(t *testing.T, s jail.Spec, p string, linux, macos sight) {
	t.Helper()
	if linux == macos {
		return
	}
	for _, d := range y.known {
		if d.is(s, p, linux, macos) {
			y.seen[d.name]++
			return
		}
	}
	t.Errorf("%q: Linux %v; macOS %v", p, linux, macos)
}

// finish fails for what is listed and does not happen.
func (y *tally) finish(t *testing.T) {
	t.Helper()
	for _, d := range y.known {
		if y.seen[d.name] == 0 {
			t.Errorf("the difference %q is listed, and there is none", d.name)
		}
	}
}

// One Spec, carried out by both: the mounts that Linux would make, and the profile.
func TestMacOSAgreesWithTheMounts(t *testing.T) {
	y := tally{differences, map[string]int{}}
	paths := 0
	macGoldens(t, func(t *testing.T, in Input) {
		s, err := Build(in)
		if err != nil {
			return
		}
		profile := evaluator(t, s)
		for _, p := range corpus(s, in.Host.Files.(listing)) {
			paths++
			y.compare(t, s, p, mounted(s.Mounts, p), ruled(t, profile, p))
		}
	})
	y.finish(t)
	t.Logf("%d paths, differences %v", paths, y.seen)
}

// One configuration and one host, planned for both: what of the home can be read and changed.
func TestMacOSAgreesWithTheLinuxPlan(t *testing.T) {
	y := tally{planDifferences, map[string]int{}}
	paths, refused := 0, 0
	macGoldens(t, func(t *testing.T, in Input) {
		s, err := Build(in)
		if err != nil {
			return
		}
		other := in
		other.Host.System, other.Host.NoLayers, other.Host.Landlock, other.Host.Arch = Linux, "", 7, "amd64"
		for i, asked := range other.Config.MacAllow {
			other.Config.MacAllow[i].Origin = "a file, not " + asked.Origin
		}
		linux, err := Build(other)
		var conflict *mounts.ConflictError
		if errors.As(err, &conflict) { // over /var, which is a link on Macs and where Linux mounts a folder of its own
			refused++
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		profile := evaluator(t, s)
		for _, p := range corpus(s, in.Host.Files.(listing)) {
			if !mounts.Within(p, in.Host.Home) {
				continue
			}
			paths++
			macos := ruled(t, profile, p)
			macos.read = macos.read || slices.ContainsFunc(s.Seatbelt.Copied, func(c jail.Seed) bool { return c.Host == p })
			y.compare(t, s, p, fromHost(linux, p), macos)
		}
	})
	if refused > 1 {
		t.Errorf("%d plans could not be made for Linux", refused)
	}
	y.finish(t)
	t.Logf("%d paths, differences %v", paths, y.seen)
}
