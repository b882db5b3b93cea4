package plan

import (
	"path"
	"slices"

	"jail/mounts"
)

// macRoots are folders of macOS that as a whole are nobody's project, and macPrograms those that nothing in is.
var (
	macRoots    = []string{"/Applications", "/Users", "/Volumes", "/cores", "/opt/homebrew", "/opt/local", "/private", "/private/tmp", "/private/var", "/private/var/folders", "/private/var/tmp"}
	macPrograms = []string{"/System", "/Library", "/private/etc", "/Applications/Xcode.app"}
)

// macDirs hold programs, libraries and data that every user of the host may read. Not /Library as a whole, whose keychains
// everybody may read, and not /System, which leads to every user's files by /System/Volumes/Data.
var macDirs = []struct{ path, why string }{
	{"/usr", "system programs and libraries"},
	{"/bin", "system programs and libraries"},
	{"/sbin", "system programs and libraries"},
	{"/System/Library", "frameworks, and the libraries that they load"},
	{"/System/Cryptexes", "libraries (macOS 13)"},
	{"/System/Volumes/Preboot/Cryptexes", "where they are on the disk"},
	{"/System/iOSSupport", "frameworks"},
	{"/Library/Apple", "frameworks, and Rosetta"},
	{"/Library/Developer/CommandLineTools", "git, clang, make"},
	{"/Library/Frameworks", "frameworks"},
	{"/Library/Java", "Java"},
	{"/Library/Fonts", "fonts"},
	{"/Library/Filesystems/NetFSPlugins", "looked for by programs that resolve paths"},
	{"/Library/Preferences/Logging", "how programs log"},
	{"/Library/Preferences/.GlobalPreferences.plist", "language and region"},
	{"/Applications/Xcode.app/Contents", "git, clang, make"},
	{"/opt/homebrew", "Homebrew"},
	{"/opt/local", "MacPorts"},
	{"/nix/store", "Nix packages"},
	{"/private/var/db/timezone", "time zones"},
	{"/private/var/db/xcode_select_link", "which developer tools are chosen"},
	{"/private/var/select", "which shell sh is, and which developer tools are chosen"},
	{"/private/var/run/resolv.conf", "name servers"},
}

// macEtc are entries of /etc beside etcNames. Nobody's password is in them.
var macEtc = []string{
	"afpovertcp.cfg", "bashrc_Apple_Terminal", "group", "hosts", "man.conf", "manpaths", "manpaths.d", "passwd", "paths", "paths.d", "resolv.conf", "zshrc_Apple_Terminal",
}

var (
	macDevices  = []string{"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/autofs_nowait", "/dev/fd"}
	macDevLinks = []struct{ name, text string }{{"/dev/stdin", "fd/0"}, {"/dev/stdout", "fd/1"}, {"/dev/stderr", "fd/2"}}
)

// macBase shows the host's programs.
func (b *builder) macBase() {
	for _, link := range []string{"/etc", "/tmp", "/var"} {
		if at := b.in.Host.Files.Lstat(link); at.Type == Link {
			b.add(mounts.Mount{Kind: mounts.Symlink, Source: at.Text, Target: link, Why: "as on every Mac"})
		}
	}
	for _, dir := range macDirs {
		b.macShow(dir.path, dir.why)
	}
	for _, name := range b.in.Host.Files.List("/private/etc") {
		if etcVisible(name) || slices.Contains(macEtc, name) {
			b.macShow(path.Join("/private/etc", name), "programs read it")
		}
	}
	for _, device := range macDevices {
		b.add(mounts.Mount{Kind: mounts.Device, Source: device, Target: device, Why: "every program expects it"})
	}
	// The loader sets what debuggers see by an ioctl.
	b.add(mounts.Mount{Kind: mounts.Device, Source: "/dev/dtracehelper", Target: "/dev/dtracehelper", Access: mounts.Control, Why: "the loader tells debuggers"})
	for _, link := range macDevLinks {
		b.add(mounts.Mount{Kind: mounts.Symlink, Source: link.text, Target: link.name, Why: "every program expects it"})
	}
}

// macShow shows what is at a path, and the links that lead to it.
func (b *builder) macShow(p, why string) {
	real, links, at := b.in.Host.resolve(p)
	if at.Type != Directory && at.Type != Regular {
		return
	}
	b.bind(real, why)
	b.links(links, why)
}
