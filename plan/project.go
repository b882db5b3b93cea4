package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/mounts"
)

// ProjectError says why a folder cannot be a project or a map.
type ProjectError struct {
	Path, Why, Fix string
}

func (e *ProjectError) Error() string {
	return fmt.Sprintf("%q cannot be given to a jail: %s", e.Path, e.Why)
}

// Hint says what to do about it.
func (e *ProjectError) Hint() string { return e.Fix }

// systemRoots are folders of the host that as a whole are nobody's project: what lies below them may be.
var systemRoots = []string{
	"/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib32", "/lib64", "/media", "/mnt", "/nix", "/nix/store", "/opt", "/proc", "/run", "/sbin",
	"/snap", "/srv", "/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/var", "/var/tmp",
}

// privateDirs are folders of a home directory that as a whole are nobody's project.
var privateDirs = []string{
	".aws", ".azure", ".cache", ".config", ".docker", ".gnupg", ".kube", ".local", ".mozilla", ".password-store", ".pki", ".ssh", ".thunderbird",
}

// kernelRoots hold no files of anybody: nothing of them is ever given, and nothing is put there.
var kernelRoots = []string{"/proc", "/sys", "/dev"}

// checkShared refuses folders that would give away more than anybody means: the root, the home directory, what lies above
// it, and the system's own.
func (b *builder) checkShared(dir string) error {
	if dir == "/" {
		return &ProjectError{dir, "it is the whole file system", "change into a project folder first"}
	}
	for _, home := range b.homes {
		switch {
		case b.in.Host.same(dir, home):
			return &ProjectError{dir, "it is your home directory, with every key in it", "change into a project folder first, or make one: mkdir ~/project"}
		case b.in.Host.holds(dir, home):
			return &ProjectError{dir, "your home directory lies in it", "change into a project folder first"}
		case (slices.Contains(privateDirs, path.Base(dir)) || b.in.Host.System == MacOS && path.Base(dir) == "Library") && b.in.Host.same(path.Dir(dir), home):
			return &ProjectError{dir, "keys, tokens or settings that your programs obey are kept there", "name a folder of files in it, if you must"}
		}
	}
	if whose := b.in.Host.outerHost(dir); whose != "" {
		return &ProjectError{dir, "it belongs to " + whose, "change into a project folder first"}
	}
	if b.in.Host.isSystemRoot(dir) || b.in.Host.System == MacOS && slices.Contains(macRoots, dir) {
		return &ProjectError{dir, "it belongs to the system", "change into a project folder first"}
	}
	for _, root := range kernelRoots {
		if mounts.Within(dir, root) {
			return &ProjectError{dir, "it belongs to the kernel", "name a folder of files"}
		}
	}
	return nil
}

// checkWritable refuses to let a jail write where jail itself keeps what it trusts.
func (b *builder) checkWritable(dir string) error {
	for _, own := range b.own {
		if mounts.Within(own, dir) || b.in.Host.same(dir, own) || b.in.Host.same(dir, path.Dir(own)) {
			return &ProjectError{dir, fmt.Sprintf("jail's own files lie in it (%s), and a jail could change them", own), "choose a folder that does not contain them"}
		}
	}
	return nil
}

// NoProject is what a jail is built around that needs none.
func NoProject() Project {
	// Where nobody on the host can put anything.
	const dir = "/run/jail/empty"
	return Project{Kind: ProjectNone, Dir: dir, Cwd: dir}
}

// NobodysProject reports whether a folder is none that a jail could be built around: the home directory, and what is the system's.
func (h Host) NobodysProject(p Project) bool {
	return newBuilder(Input{Host: h, Project: p}).checkShared(p.Dir) != nil
}

// CheckProject refuses a folder that no jail can be built around. Errors: *ProjectError.
func (h Host) CheckProject(p Project) error {
	return newBuilder(Input{Host: h, Project: p}).checkProject()
}

// checkPrograms refuses to let a jail write to the programs that the caller runs outside.
func (b *builder) checkPrograms(dir string) error {
	source := mounts.Within(dir, "/usr/src") || mounts.Within(dir, "/usr/local/src")
	if mounts.Within(dir, "/usr") && !source || mounts.Within(dir, "/etc") || mounts.Within(dir, "/boot") {
		return &ProjectError{dir, "it belongs to the system", "change into a project folder first"}
	}
	if b.in.Host.System == MacOS && slices.ContainsFunc(macPrograms, func(root string) bool { return mounts.Within(dir, root) }) {
		return &ProjectError{dir, "it belongs to the system", "change into a project folder first"}
	}
	for _, entry := range strings.Split(b.in.Host.getenv("PATH"), ":") {
		if real, _, _ := b.in.Host.resolve(entry); path.IsAbs(entry) && real == dir {
			return &ProjectError{dir, "it is on your PATH, and what a jail puts there you would run", "change into a project folder first"}
		}
	}
	return nil
}

func (b *builder) checkProject() error {
	p := b.in.Project
	if p.Kind == ProjectNone {
		return nil
	}
	if real, _, at := b.in.Host.resolve(p.Dir); real != p.Dir || at.Type != Directory {
		return &ProjectError{p.Dir, "it is not a folder", "check the path"}
	}
	if p.Via != "" {
		return &ProjectError{p.Dir, fmt.Sprintf("you came here over %q, a link in another project that a jail may have made", p.Via), "if you mean it, say so: cd " + p.Cwd}
	}
	if !mounts.Within(p.Cwd, p.Dir) {
		return &ProjectError{p.Cwd, fmt.Sprintf("it lies outside the project %q", p.Dir), "change into the project first"}
	}
	if err := b.checkShared(p.Dir); err != nil {
		return err
	}
	if b.sessions(p.Dir) {
		return &ProjectError{p.Dir, "the sockets of running jails are there, and no jail may see them", "change into a project folder first"}
	}
	if err := b.checkPrograms(p.Dir); err != nil {
		return err
	}
	return b.checkWritable(p.Dir)
}

// project gives the folder itself, at its real path, so that messages, debuggers and caches name files alike on both sides.
func (b *builder) project() error {
	if dir := b.in.Project.Dir; b.in.Project.Kind == ProjectNone {
		b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: dir, Size: b.ram(64), Mode: 0o700, Why: "an empty folder in place of a project; vanishes with the jail"})
		return nil
	}
	if b.reviewed() {
		if err := b.review(); err != nil {
			return err
		}
	} else {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: b.in.Project.Dir, Target: b.in.Project.Dir, Access: mounts.ReadWrite, Why: "the project"})
	}
	// The next run obeys it: an agent must not take back what its user asked for.
	b.readOnlyIfThere("the next run obeys it", b.in.Project.Dir, jailObeys...)
	dotGit := path.Join(b.in.Project.Dir, ".git")
	if b.browser() {
		if b.in.Host.Files.Lstat(dotGit).Type != Missing {
			b.add(mounts.Mount{Kind: mounts.Mask, Target: dotGit, Why: "no browser needs it"})
		}
		return nil
	}
	return b.gitView(dotGit)
}

// links reproduces symlinks of the host that cannot be seen in the jail yet.
func (b *builder) links(links []string, why string) {
	for _, link := range links {
		if _, known := b.at[link]; !known && !b.visible(path.Dir(link)) {
			b.add(mounts.Mount{Kind: mounts.Symlink, Source: b.in.Host.Files.Lstat(link).Text, Target: link, Why: why})
		}
	}
}
