package plan

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"jail/config"
	"jail/jail"
)

var update = flag.Bool("update", false, "write what the plans are into the golden files")

// listing is a host made from text: one fact a line.
type listing struct {
	files map[string]File
	texts map[string]string
}

func (l listing) Lstat(path string) File {
	if path == "/" {
		return File{Type: Directory}
	}
	return l.files[path]
}

func (l listing) List(dir string) []string {
	var names []string
	for _, path := range slices.Sorted(maps.Keys(l.files)) {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	return names
}

func (l listing) Head(path string, limit int) []byte {
	text := l.texts[path]
	return []byte(text[:min(limit, len(text))])
}

// addParents makes every folder above a path.
func (l listing) addParents(path string) {
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		if _, ok := l.files[dir]; !ok {
			l.files[dir] = File{Type: Directory}
		}
	}
}

// parseHost reads the section "host" of a golden file. Lines: "dir PATH", "file PATH", "exec PATH", "device PATH",
// "other PATH", "link PATH TEXT", "own PATH", "settings PATH", "background", "env NAME=VALUE", and "KEY VALUE" for the fields of Host.
func parseHost(t *testing.T, text string, texts map[string]string) Host {
	t.Helper()
	l := listing{map[string]File{}, texts}
	h := Host{UID: 1000, GID: 1000, User: "u", Home: "/home/u", Memory: 8 << 30, Arch: "amd64", Landlock: 7, CountsPerNamespace: true, NoCgroup: "the cgroup /own is not delegated to you", Files: l}
	for line := range strings.Lines(text) {
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "", "#":
			continue
		case "owner": // "owner PATH UID"
			path, uid, _ := strings.Cut(rest, " ")
			at := l.files[path]
			at.Owner, _ = strconv.Atoi(uid)
			l.files[path] = at
		case "mode": // "mode PATH OCTAL"
			path, mode, _ := strings.Cut(rest, " ")
			at := l.files[path]
			bits, _ := strconv.ParseUint(mode, 8, 32)
			at.Mode = uint32(bits)
			l.files[path] = at
		case "same": // "same PATH PATH": one is a bind mount of the other
			for _, path := range strings.Fields(rest) {
				at := l.files[path]
				at.Inode = uint64(len(rest))
				l.files[path] = at
			}
		case "dir", "file", "exec", "device", "other", "link", "socket":
			path, text, _ := strings.Cut(rest, " -> ")
			at := File{Type: FileType(key), Text: text}
			if key == "exec" {
				at = File{Type: Regular, Executable: true}
			}
			l.files[path] = at
			l.addParents(path)
		case "macos": // before all else, as it sets defaults
			h.System, h.Home, h.Arch, h.Scratch = MacOS, "/Users/u", "arm64", "/private/var/folders/aa/bb/T/jail-1"
			h.UID, h.GID, h.NoCgroup, h.Landlock, h.NoLayers = 501, 20, "only Linux has cgroups", 0, "only Linux has overlays"
			addMac(l)
		case "scratch":
			h.Scratch = rest
		case "nolayers":
			h.NoLayers = rest
		case "settings":
			h.Settings = rest
		case "own":
			h.Own = append(h.Own, rest)
		case "env":
			h.Env = append(h.Env, rest)
		case "uid":
			h.UID, _ = strconv.Atoi(rest)
			h.GID = h.UID
		case "user":
			h.User = rest
		case "home":
			h.Home = rest
		case "terminal":
			h.Terminal, h.TIOCSTI = true, rest == "tiocsti"
		case "screen":
			h.Terminal, h.Screen = true, true
		case "background":
			h.Background = true
		case "arch":
			h.Arch = rest
		case "landlock":
			h.Landlock, _ = strconv.Atoi(rest)
		case "cgroup":
			h.Cgroup, h.NoCgroup = jail.Cgroup{Dir: "/sys/fs/cgroup/own", Leaf: "leaf", Controllers: rest}, ""
		case "nproc":
			h.Processes, _ = strconv.Atoi(rest)
		case "nofile":
			h.OpenFiles, _ = strconv.Atoi(rest)
		case "memory":
			h.Memory, _ = strconv.ParseInt(rest, 10, 64)
		case "oldkernel":
			h.CountsPerNamespace = false
		case "kernelroot":
			h.KernelRoot = true
		default:
			t.Fatalf("unknown line %q in the host listing", line)
		}
	}
	return h
}

// parseRun reads the section "run": "cwd PATH", "noproject", "name NAME", "flag KEY TEXT" for a limit of the command line, "config TEXT" for a line of user config, "project TEXT"
// for a line of project config, "flag NAME VALUE", "off WALL", "layers FOLDER",
// "agent PROGRAMS STATE CREDENTIALS CODE [DIR DIR_ENV]", each joined by commas, "command WORDS".
func parseRun(t *testing.T, text string, h Host) (Input, error) {
	t.Helper()
	in := Input{Host: h, Layers: "/home/u/.local/state/jail/layers/project-1", Slot: 1, Browsers: "/home/u/.local/share/jail/browsers"}
	cwd, dir, user, project := h.Home+"/p", "", "", ""
	var command, empty, unknown []string
	var flags config.Overlay
	var preset *config.Agent
	none := false
	for line := range strings.Lines(text) {
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "cwd":
			cwd = rest
		case "dir":
			dir = rest
		case "noproject":
			none = true
		case "config":
			user += rest + "\n"
		case "project":
			project += rest + "\n"
		case "off": // "off landlock", "off seccomp" or "off limits"
			*map[string]*jail.Wall{"landlock": &in.Landlock, "seccomp": &in.Seccomp, "limits": &in.Limits}[rest] = jail.WallOff
		case "flag": // "flag lockdown", "flag network MODE", "flag rw-map PATH", "flag allow NAME", "flag memory 4g"
			name, value, _ := strings.Cut(rest, " ")
			switch name {
			case "lockdown":
				flags.Lockdown = config.On
			case "review":
				flags.Review = config.On
			case "home":
				flags.Home = config.HomeMode(value)
			case "macos-allow":
				flags.MacAllow = append(flags.MacAllow, config.Relaxation{Name: value, Origin: "--macos-allow"})
			case "network":
				flags.Network = config.NetworkMode(value)
			case "browser":
				flags.Browser = config.BrowserMode(value)
			case "agent-state":
				flags.AgentState = config.StateMode(value)
			case "grant": // "flag grant KEY VALUE"
				key, form, _ := strings.Cut(value, " ")
				flags.Grants = config.Grants{key: form}
			case "agent-dir":
				flags.AgentDir = value
			case "map", "overlay-map":
				mode := map[string]config.MapMode{"map": config.MapRO, "overlay-map": config.MapOverlay}[name]
				source, target, elsewhere := strings.Cut(value, ":")
				if !elsewhere {
					target = source
				}
				flags.Maps = append(flags.Maps, config.Map{Source: source, Target: target, Mode: mode, Origin: "--" + name})
			case "rw-map":
				flags.Maps = append(flags.Maps, config.Map{Source: value, Target: value, Mode: config.MapRW, Origin: "--rw-map"})
			case "mask", "deny":
				p, err := config.ParsePattern(value, config.Places{Home: h.Home, Dir: cwd})
				if err != nil {
					t.Fatalf("flag in %q: %v", line, err)
				}
				p.Origin = "--" + name
				list := map[string]*[]config.Pattern{"mask": &flags.Mask, "deny": &flags.Deny}[name]
				*list = append(*list, p)
			case "secrets":
				flags.Secrets = config.SecretMode(value)
			case "unprotect":
				flags.Unprotect = append(flags.Unprotect, config.Release{Glob: value, Origin: "--unprotect"})
			case "allow":
				flags.Allow = append(flags.Allow, config.Relaxation{Name: value, Origin: "--allow"})
			default:
				if err := flags.Limits.Set(name, value); err != nil {
					t.Fatalf("flag in %q: %v", line, err)
				}
			}
		case "agent":
			words := strings.Fields(rest)
			list := func(i int) []string { return strings.Split(words[i], ",") }
			preset = &config.Agent{Name: "agent", Programs: list(0), State: list(1), Credentials: list(2), Login: []string{"token"}, RunsCode: list(3)}
			if len(words) > 4 {
				preset.Dir, preset.DirEnv = words[4], words[5]
			}
		case "agent-login": // in the place of "token"; nothing after it is none
			preset.Login = strings.Fields(rest)
		case "agent-own":
			preset.Own = strings.Fields(rest)
		case "agent-settings":
			preset.Settings = strings.Fields(rest)
		case "layers":
			in.Layers, in.Slot = rest, 1
		case "name":
			in.Project.Name = rest
		case "git": // "git AT COMMON": a git directory of the jail's own appears at AT
			at, common, _ := strings.Cut(rest, " ")
			const own = "/home/u/.local/share/jail/git/1"
			in.Project.Git = &GitView{
				Dir: own + "/git", At: at, Common: common, Remote: own + "/host.git",
				Objects: common + "/objects", ObjectsAt: own + "/main/objects",
			}
		case "lfs":
			g := in.Project.Git
			g.LFS, g.LFSAt = g.Common+"/lfs", strings.TrimSuffix(g.ObjectsAt, "objects")+"lfs"
		case "alternate":
			in.Project.Git.Alternates = append(in.Project.Git.Alternates, rest)
		case "nested":
			in.Project.Git.Nested = append(in.Project.Git.Nested, rest)
		case "empty": // "empty DIR": a submodule that is not checked out
			in.Project.Git.Empty = append(in.Project.Git.Empty, rest)
		case "nested-empty": // the same in another repository
			empty = append(empty, rest)
		case "unknown": // "unknown DIR": a repository whose index cannot be read
			unknown = append(unknown, rest)
		case "module": // "module DIR": a submodule that the project, or a submodule of it, has at DIR
			own := "/home/u/.local/share/jail/git/1/modules/" + filepath.Base(rest)
			in.Project.Git.Modules = append(in.Project.Git.Modules, GitModule{
				DotGit: rest + "/.git", Pointer: own + "/pointer",
				GitView: GitView{
					Dir: own + "/git", Remote: own + "/host.git",
					Objects: in.Project.Git.Common + "/modules/" + filepath.Base(rest) + "/objects", ObjectsAt: own + "/main/objects",
				},
			})
		case "command":
			command = strings.Fields(rest)
		}
	}
	name, git := in.Project.Name, in.Project.Git
	in.Project = h.Locate(cwd)
	in.Project.Name, in.Project.Git = name, git
	if none {
		in.Project = NoProject()
	}
	if dir != "" {
		in.Project.Dir = dir
	}
	temp := t.TempDir()
	files := config.Files{User: filepath.Join(temp, "user.toml"), Project: filepath.Join(temp, "project.toml")}
	for path, text := range map[string]string{files.User: user, files.Project: project} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	in.Config, err = config.Load(config.Request{Files: files, Home: h.Home, ProjectDir: in.Project.Dir, Command: command, Flags: flags})
	if err == nil {
		in.Config.Origins[folder] = temp
		if preset != nil {
			in.Config.Agent = *preset
		}
		in.Scanned, err = Scan(in.Config, h, in.Project)
		in.Scanned.Empty, in.Scanned.Unknown = empty, unknown
	}
	return in, err
}

// folder is where parseRun notes the temporary folder that origins name, so that it can be left out.
const folder = "test folder"

// describe renders what a golden file compares: the plan, or the error and its hint.
func describe(in Input, err error) string {
	if err == nil {
		spec, buildErr := Build(in)
		if err = buildErr; err == nil {
			text := strings.Join(Explain(spec, in.Config), "\n") + "\n"
			for _, m := range spec.Mounts {
				if slices.Contains([]string{"/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/home/u/.gitconfig"}, m.Target) {
					text += "== " + m.Target + "\n" + m.Text
				}
			}
			return text + "== environment\n" + strings.Join(spec.Env, "\n") + "\n" + describeProfile(spec)
		}
	}
	text := fmt.Sprintf("error: %v\n", err)
	var hint interface{ Hint() string }
	if errors.As(err, &hint) {
		text += fmt.Sprintf("fix: %s\n", hint.Hint())
	}
	return text
}

func TestGolden(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no golden files: ", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) { golden(t, path) })
	}
}

// parts are the sections of a golden file, and those of them that are files of its host.
func parts(archive *txtar.Archive) (sections, texts map[string]string) {
	sections, texts = map[string]string{}, map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
		if strings.HasPrefix(f.Name, "/") {
			texts[f.Name] = string(f.Data)
		}
	}
	return sections, texts
}

func golden(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sections, texts := parts(archive)
	in, err := parseRun(t, sections["run"], parseHost(t, sections["host"], texts))
	got := describe(in, err)
	got = strings.ReplaceAll(got, in.Config.Origins[folder]+"/", "")
	if *update {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
		archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := sections["want"]; got != want {
		t.Errorf("plan differs (go test ./plan -update writes it)\n--- got\n%s--- want\n%s", got, want)
	}
}
