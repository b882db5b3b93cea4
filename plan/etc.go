package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"jail/jail"
	"jail/mounts"
)

// etcNames are the entries of the host's /etc that programs need and that hold no secret. A trailing star matches a
// suffix such as a version. Everything else stays out: shadow, sudoers, ssh host keys, network profiles, machine-id.
var etcNames = []string{
	"ImageMagick*", "NIXOS", "OpenCL", "X11", "alpine-release", "alternatives", "arch-release", "bash.bashrc", "bash_completion.d",
	"bashrc", "ca-certificates", "ca-certificates.conf", "chromium.d", "crypto-policies", "debian_version", "emacs", "fedora-release", "fish",
	"fonts", "gai.conf", "ghc", "gitattributes", "gitconfig", "gradle", "gss", "host.conf", "inputrc", "java*", "krb5.conf",
	"ld.so.cache", "ld.so.conf", "ld.so.conf.d", "ld.so.preload", "libnl*", "locale.alias", "locale.conf", "localtime", "lsb-release",
	"magic", "magic.mime", "mailcap", "manpath.config", "maven", "mime.types", "nanorc", "networks", "npmrc", "openssl", "os-release",
	"perl", "php*", "pkcs11", "pki", "profile", "profile.d", "protocols", "python*", "redhat-release", "rpc", "ruby*", "rustc", "sgml",
	"shells", "ssl", "static", "terminfo", "timezone", "vim", "vulkan", "wgetrc", "xdg", "xml", "zprofile", "zsh", "zshenv", "zshrc", "services",
}

// etc gives a view of /etc made for the jail: a part of the host's, and generated files for what names users, hosts and
// name servers. Links keep their text where they lead to something visible; where they do not, what they lead to is bound.
func (b *builder) etc() {
	for _, name := range b.in.Host.Files.List("/etc") {
		if etcVisible(name) {
			b.hostEtc(path.Join("/etc", name))
		}
	}
	shell := b.in.Host.loginShell()
	servers := "the host's name servers"
	if b.in.network().Filtered() {
		servers = "the network's gate answers"
	}
	for _, f := range []struct{ name, text, why string }{
		{"passwd", b.in.Host.passwd(shell), "you and nobody else"},
		{"group", b.in.Host.group(), "your group and nobody else's"},
		{"hosts", b.hosts(), "the host's, with the jail's own name"},
		{"nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n", "no service of the host is asked"},
		{"resolv.conf", b.resolvConf(), servers},
		{"hostname", b.in.Config.Hostname + "\n", "the jail's"},
		{"machine-id", machineID(b.in.Config.Hostname), "not the host's; the same for each run"},
	} {
		b.add(mounts.Mount{Kind: mounts.File, Target: "/etc/" + f.name, Text: f.text, Why: f.why})
	}
	// Old programs read mount tables here.
	b.add(mounts.Mount{Kind: mounts.Symlink, Source: "/proc/self/mounts", Target: "/etc/mtab", Why: "the jail's own mounts"})
}

func etcVisible(name string) bool {
	for _, pattern := range etcNames {
		if prefix, ok := strings.CutSuffix(pattern, "*"); name == pattern || ok && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (b *builder) hostEtc(p string) {
	real, _, at := b.in.Host.resolve(p)
	link := b.in.Host.Files.Lstat(p)
	switch {
	case at.Type != Regular && at.Type != Directory:
	case link.Type == Link && (b.visible(real) || mounts.Within(real, "/etc") && etcVisible(strings.Split(real, "/")[2])):
		b.add(mounts.Mount{Kind: mounts.Symlink, Source: link.Text, Target: p, Why: "as on this host"})
	default:
		b.add(mounts.Mount{Kind: mounts.Bind, Source: real, Target: p, Why: "programs read it"})
	}
}

// machineID makes what machine-id(5) holds from the host name alone: programs that need one find one, and it tells nothing
// about the machine.
func machineID(hostname string) string {
	sum := sha256.Sum256([]byte("jail machine-id " + hostname))
	return hex.EncodeToString(sum[:16]) + "\n"
}

// accountHome is the home that the system has for the caller (passwd(5)), and / where it has none.
func (h Host) accountHome() string {
	for line := range strings.Lines(string(h.Files.Head("/etc/passwd", 1<<20))) {
		if fields := strings.Split(strings.TrimSpace(line), ":"); len(fields) == 7 && fields[2] == strconv.Itoa(h.UID) && path.IsAbs(fields[5]) {
			return path.Clean(fields[5])
		}
	}
	return "/"
}

// passwd lists the ids that exist inside. The login shell and home are real, so that programs that look them up agree
// with the environment.
func (h Host) passwd(shell string) string {
	return fmt.Sprintf("root:x:0:0:root:/nonexistent:/usr/sbin/nologin\n%s:x:%d:%d::%s:%s\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
		h.login(), h.inside(h.UID), h.inside(h.GID), h.Home, shell)
}

func (h Host) group() string {
	return fmt.Sprintf("root:x:0:\ntty:x:5:\n%s:x:%d:\nnogroup:x:65534:\n", h.login(), h.inside(h.GID))
}

// login is the caller's name, and "user" where it has none that passwd(5) can hold or is root's.
func (h Host) login() string {
	if h.User == "" || h.User == "root" || h.User == "nobody" || strings.ContainsAny(h.User, ":\n/ ") {
		return "user"
	}
	return h.User
}

// hosts keeps the host's own entries, because developers name their services there, and puts the jail's name first.
func (b *builder) hosts() string {
	var text strings.Builder
	fmt.Fprintf(&text, "127.0.0.1 localhost %s\n::1 localhost ip6-localhost ip6-loopback %s\n", b.in.Config.Hostname, b.in.Config.Hostname)
	if b.in.network() != jail.NetworkHost {
		return text.String()
	}
	real, _, _ := b.in.Host.resolve("/etc/hosts")
	for line := range strings.Lines(string(b.in.Host.Files.Head(real, 1<<20))) {
		entry, _, _ := strings.Cut(line, "#")
		fields := strings.Fields(entry)
		if len(fields) < 2 || slices.ContainsFunc(fields[1:], isLoopbackName) {
			continue
		}
		fmt.Fprintln(&text, strings.Join(fields, " "))
	}
	return text.String()
}

func isLoopbackName(name string) bool {
	return name == "localhost" || name == "ip6-localhost" || name == "ip6-loopback"
}
