package plan

import (
	"fmt"
	"path"
	"strings"

	"jail/mounts"
)

// ProgramProblem says why a command cannot be started.
type ProgramProblem string

const (
	NotFound      ProgramProblem = "not found"
	NotExecutable ProgramProblem = "not executable"
	IsDirectory   ProgramProblem = "a directory"
)

// ProgramError says that the command cannot be started, before anything was built.
type ProgramError struct {
	Program string
	Problem ProgramProblem
}

func (e *ProgramError) Error() string { return fmt.Sprintf("%q is %s", e.Program, e.Problem) }

// program finds the command as a shell would, makes what it consists of visible, and returns its path inside.
func (b *builder) program() (string, []string, error) {
	argv := b.in.Config.Command
	if len(argv) == 0 {
		argv = []string{b.in.Host.shell(b.in.Config.Shell)}
	}
	found, err := b.in.Host.Find(argv[0], b.in.Project.Cwd)
	if err != nil {
		return "", nil, err
	}
	if link := b.plantedLink(found, real(b.in.Host, found)); link == "" && !mounts.Within(real(b.in.Host, found), b.in.Project.Dir) {
		// What lies in the project runs with what is visible anyway: an earlier jail may have written it, and its first
		// line must not choose what this one shows.
		b.expose(found, 0)
	}
	if _, _, at := b.in.Host.resolve(found); at.Type == Regular && !b.there(found) {
		// Its own path leads over a link that the jail lacks; its real path does not.
		found, _, _ = b.in.Host.resolve(found)
	}
	return found, argv, nil
}

func real(h Host, p string) string {
	real, _, _ := h.resolve(p)
	return real
}

// shell is what runs where no command is given: the configured one, the caller's, or what every host has.
func (h Host) shell(configured string) string {
	for _, candidate := range []string{configured, h.getenv("SHELL"), "/bin/bash", "/bin/sh"} {
		if _, _, at := h.resolve(candidate); path.IsAbs(candidate) && at.Type == Regular && at.Executable {
			return candidate
		}
	}
	return "/bin/sh"
}

// loginShell is what passwd names: the caller's own shell.
func (h Host) loginShell() string { return h.shell("") }

// Find locates a program: by its path, relative to cwd, where it has a slash, in PATH otherwise (execvp(3)). The result is
// absolute. Errors: *ProgramError.
func (h Host) Find(name, cwd string) (string, error) {
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join(cwd, name)
		}
		return name, h.check(name)
	}
	problem := NotFound
	for _, dir := range strings.Split(h.getenv("PATH"), ":") {
		if !path.IsAbs(dir) || name == "" {
			continue // a relative entry means another folder in each place: never searched
		}
		switch candidate := path.Join(dir, name); err := h.check(candidate).(type) {
		case nil:
			return candidate, nil
		case *ProgramError:
			if err.Problem == NotExecutable {
				problem = NotExecutable
			}
		}
	}
	return "", &ProgramError{name, problem}
}

func (h Host) check(p string) error {
	switch _, _, at := h.resolve(p); {
	case at.Type == Regular && at.Executable:
		return nil
	case at.Type == Missing:
		return &ProgramError{p, NotFound}
	case at.Type == Directory:
		return &ProgramError{p, IsDirectory}
	}
	return &ProgramError{p, NotExecutable}
}

// expose makes a program visible that lies outside what is visible already: the links on the way to it, the unit that it
// was installed as, and, for a script, its interpreter.
func (b *builder) expose(program string, depth int) {
	real, links, at := b.in.Host.resolve(program)
	if at.Type != Regular || depth > 4 { // the kernel follows four interpreters (execve(2))
		return
	}
	if !b.visible(real) {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: b.unit(real), Target: b.unit(real), Why: "the program"})
	}
	b.links(links, "leads to the program")
	for _, needed := range b.interpreters(real) {
		b.expose(needed, depth+1)
	}
}

// interpreters returns what a script's first line asks for: a path, or a name that env looks up.
func (b *builder) interpreters(script string) []string {
	head, ok := strings.CutPrefix(string(b.in.Host.Files.Head(script, 256)), "#!")
	if !ok {
		return nil
	}
	line, _, _ := strings.Cut(head, "\n")
	words := strings.Fields(line)
	if len(words) == 0 || !path.IsAbs(words[0]) {
		return nil
	}
	needed := words[:1]
	if path.Base(words[0]) != "env" {
		return needed
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		if found, err := b.in.Host.Find(word, b.in.Project.Cwd); err == nil {
			needed = append(needed, found)
		}
		break
	}
	return needed
}

// sharedPrefixes are install prefixes in a home directory that many programs share, with keys and data beside them.
var sharedPrefixes = []string{".local", ".cargo", ".config", ".cache", "go", ".npm", ".bun", ".deno"}

// unit returns the smallest folder that a program was installed as: a node_modules tree, a virtual environment, a prefix
// with bin and lib of its own. It is never the home directory or anything above it, nor a prefix that many share; then
// it is the one file.
func (b *builder) unit(real string) string {
	parts := strings.Split(real, "/")
	for i, part := range parts {
		if part == "node_modules" {
			return strings.Join(parts[:i+1], "/")
		}
	}
	for dir := path.Dir(real); dir != "/" && b.private(dir); dir = path.Dir(dir) {
		if b.in.Host.Files.Lstat(path.Join(dir, "pyvenv.cfg")).Type == Regular {
			return dir
		}
		if isBin := path.Base(path.Dir(real)) == "bin"; isBin && dir == path.Dir(path.Dir(real)) && b.in.Host.isDir(path.Join(dir, "lib")) {
			return dir
		}
	}
	return real
}

// private reports whether a folder can be one program's own.
func (b *builder) private(dir string) bool {
	if mounts.Within(b.home, dir) {
		return false
	}
	for _, name := range sharedPrefixes {
		if dir == path.Join(b.home, name) {
			return false
		}
	}
	return b.checkShared(dir) == nil
}
