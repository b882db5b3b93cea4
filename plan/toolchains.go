package plan

import (
	"path"
	"strings"

	"jail/mounts"
)

// toolRoots are folders in a home directory that hold toolchains and nothing secret. A PATH entry below one gives the
// whole of it, because what lies there are shims that look for their neighbours.
var toolRoots = []string{
	".asdf", ".fnm", ".goenv", ".jenv", ".local/share/fnm", ".local/share/mise", ".local/share/uv", ".nodenv", ".nvm", ".proto", ".pyenv", ".rbenv",
	".rustup", ".sdkman", ".volta", "sdk",
}

// toolBins are folders of programs in a home directory whose neighbours may be secret: only they themselves are given, and
// what their programs need beside them.
var toolBins = []struct{ bin, needs string }{
	{".cargo/bin", ".rustup"},
	{"go/bin", ""},
}

// toolchains gives, read-only, the toolchains that the caller's PATH names outside the system's own places.
func (b *builder) toolchains() {
	for _, entry := range strings.Split(b.in.Host.getenv("PATH"), ":") {
		if !path.IsAbs(entry) {
			continue
		}
		real, links, at := b.in.Host.resolve(entry)
		if at.Type != Directory {
			continue
		}
		root, needs := toolchain(real, b.home)
		if root == "" {
			continue
		}
		b.bind(root, "a toolchain on your PATH")
		if needs != "" && b.in.Host.isDir(needs) {
			b.bind(needs, "a toolchain on your PATH")
		}
		b.links(links, "leads to a toolchain")
	}
}

// toolchain returns the folder to give for a PATH entry, and one that it needs beside it; "" where it is no toolchain.
func toolchain(entry, home string) (root, needs string) {
	for _, known := range []string{"/home/linuxbrew/.linuxbrew", "/snap"} {
		if mounts.Within(entry, known) {
			return known, ""
		}
	}
	for _, name := range toolRoots {
		if known := path.Join(home, name); mounts.Within(entry, known) {
			return known, ""
		}
	}
	for _, known := range toolBins {
		if entry != path.Join(home, known.bin) {
			continue
		}
		if known.needs != "" {
			needs = path.Join(home, known.needs)
		}
		return entry, needs
	}
	return "", ""
}
