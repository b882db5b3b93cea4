package plan

import "jail/mounts"

// systemDirs hold programs and libraries that every user of the host may read.
var systemDirs = []struct{ path, why string }{
	{"/usr", "system programs and libraries"},
	{"/opt", "add-on programs"},
	{"/nix/store", "Nix packages"},
	{"/gnu/store", "Guix packages"},
}

// rootLinks are the names at the root that are links into /usr on most hosts and directories on some.
var rootLinks = []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}

// base gives the host's programs, with the root as the host has it: a link keeps its text, because loaders and
// interpreters are named by these paths and distributions differ in what the links say.
func (b *builder) base() {
	for _, dir := range systemDirs {
		if real, _, at := b.in.Host.resolve(dir.path); at.Type == Directory {
			b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: dir.path, Why: dir.why})
		}
	}
	for _, name := range rootLinks {
		switch at := b.in.Host.Files.Lstat(name); at.Type {
		case Link:
			b.add(mounts.Mount{Kind: mounts.Symlink, Source: at.Text, Target: name, Why: "as on this host"})
		case Directory:
			b.add(mounts.Mount{Kind: mounts.Bind, Source: name, Target: name, Why: "system programs and libraries"})
		}
	}
}

// libraries tells the loader where the system's lie that are not in the usual places (ld.so(8)), for a jail that has nothing else of
// /etc.
func (b *builder) libraries() {
	if real, _, at := b.in.Host.resolve("/etc/ld.so.cache"); at.Type == Regular {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: "/etc/ld.so.cache", Why: "where the system's libraries lie"})
	}
}
