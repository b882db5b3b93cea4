package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/mounts"
)

// ProgramProblem says why a command cannot be started.
type ProgramProblem string

const (
	NotFound      ProgramProblem = "not found"
	NotExecutable ProgramProblem = "not executable"
	IsDirectory   ProgramProblem = "a directory"
	// WindowsProgram is one that WSL hands to Windows, which knows of no jail.
	WindowsProgram ProgramProblem = "a program of Windows, where it would run outside of every jail"
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
		shell, err := b.shell()
		if err != nil {
			return "", nil, err
		}
		argv = []string{shell}
	}
	if b.wrapped != "" {
		b.expose(b.wrapped)
		if found, err := b.in.Host.Find(argv[0], b.in.Project.Cwd); err == nil {
			b.exposeOwn(found)
		}
		return b.reachable(b.wrapped), append([]string{"mise", "exec", "--"}, b.browserArguments(argv)...), nil
	}
	found, err := b.in.Host.Find(argv[0], b.in.Project.Cwd)
	if err != nil {
		return "", nil, err
	}
	if b.in.Host.startsWindowsProgram(found) {
		return "", nil, &ProgramError{found, WindowsProgram}
	}
	b.exposeOwn(found)
	return b.reachable(found), b.browserArguments(argv), nil
}

// exposeOwn shows a program, unless a jail may write to it: such a one runs with what is visible anyway, as its first line
// must not choose what this one shows.
func (b *builder) exposeOwn(found string) {
	if real, _, _ := b.in.Host.resolve(found); b.plantedLink(found, real) == "" && !b.jailsMayWrite(real) {
		b.expose(found)
	}
}

// reachable is a path of a program that leads to it inside: its own may lead over a link that the jail lacks.
func (b *builder) reachable(found string) string {
	if _, _, at := b.in.Host.resolve(found); at.Type == Regular && !b.there(found) {
		found, _, _ = b.in.Host.resolve(found)
	}
	return found
}

// shell is what runs where no command is given: the configured one, which has to be there, or the caller's.
func (b *builder) shell() (string, error) {
	if shell := b.in.Config.Shell; shell != "" {
		if err := b.in.Host.check(shell); err != nil {
			return "", &ShellError{err, b.in.Config.Origins["shell"]}
		}
		return shell, nil
	}
	shell, own := b.in.Host.loginShell(), b.in.Host.getenv("SHELL")
	if own != "" && own != shell {
		b.note("your shell (SHELL=%s) is no program here; %s runs in its place", own, shell)
	}
	return shell, nil
}

// ShellError says that the configured shell cannot be started.
type ShellError struct {
	Err    error
	Origin string // of the configuration
}

func (e *ShellError) Error() string { return fmt.Sprintf("shell (from %s): %v", e.Origin, e.Err) }

// Unwrap gives what is wrong with it.
func (e *ShellError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *ShellError) Hint() string { return "install it, or name another shell there" }

// loginShell is what passwd names: the caller's own shell, or what every host has.
func (h Host) loginShell() string {
	for _, candidate := range []string{h.getenv("SHELL"), "/bin/bash", "/bin/sh"} {
		if _, _, at := h.resolve(candidate); path.IsAbs(candidate) && at.Type == Regular && at.Executable {
			return candidate
		}
	}
	return "/bin/sh"
}

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

// findAll lists the programs of a name in PATH, in the order of PATH.
func (h Host) findAll(name string) []string {
	var all []string
	for _, dir := range strings.Split(h.getenv("PATH"), ":") {
		if candidate := path.Join(dir, name); path.IsAbs(dir) && !strings.Contains(name, "/") && h.check(candidate) == nil {
			all = append(all, candidate)
		}
	}
	return all
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

// expose makes a program visible that the user named and that lies outside what is visible already: the links on the way
// to it, the unit that it was installed as, and, for a script, its interpreter.
func (b *builder) expose(program string) {
	real, links, at := b.in.Host.resolve(program)
	if at.Type != Regular {
		return
	}
	if !b.visible(real) {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: b.unit(real), Target: b.unit(real), Why: "the program"})
	}
	b.links(links, "leads to the program")
	b.interpreters(real, 1)
}

// maxInterpreters is how many interpreters the kernel follows (execve(2)).
const maxInterpreters = 4

// interpreters makes visible what a script's first line asks for. A jail may have written that line, so that it is worth less
// than the user's word: what it names by a path is given as one file, and only if that is a program.
func (b *builder) interpreters(script string, depth int) {
	head, ok := strings.CutPrefix(string(b.in.Host.Files.Head(script, 256)), "#!")
	line, _, _ := strings.Cut(head, "\n")
	words := strings.Fields(line)
	if !ok || len(words) == 0 || !path.IsAbs(words[0]) || depth > maxInterpreters {
		return
	}
	b.interpreter(words[0], depth, func(real string) string { return real })
	if path.Base(words[0]) != "env" || len(words) == 1 {
		return
	}
	// Of env's options none but -S is followed: another may take the next word for itself.
	name := words[1]
	if name == "-S" && len(words) > 2 {
		name = words[2]
	}
	if strings.HasPrefix(name, "-") || strings.Contains(name, "=") {
		return
	}
	for _, found := range b.in.Host.findAll(name) {
		b.interpreter(found, depth, b.unit)
		if real, _, _ := b.in.Host.resolve(found); b.plantedLink(found, real) == "" && !b.jailsMayWrite(real) {
			return // where a jail may have put one, env may go on to the next
		}
	}
}

// interpreter makes one visible: a toolchain as a whole, any other program as the unit that it belongs to.
func (b *builder) interpreter(program string, depth int, unit func(string) string) {
	real, links, at := b.in.Host.resolve(program)
	if at.Type != Regular || !at.Executable {
		return
	}
	if root, _ := toolchain(real, b.home); root != "" {
		b.bind(root, "a toolchain that the program needs")
	}
	if !b.visible(real) {
		if string(b.in.Host.Files.Head(real, 4)) != "\x7fELF" || b.plantedLink(program, real) != "" {
			return
		}
		b.add(mounts.Mount{Kind: mounts.Bind, Source: unit(real), Target: unit(real), Why: "the program's interpreter"})
	}
	b.links(links, "leads to the program")
	b.interpreters(real, depth+1)
}

// jailsMayWrite reports whether a path lies in what this jail, and so an earlier one, may write to.
func (b *builder) jailsMayWrite(p string) bool {
	return mounts.Within(p, b.in.Project.Dir) || slices.ContainsFunc(b.mounts, func(m mounts.Mount) bool {
		return m.Kind == mounts.Bind && m.Access == mounts.ReadWrite && mounts.Within(p, m.Source)
	})
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
	shared := slices.ContainsFunc(sharedPrefixes, func(name string) bool { return dir == path.Join(b.home, name) })
	return !shared && b.checkShared(dir) == nil
}
