package plan

import (
	"path"
	"slices"
	"strings"

	"jail/mounts"
)

// What is special about how some systems lay out their files.

// isSystemRoot reports whether a folder is one of the system's, under the name that it has there or where a link from that leads.
func (h Host) isSystemRoot(dir string) bool {
	return slices.ContainsFunc(systemRoots, func(root string) bool {
		if root == dir {
			return true
		}
		if h.Files.Lstat(root).Type != Link {
			return false
		}
		real, _, _ := h.resolve(root)
		return real == dir
	})
}

// same reports whether two paths without symlinks are one folder: by their text, or because one is a bind mount of the other.
func (h Host) same(a, b string) bool {
	if a == b {
		return true
	}
	x, y := h.Files.Lstat(a), h.Files.Lstat(b)
	return x.Inode != 0 && x.Inode == y.Inode && x.Device == y.Device
}

// holds reports whether a folder lies in another, which may be bind-mounted elsewhere: /data holds /home/u where /data/home, or
// /data/u, is mounted there.
func (h Host) holds(dir, in string) bool {
	if mounts.Within(in, dir) {
		return true
	}
	for end := in; end != "/"; end = path.Dir(end) {
		if rest := strings.TrimPrefix(in, path.Dir(end)); h.same(path.Join(dir, rest), in) {
			return true
		}
	}
	return false
}

// outerHost tells whose a folder is that belongs to the machine around this one, as a whole: around a container of toolbox or
// distrobox, which show it at /run/host, and around a distribution of WSL, which shows the drives of Windows at /mnt. It returns "" for
// all others: a project of theirs can be worked on.
func (h Host) outerHost(dir string) string {
	if rest, ok := strings.CutPrefix(dir, "/run/host"); ok && (rest == "" || rest[0] == '/') {
		if parent := path.Dir(rest); rest == "" || h.isSystemRoot(rest) || rest == "/var/home" || rest == "/root" || parent == "/home" || parent == "/var/home" {
			return "the host of this container"
		}
	}
	drive, rest, _ := strings.Cut(strings.TrimPrefix(dir, "/mnt/"), "/")
	if !strings.HasPrefix(dir, "/mnt/") || len(drive) != 1 || !h.underWSL() {
		return ""
	}
	top, below, _ := strings.Cut(strings.ToLower(rest), "/")
	home := top == "users" && !strings.Contains(below, "/")
	if home || below == "" && slices.Contains([]string{"", "windows", "program files", "program files (x86)", "programdata"}, top) {
		return "Windows"
	}
	return ""
}

// underWSL reports whether Windows runs this kernel, and starts programs of its own for it.
func (h Host) underWSL() bool {
	return h.getenv("WSL_DISTRO_NAME") != "" || h.Files.Lstat("/run/WSL").Type != Missing || h.Files.Lstat("/proc/sys/fs/binfmt_misc/WSLInterop").Type != Missing
}

// startsWindowsProgram reports whether the kernel would have Windows start a program.
func (h Host) startsWindowsProgram(program string) bool {
	if !h.underWSL() {
		return false
	}
	real, _, _ := h.resolve(program)
	return string(h.Files.Head(real, 2)) == "MZ"
}

// profiles reproduces the links that lead from PATH, from the login shell and to the graphics drivers into what the jail shows: in
// NixOS and Guix every program is reached over links that are in no package (/run/current-system, /etc/profiles, ~/.nix-profile).
func (b *builder) profiles() {
	entries := append(strings.Split(b.in.Host.getenv("PATH"), ":"), path.Dir(b.in.Host.loginShell()), "/run/opengl-driver/lib", "/run/opengl-driver-32/lib")
	for _, entry := range entries {
		if !path.IsAbs(entry) {
			continue
		}
		real, links, at := b.in.Host.resolve(entry)
		if at.Type == Directory && b.visible(real) && !mounts.Within(real, b.in.Project.Dir) {
			b.links(links, "leads to programs")
		}
	}
}
