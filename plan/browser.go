package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// browser reports whether the command is run as a browser: it reads the project, and writes to nothing of the host's but the
// state that is kept of it and what is mapped for it.
func (b *builder) browser() bool { return b.in.Config.Browser.On() }

// browserState is the folder in the home that holds the profile of a browser, in all of its runs.
func (b *builder) browserState() string { return path.Join(b.home, ".browser") }

// browse gives a browser what is kept of its state, and takes the namespaces of its own sandbox back where it cannot have them.
func (b *builder) browse() error {
	if !b.browser() {
		return nil
	}
	family := b.in.Config.Family
	fail := func(why, fix string) error {
		return &RefusedError{family.Program + " cannot be run as a browser", why, fix}
	}
	found, err := b.in.Host.Find(b.in.Config.Command[0], b.in.Project.Cwd)
	real, _, _ := b.in.Host.resolve(found)
	switch {
	case err != nil: // program says so
	case b.inProject(found), !strings.Contains(b.in.Config.Command[0], "/") && b.inWorkTree(found):
		return fail(fmt.Sprintf("%q lies in a project, where a jail may have put it", found), "name the browser by its whole path, or say --no-browser")
	case path.Base(real) == "snap":
		return fail("it is a snap, which only snapd can start", "install the browser as a package of the system, or from its makers")
	}
	switch soft := b.in.Config.Browser == config.BrowserSoft; {
	case soft && b.locked():
		return fail("lockdown keeps nothing of a browser", "leave out =soft, or --lockdown")
	case soft:
		dir, _, _ := b.in.Host.resolve(path.Join(b.in.Browsers, family.Program))
		b.kept.Browser = dir
		b.add(mounts.Mount{Kind: mounts.Bind, Source: path.Join(dir, jail.BrowserState), Target: b.browserState(), Access: mounts.ReadWrite, Why: "what is kept of the browser"})
	default:
		b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: b.browserState(), Size: b.ram(8), Mode: 0o700, Why: "the browser's profile; vanishes with the jail"})
	}
	if why := b.noNestedNamespaces(); why != "" {
		b.in.Config.Allow = slices.DeleteFunc(slices.Clone(b.in.Config.Allow), func(r config.Relaxation) bool { return r.Name == "userns" })
		b.note("the browser goes without the namespaces of its own sandbox: %s", why)
	}
	return nil
}

// inProject reports whether a program, or a link on the way to it, lies in the project.
func (b *builder) inProject(program string) bool {
	real, links, _ := b.in.Host.resolve(program)
	within := func(p string) bool { return mounts.Within(p, b.in.Project.Dir) }
	return within(program) || within(real) || slices.ContainsFunc(links, within)
}

// inWorkTree reports the same for the work tree of any project: of one that is not this one too a folder may be in PATH.
func (b *builder) inWorkTree(program string) bool {
	real, links, _ := b.in.Host.resolve(program)
	return slices.ContainsFunc(append(links, program, real), func(p string) bool { return b.in.Host.workTree(path.Dir(p)) != "" })
}

// noNestedNamespaces tells why the kernel would give a jail none.
func (b *builder) noNestedNamespaces() string {
	// Debian's switch (kernel patch "add sysctl to disallow unprivileged CLONE_NEWUSER by default"): a jail of root's is made all the same.
	const sysctl = "/proc/sys/kernel/unprivileged_userns_clone"
	if strings.TrimSpace(string(b.in.Host.Files.Head(sysctl, 8))) == "0" {
		return "only root may make any (sysctl kernel.unprivileged_userns_clone is 0)"
	}
	return ""
}

// browserArguments puts what a browser needs to be told before what the user tells it, which counts more.
func (b *builder) browserArguments(argv []string) []string {
	if !b.browser() {
		return argv
	}
	family, grants := b.in.Config.Family, b.in.Config.Grants
	said := func(words []string) bool {
		return slices.ContainsFunc(argv[1:], func(arg string) bool {
			name, _, _ := strings.Cut(arg, "=")
			return slices.Contains(words, name)
		})
	}
	added := slices.Clone(family.Arguments)
	if !grants.On("gpu") {
		added = append(added, family.WithoutGPU...)
	}
	if grants.On("display") && !grants.On("x11") {
		added = append(added, family.Wayland...)
	}
	nested := slices.ContainsFunc(b.in.Config.Allow, func(r config.Relaxation) bool { return r.Name == "userns" })
	if own := len(family.WithoutSandbox) == 0; !own && (!nested || said(family.WithoutSandbox)) {
		added = append(added, family.WithoutSandbox...)
		b.lose("browser-sandbox", "the browser's own sandbox is off (%s): a page that takes over the part of it that draws has the whole browser, and what the jail shows it", strings.Join(family.WithoutSandbox, " "))
	} else if own && !nested {
		b.lose("browser-sandbox", "the browser's own sandbox has no namespaces, and is weaker")
	}
	if !grants.On("display") && !grants.On("x11") && !said(family.Headless) {
		b.note("there is no display for the browser: --display shows Wayland's, --x11 that of X11")
	}
	if relaxed := func(r config.NetworkRule) bool { return r.Text == config.RelaxECH }; b.in.network().Filtered() && !slices.ContainsFunc(b.in.Config.Egress.Relax, relaxed) {
		b.note("browsers hide the names of servers, which a filtered network refuses: --net-relax ech lets them")
	}
	for i, arg := range added {
		added[i] = strings.ReplaceAll(arg, "@", b.browserState())
	}
	return slices.Concat(argv[:1], added, argv[1:])
}
