package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/jail"
	"jail/mounts"
)

// integration is what a part of the host consists of. Its key is one of config.Integrations.
type integration struct {
	key   string
	parts []part
	signs string     // the gpg.format of git's that it makes signatures of; see sign
	loss  string     // what it opens; empty where that is no more than what its name says
	reach jail.Reach // how far that goes
	fix   string     // what to do where it is not there
}

// part is one thing, or several of a kind.
type part struct {
	kind partKind
	word string // it belongs to the integration's wider form only; "!" and the word: to the other form only
	need need
	// places are where it may be: a path, ~/ and $XDG_RUNTIME_DIR/ included, or a variable of the caller that names it. Of
	// sockets, files and folders the first counts that is there, and a variable that is set decides. Of devices all
	// count, and * stands for the rest of a name.
	places []string
	as     string   // the name that it has in the jail, in the same folder; empty: its own
	env    []string // NAME passes the caller's; in NAME=VALUE, @ stands for where the part is
}

type partKind string

const (
	aSocket  partKind = "a socket"
	aFile    partKind = "a file"
	aFolder  partKind = "a folder"
	aDevice  partKind = "a device"
	theShm   partKind = "shared memory"
	aProgram partKind = "a program" // that the command is started by
)

// need says what becomes of an integration when a part is not there, and who may own the part.
type need string

const (
	needed    need = ""          // it cannot be given
	neededAny need = "any"       // it cannot be given unless another part is there
	maybe     need = "maybe"     // it goes without
	ofSystem  need = "of system" // as needed; a service of the system owns it
)

const runtimeDir = "$XDG_RUNTIME_DIR"

// IntegrationError says why a part of the host cannot be given.
type IntegrationError struct {
	Key, Origin, Why, Fix string
	Flag                  bool // the command line asks for it
	Absent                bool // there is nothing at all, rather than something wrong
}

func (e *IntegrationError) Error() string {
	if e.Flag {
		return fmt.Sprintf("--%s cannot be given: %s", flagOf(e.Key), e.Why)
	}
	return fmt.Sprintf("%s (from %s) cannot be given: %s", e.Key, e.Origin, e.Why)
}

// Hint says what to do about it.
func (e *IntegrationError) Hint() string { return e.Fix }

// integrate gives what was asked for of the host. What the command line asks for has to be there; what a file asks for is
// given on machines that have it. What is there and wrong is refused in any case.
func (b *builder) integrate() error {
	for _, i := range integrations {
		if !b.in.Config.Grants.On(i.key) {
			continue
		}
		if b.locked() {
			return b.refuse(i, "nothing of the host is, in lockdown", "run without lockdown, or without --"+flagOf(i.key))
		}
		err := b.give(i)
		if err != nil && err.Absent && !b.in.Config.FromFlags(i.key) {
			b.note("%v", err)
			continue
		}
		if err != nil {
			return err
		}
		if i.signs != "" {
			b.sign(i)
		}
		if i.loss != "" {
			b.lost = append(b.lost, jail.Loss{Name: flagOf(i.key), Why: fmt.Sprintf("%s (from %s)", i.loss, b.in.Config.Origins[i.key]), Reach: i.reach})
		}
	}
	return nil
}

func flagOf(key string) string { return strings.ReplaceAll(key, "_", "-") }

func (b *builder) refuse(i integration, why, fix string) *IntegrationError {
	return &IntegrationError{Key: i.key, Origin: b.in.Config.Origins[i.key], Flag: b.in.Config.FromFlags(i.key), Why: why, Fix: fix}
}

// give adds the parts of one integration.
func (b *builder) give(i integration) *IntegrationError {
	form, given := b.in.Config.Grants[i.key], 0
	for _, p := range i.parts {
		if other, not := strings.CutPrefix(p.word, "!"); p.word != "" && (form == other) == not {
			continue
		}
		var found bool
		var err *IntegrationError
		switch p.kind {
		case aDevice:
			found = b.devices(p)
		case theShm:
			found = b.shm(p)
		case aProgram:
			found = b.wrapper(p)
		default:
			found, err = b.place(i, p)
		}
		switch {
		case err != nil:
			return err
		case found:
			given++
		case p.need == needed || p.need == ofSystem:
			return b.absent(i, p)
		}
	}
	if given == 0 {
		return b.absent(i, i.parts[0])
	}
	return nil
}

func (b *builder) absent(i integration, p part) *IntegrationError {
	err := b.refuse(i, fmt.Sprintf("%s is not here", strings.Join(p.places, " or ")), i.fix)
	err.Absent = true
	return err
}

// place gives a socket, a file or a folder.
func (b *builder) place(i integration, p part) (found bool, err *IntegrationError) {
	for _, place := range p.places {
		asked, named, why := b.find(place)
		switch {
		case why != "":
			return false, b.refuse(i, why, i.fix)
		case asked == "":
			continue
		}
		real, _, at := b.in.Host.resolve(asked)
		switch {
		case at.Type == Missing && named && p.need != maybe:
			err := b.refuse(i, fmt.Sprintf("%s leads to %q, where nothing is", place, asked), i.fix)
			err.Absent = true
			return false, err
		case at.Type == Missing && named:
			return false, nil
		case at.Type == Missing:
			continue
		}
		if why := b.wrong(p, asked, real, at); why != "" {
			return false, b.refuse(i, why, i.fix)
		}
		switch {
		case p.as == "":
		case b.in.Host.System == MacOS:
			return false, b.refuse(i, fmt.Sprintf("%q would have another name in the jail, which macOS cannot give it", asked), "leave it out on macOS")
		default:
			asked = path.Join(path.Dir(asked), p.as)
		}
		target, why := b.reveal(p, asked, real)
		if why != "" {
			return false, b.refuse(i, why, i.fix)
		}
		for _, entry := range p.env {
			name, value, set := strings.Cut(entry, "=")
			if value = strings.ReplaceAll(value, "@", target); !set {
				value = b.in.Host.getenv(name)
			}
			b.given = append(b.given, given{name, value, "set by " + i.key})
		}
		return true, nil
	}
	return false, nil
}

// find makes a path of a place. It gives none where a variable in it is not set, and whether a variable decides.
func (b *builder) find(place string) (asked string, named bool, why string) {
	rest, inRuntime := strings.CutPrefix(place, runtimeDir+"/")
	switch {
	case inRuntime:
		if dir := b.in.Host.getenv("XDG_RUNTIME_DIR"); path.IsAbs(dir) {
			return path.Join(dir, rest), false, ""
		}
		return "", false, ""
	case strings.HasPrefix(place, "~/"):
		return path.Join(b.in.Host.Home, place[2:]), false, ""
	case !strings.HasPrefix(place, "$"):
		return place, false, ""
	}
	name := place[1:]
	value := b.in.Host.getenv(name)
	if value == "" {
		return "", false, ""
	}
	if asked = b.in.Host.address(name, value); !path.IsAbs(asked) {
		return "", true, fmt.Sprintf("$%s names nothing of this machine that could be shown", name)
	}
	return path.Clean(asked), true, ""
}

// address gives the path that the value of a variable means, and none where it means no path.
func (h Host) address(name, value string) string {
	switch name {
	case "DOCKER_HOST":
		rest, ok := strings.CutPrefix(value, "unix://")
		if !ok {
			return ""
		}
		return rest
	case "WAYLAND_DISPLAY":
		// wl_display_connect(3): an absolute path, or a name in the runtime folder.
		if dir := h.getenv("XDG_RUNTIME_DIR"); path.IsAbs(dir) && !strings.Contains(value, "/") {
			return path.Join(dir, value)
		}
	case "DISPLAY":
		// X(7): host:display.screen, without a host for the socket of this machine; the libraries also take its path.
		host, number, ok := strings.Cut(value, ":")
		number, _, _ = strings.Cut(number, ".")
		if ok && (host == "" || host == "unix") && number != "" && strings.Trim(number, "0123456789") == "" {
			return "/tmp/.X11-unix/X" + number
		}
	}
	return value
}

// wrong says what is wrong with a part, if something is.
func (b *builder) wrong(p part, asked, real string, at File) string {
	want := map[partKind]FileType{aSocket: Socket, aFile: Regular, aFolder: Directory}[p.kind]
	own := at.Owner == b.in.Host.UID
	switch planted := b.plantedLink(asked, real); {
	case planted != "":
		return fmt.Sprintf("%q %s", asked, planted)
	case at.Type != want:
		return fmt.Sprintf("%q is not %s", asked, p.kind)
	case p.kind != aFolder && !own && (p.need != ofSystem || at.Owner != 0):
		return fmt.Sprintf("%q belongs to somebody else (uid %d)", asked, at.Owner)
	case p.kind == aSocket && b.jailsMayWrite(real):
		return fmt.Sprintf("%q lies in what a jail may write to, and may be another socket than you mean", asked)
	case p.kind == aFolder && mounts.Within(b.home, real):
		return fmt.Sprintf("%q is your home directory, or above it", asked)
	case p.kind == aSocket && !mounts.Within(real, b.home) && !b.in.Host.guarded(path.Dir(real)):
		return fmt.Sprintf("%q lies in a folder where others can replace it", asked)
	case slices.Contains(p.env, "XAUTHORITY=@") && !strings.Contains(strings.ToLower(path.Base(real)), "auth") && !strings.HasPrefix(path.Base(real), ".x-"):
		return fmt.Sprintf("%q is not named as what xauth makes", asked)
	}
	return ""
}

// guarded reports whether nobody but the caller and root can replace what lies in a folder.
func (h Host) guarded(dir string) bool {
	const othersWrite, sticky = 0o022, 0o1000
	at := h.Files.Lstat(dir)
	return (at.Owner == h.UID || at.Owner == 0) && (at.Mode&othersWrite == 0 || at.Mode&sticky != 0)
}

// reveal mounts a part at its own path, over the links that lead to its folder.
func (b *builder) reveal(p part, asked, real string) (target, why string) {
	dir, links, _ := b.in.Host.resolve(path.Dir(asked))
	target = path.Join(dir, path.Base(asked))
	if b.taken(target) || b.visible(real) && real == target {
		return target, ""
	}
	if holder := b.holder(target); holder != "" && b.in.Host.Files.Lstat(target).Type == Missing {
		return "", fmt.Sprintf("its place %q is in %q, where jail makes nothing", target, holder)
	}
	b.runtime(target)
	b.closed(path.Dir(target))
	m := mounts.Mount{Kind: mounts.Bind, Source: real, Target: target, Why: "asked for by name"}
	if p.kind == aSocket {
		m.Access = mounts.Connect
	}
	b.add(m)
	b.links(links, "leads to what was asked for by name")
	return target, ""
}

// runtime gives a folder for sockets and the like, the jail's own, where the host's would hold what is shown.
func (b *builder) runtime(target string) {
	asked := b.in.Host.getenv("XDG_RUNTIME_DIR")
	dir, _, at := b.in.Host.resolve(asked)
	if !path.IsAbs(asked) || at.Type != Directory || !mounts.Within(target, dir) || target == dir || b.taken(dir) || b.visible(dir) {
		return
	}
	if mounts.Within(b.home, dir) || mounts.Within(b.in.Project.Dir, dir) {
		return
	}
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: dir, Size: b.ram(64), Mode: 0o700, Why: "for sockets, the jail's own; vanishes with it"})
	b.given = append(b.given, given{"XDG_RUNTIME_DIR", dir, describesJail})
}

// closed makes a folder that is nobody else's on the host nobody else's in the jail: GnuPG takes no socket from another.
func (b *builder) closed(dir string) {
	const others = 0o077
	at := b.in.Host.Files.Lstat(dir)
	if at.Type == Directory && at.Owner == b.in.Host.UID && at.Mode&others == 0 && b.in.Host.System != MacOS && !b.taken(dir) && !b.visible(dir) {
		b.add(mounts.Mount{Kind: mounts.Dir, Target: dir, Mode: 0o700, Why: "closed to others, as on the host"})
	}
}

// shm puts the host's shared memory in the place of the jail's own.
func (b *builder) shm(p part) bool {
	real, _, at := b.in.Host.resolve(p.places[0])
	if at.Type != Directory {
		return false
	}
	b.put(mounts.Mount{Kind: mounts.Bind, Source: real, Target: "/dev/shm", Access: mounts.ReadWrite, Why: "shared memory of the host, asked for by name"})
	return true
}

// wrapper finds the program that the command is to be started by.
func (b *builder) wrapper(p part) bool {
	found, err := b.in.Host.Find(p.places[0], b.in.Project.Cwd)
	if err != nil {
		return false
	}
	if real, _, _ := b.in.Host.resolve(found); b.plantedLink(found, real) != "" || b.jailsMayWrite(real) {
		return false
	}
	b.wrapped = found
	b.given = append(b.given,
		// What the project asks for runs in the jail; mise's question whether it is trusted is about the host.
		given{"MISE_TRUSTED_CONFIG_PATHS", b.in.Project.Dir, "set by mise"},
		given{"MISE_AUTO_INSTALL", "0", "set by mise"}, given{"MISE_EXEC_AUTO_INSTALL", "0", "set by mise"})
	return true
}

// given is a variable that belongs to what was asked for by name. It is set last, over everything.
type given struct{ name, value, why string }

const describesJail = "describes the jail"
