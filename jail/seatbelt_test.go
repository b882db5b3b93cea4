package jail

import (
	"errors"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"jail/mounts"
	"jail/sbpl"
	"jail/seccomp"
)

// forSeatbelt is the least that can be rendered, with the given mounts.
func forSeatbelt(list ...mounts.Mount) Spec {
	return Spec{
		Backend: BackendSeatbelt, Hostname: "jail", Mounts: list, Dir: "/p", Program: "/bin/sh", Argv: []string{"sh"}, UID: 501, GID: 20,
		Network: NetworkNone, Terminal: TerminalNone, Grace: time.Second, Landlock: WallOff, Syscalls: Syscalls{Wall: WallOff, Profile: seccomp.Normal},
	}
}

func evaluator(t *testing.T, s Spec, terminal string) *sbpl.Evaluator {
	t.Helper()
	p, err := Profile(s, Found{Terminal: terminal})
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Evaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What a profile cannot say is refused, and never left out.
func TestProfileRefuses(t *testing.T) {
	with := func(change func(*Spec)) Spec {
		s := forSeatbelt(mounts.Mount{Kind: mounts.Bind, Source: "/p", Target: "/p", Access: mounts.ReadWrite})
		change(&s)
		return s
	}
	mount := func(m mounts.Mount) Spec { return forSeatbelt(m) }
	if _, err := Profile(with(func(*Spec) {}), Found{}); err != nil {
		t.Fatal("the control is refused: ", err)
	}
	for _, test := range []struct {
		name string
		spec Spec
	}{
		{"another back end", with(func(s *Spec) { s.Backend = BackendNamespaces })},
		{"Landlock", with(func(s *Spec) { s.Landlock = WallRequired })},
		{"a filter of system calls", with(func(s *Spec) { s.Syscalls.Wall = WallRequired })},
		{"a gate that is nowhere", with(func(s *Spec) { s.Network = NetworkAllow })},
		{"an audit by a gate that is nowhere", with(func(s *Spec) { s.Network = NetworkAudit })},
		{"the caller's terminal", with(func(s *Spec) { s.Terminal = TerminalInherit })},
		{"a terminal without a device", with(func(s *Spec) { s.Terminal = TerminalOwn })},
		{"memory", with(func(s *Spec) { s.Limits.Memory = 1 << 30 })},
		{"open files", with(func(s *Spec) { s.Limits.Files = 100 })},
		{"layers", with(func(s *Spec) { s.Kept.Layers = []KeptLayer{{}} })},
		{"a home on the disk", with(func(s *Spec) { s.Kept.Home.Dir = "/h" })},
		{"a copy in the project", with(func(s *Spec) { s.Seatbelt.Copied = []Seed{{Host: "/x", Name: "x", Target: "/p/x"}} })},
		{"an unknown grant", with(func(s *Spec) { s.Seatbelt.Grants = []Grant{"everything"} })},
		{"a name that cannot be closed", with(func(s *Spec) { s.Seatbelt.Closed = ClosedNames{"/p", []string{"a|b"}} })},
		{"an overlay", mount(mounts.Mount{Kind: mounts.Overlay, Source: "/p", Target: "/p", Layer: "/l"})},
		{"a store", mount(mounts.Mount{Kind: mounts.Store, Source: "/p", Target: "/p"})},
		{"proc", mount(mounts.Mount{Kind: mounts.Proc, Target: "/proc"})},
		{"devpts", mount(mounts.Mount{Kind: mounts.Devpts, Target: "/dev/pts"})},
		{"another place", mount(mounts.Mount{Kind: mounts.Bind, Source: "/a", Target: "/b"})},
		{"a file where the host has its own", mount(mounts.Mount{Kind: mounts.File, Target: "/etc/passwd"})},
		{"a folder where the host has its own", mount(mounts.Mount{Kind: mounts.Dir, Target: "/x"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			var unfit *UnfitError
			if _, err := Profile(test.spec, Found{}); !errors.As(err, &unfit) {
				t.Errorf("got %v, want an UnfitError", err)
			}
		})
	}
	if _, err := Profile(with(func(*Spec) {}), Found{Terminal: "/dev/ttys001"}); err == nil {
		t.Error("a device is taken for a run that has no terminal")
	}
}

// A command sets its own terminal, and no other: who may set the user's may type into it.
func TestOnlyTheJailsTerminalCanBeSet(t *testing.T) {
	s := forSeatbelt()
	s.Terminal = TerminalOwn
	e := evaluator(t, s, "/dev/ttys007")
	for path, want := range map[string]bool{"/dev/ttys007": true, "/dev/tty": true, "/dev/ptmx": true, "/dev/ttys000": false, "/dev/ttys0070": false, "/dev/ttys00": false, "/dev/console": false} {
		for _, op := range []sbpl.Operation{sbpl.FileIoctl, sbpl.FileReadData, sbpl.FileWriteData} {
			if got := e.Allows(op, path, sbpl.LastWins); got != want {
				t.Errorf("%s %s: got %v, want %v", op, path, got, want)
			}
		}
	}
}

// Programs replace a file by names that begin as it does. Those are bounded.
func TestReplacedFiles(t *testing.T) {
	const file = `/Users/u/.a (1)+.json`
	s := forSeatbelt(mounts.Mount{Kind: mounts.Bind, Source: file, Target: file, Access: mounts.ReadWrite})
	s.Seatbelt.Replaced = []string{file}
	e := evaluator(t, s, "")
	for name, want := range map[string]bool{
		"": true, ".lock": true, ".tmp.123.0af": true, ".tmp.123.456": true,
		".tmp": false, ".tmp.1": false, ".tmp.x.1": false, ".tmp.1.g": false, ".tmp.1.1/x": false, ".lock2": false, ".bak": false, "/x": false, "\n.lock": false, ".lock\n": false,
	} {
		for _, op := range []sbpl.Operation{sbpl.FileWriteCreate, sbpl.FileWriteUnlink, sbpl.FileReadData} {
			if got := e.Allows(op, file+name, sbpl.LastWins); got != want {
				t.Errorf("%s %q: got %v, want %v", op, file+name, got, want)
			}
		}
	}
	for _, other := range []string{`/Users/u/.a 1.json.lock`, `/Users/u/.a (1)json.lock`, `/x/Users/u/.a (1)+.json.lock`} {
		if e.Allows(sbpl.FileWriteCreate, other, sbpl.LastWins) {
			t.Errorf("%q can be made", other)
		}
	}
}

// Names that programs obey cannot be made in either case, and not with letters that some file systems take for equal.
func TestClosedNames(t *testing.T) {
	s := forSeatbelt(mounts.Mount{Kind: mounts.Bind, Source: "/p", Target: "/p", Access: mounts.ReadWrite})
	s.Seatbelt.Closed = ClosedNames{"/p", []string{".vscode", "*.code-workspace", "mise.toml", ".git"}}
	e := evaluator(t, s, "")
	for name, want := range map[string]bool{
		".vscode": false, ".VSCode": false, ".vscode/tasks.json": false, "a.code-workspace": false, ".Code-Workspace": false, "MISE.toml": false, ".git": false, ".GIT/config": false, ".vſcode": false, ".gıt/config": false,
		".vscodex": true, "vscode": true, "x/.vscode": true, "misextoml": true, "größe": true, "a.code-workspace.txt": true, ".github": true, "src": true,
	} {
		if got := e.Allows(sbpl.FileWriteCreate, "/p/"+name, sbpl.LastWins); got != want {
			t.Errorf("making %q: got %v, want %v", name, got, want)
		}
		if !e.Allows(sbpl.FileReadData, "/p/"+name, sbpl.LastWins) {
			t.Errorf("%q cannot be read", name)
		}
	}
}

// Rules go by paths: what leads to something protected must not be moved out of them, nor a socket that is hidden be reached.
func TestProtectedFilesCannotBeMovedAway(t *testing.T) {
	e := evaluator(t, forSeatbelt(
		mounts.Mount{Kind: mounts.Bind, Source: "/p", Target: "/p", Access: mounts.ReadWrite},
		mounts.Mount{Kind: mounts.Deny, Target: "/p/a/b/key"},
		mounts.Mount{Kind: mounts.Bind, Source: "/p/conf/x", Target: "/p/conf/x"},
		mounts.Mount{Kind: mounts.Seal, Target: "/p/vendor/dir"},
		mounts.Mount{Kind: mounts.Tmpfs, Target: "/t", Size: 1 << 20},
	), "")
	for path, want := range map[string]bool{
		"/p": false, "/p/a": false, "/p/a/b": false, "/p/a/b/key": false, "/p/conf": false, "/p/conf/x": false, "/p/vendor": false, "/p/vendor/dir": false, "/p/vendor/dir/f": false, "/t": false,
		"/p/a/c": true, "/p/a/b/other": true, "/p/conf/y": true, "/t/x": true,
	} {
		if got := e.Allows(sbpl.FileWriteUnlink, path, sbpl.LastWins); got != want {
			t.Errorf("moving %q: got %v, want %v", path, got, want)
		}
	}
	for _, op := range []sbpl.Operation{sbpl.NetworkOutbound, sbpl.ProcessExec} {
		if !e.Allows(op, "/p/s", sbpl.LastWins) || e.Allows(op, "/p/a/b/key", sbpl.LastWins) {
			t.Errorf("%s: a file of the project has to be allowed, and a hidden one not", op)
		}
	}
	if e.Allows(sbpl.FileWriteSetugid, "/p/s", sbpl.LastWins) {
		t.Error("a program can be made to run as its owner")
	}
}

// Of a filtered network a command reaches the gate, and what of the host's localhost was asked for.
func TestFilteredNetworkIsTheGate(t *testing.T) {
	s := forSeatbelt()
	s.Network, s.Gate.HostPorts = NetworkAllow, []HostPort{{5432, 5432}}
	p, err := Profile(s, Found{Proxy: 4000})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range p {
		for _, f := range r.Filters {
			if f.Kind == sbpl.Remote || f.Kind == sbpl.Local {
				got = append(got, f.Value)
			}
		}
	}
	if want := []string{"localhost:4000", "localhost:5432"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	e, err := p.Evaluator()
	if err != nil || e.Allows(sbpl.NetworkOutbound, "/private/var/run/mDNSResponder", sbpl.LastWins) {
		t.Errorf("names are resolved past the gate, %v", err)
	}
	s.Gate.Publish = []Publish{{"127.0.0.1", 1, 2}}
	if _, err := Profile(s, Found{Proxy: 4000}); err == nil {
		t.Error("published ports are taken")
	}
	s.Gate = Gate{HostPorts: []HostPort{{1, 2}}}
	if _, err := Profile(s, Found{Proxy: 4000}); err == nil {
		t.Error("another port of the host's is taken")
	}
}

// Whatever bytes a path has, the profile says what is meant about that path, and nothing else.
func FuzzProfile(f *testing.F) {
	for _, p := range []string{"/p", `/a "b" (c)\d`, "/größe", "/a\n(allow default)", `/"))(allow default)(version 1)(allow file-write* (subpath "/`, "/\xff", "/a;b", "/a.*b", "/a[b]"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if !path.IsAbs(p) || path.Clean(p) != p || p == "/" || strings.ContainsRune(p, 0) {
			return
		}
		s := forSeatbelt(
			mounts.Mount{Kind: mounts.Bind, Source: p, Target: p, Access: mounts.ReadWrite, Why: p},
			mounts.Mount{Kind: mounts.Deny, Target: p + "/key", Why: p},
		)
		s.Seatbelt.Replaced, s.Seatbelt.Closed = []string{p + "/r"}, ClosedNames{p, []string{".envrc"}}
		profile, err := Profile(s, Found{})
		if err != nil {
			t.Fatal(err)
		}
		text, params := profile.Format()
		read, err := sbpl.Parse(text, params)
		if err != nil || len(read) != len(profile) {
			t.Fatalf("%d rules became %d, %v\n%s", len(profile), len(read), err, text)
		}
		e, err := read.Evaluator()
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"": true, "/f": true, "/key": false, "/.envrc": false, "/.ENVRC/x": false, "x": false} {
			if got := e.Allows(sbpl.FileWriteData, p+name, sbpl.LastWins); got != want {
				t.Errorf("writing %q: got %v, want %v", p+name, got, want)
			}
		}
		for _, other := range []string{"/other-than-that", "/etc/passwd", "/"} {
			if !mounts.Within(other, p) && e.Allows(sbpl.FileWriteData, other, sbpl.LastWins) {
				t.Errorf("%q can be written to", other)
			}
		}
	})
}
