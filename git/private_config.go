package git

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// generated is what Begin writes into the jail's git directory beside refs and index.
type generated struct {
	config string
	files  []generatedFile
}

type generatedFile struct {
	name string
	text []byte
}

// generate makes the jail's configuration from that of the repository and the user. Everything that names a credential,
// a proxy, a signing key or a file of the host is left out: what goes in is on a list.
func (p Private) generate(d door) (generated, error) {
	g := generated{config: p.config(d.entries)}
	common, err := os.Open(p.Host.CommonDir)
	if err != nil {
		return g, err
	}
	defer common.Close()
	admin, err := os.Open(p.Host.GitDir)
	if err != nil {
		return g, err
	}
	defer admin.Close()
	for _, f := range []struct {
		dir      *os.File
		name     string
		userFile string // of the user's, put in front
	}{
		{common, "shallow", ""},
		{common, "info/exclude", userFile(d.entries, "core.excludesfile", "ignore")},
		{common, "info/attributes", userFile(d.entries, "core.attributesfile", "attributes")},
		{admin, "info/sparse-checkout", ""},
	} {
		text, err := readBeneath(f.dir, f.name, 16<<20)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return g, fmt.Errorf("cannot read %s of the repository: %w", f.name, err)
		}
		if f.userFile != "" {
			if own, err := os.ReadFile(f.userFile); err == nil && len(own) < 1<<20 {
				text = append(append(own, '\n'), text...)
			}
		}
		if f.name == "info/exclude" {
			text = append(text, p.excludes()...)
		}
		if text != nil {
			g.files = append(g.files, generatedFile{f.name, text})
		}
	}
	return g, nil
}

// plainKeys are settings that start nothing and hold no secret.
var plainKeys = []string{
	"core.autocrlf", "core.eol", "core.safecrlf", "core.filemode", "core.symlinks", "core.ignorecase", "core.precomposeunicode",
	"core.sparsecheckout", "core.sparsecheckoutcone", "core.commentchar", "core.whitespace", "core.abbrev", "core.quotepath",
	"index.version", "index.sparse", "user.name", "user.email", "author.name", "author.email", "committer.name", "committer.email",
	"merge.conflictstyle", "merge.ff", "pull.rebase", "pull.ff", "rebase.autosquash", "rebase.autostash", "rebase.updaterefs",
	"push.default", "init.defaultbranch", "diff.algorithm", "diff.renames", "diff.submodule", "commit.cleanup", "commit.verbose",
	"extensions.objectformat", "extensions.partialclone", "rerere.enabled", "tag.sort", "branch.sort",
}

// subKeys are such settings of a section with names of its own; "*" is any variable.
var subKeys = map[string][]string{
	"branch":    {"*"},
	"remote":    {"url", "fetch", "push", "tagopt", "promisor", "partialclonefilter"},
	"submodule": {"url", "active", "branch", "update"},
	"filter":    {"clean", "smudge", "process", "required"},
	"diff":      {"command", "textconv", "cachetextconv", "binary", "xfuncname", "wordregex", "algorithm"},
	"merge":     {"name", "driver", "recursive"},
	"i18n":      {"*"},
	"lfs":       {"fetchinclude", "fetchexclude", "url"},
}

// config is the content of the jail's config file.
func (p Private) config(entries []entry) string {
	var b strings.Builder
	extensions := slices.ContainsFunc(entries, func(e entry) bool { return strings.HasPrefix(e.key, "extensions.") })
	version := 0
	if extensions {
		version = 1
	}
	fmt.Fprintf(&b, "# made by jail from the repository's configuration; what you change here stays\n")
	set := func(section, name, variable, value string) {
		b.WriteString("[" + section)
		if name != "" {
			b.WriteString(` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`)
		}
		b.WriteString("]\n\t" + variable + " = " + quoteValue(value) + "\n")
	}
	set("core", "", "repositoryformatversion", fmt.Sprint(version))
	set("core", "", "bare", "false")
	set("core", "", "logallrefupdates", "true")
	for _, e := range entries {
		section, name, variable := splitKey(e.key)
		if value, ok := copied(section, name, variable, e); ok && !strings.ContainsAny(name, "\n\x00") {
			set(section, name, variable, value)
		}
	}
	// Objects that the repository lends are not the jail's to pack, and a promised one cannot be fetched.
	set("gc", "", "auto", "0")
	set("maintenance", "", "auto", "false")
	set("commit", "", "gpgsign", "false")
	set("tag", "", "gpgsign", "false")
	set("remote", "host", "url", p.remote())
	set("remote", "host", "fetch", "+refs/heads/*:refs/remotes/host/*")
	return b.String()
}

// copied decides on one setting.
func copied(section, name, variable string, e entry) (value string, ok bool) {
	value = e.value
	switch {
	case e.level == "command":
		return "", false // our own
	case section == "core" && variable == "hookspath" && name == "":
		return value, value != "" && !filepath.IsAbs(value) && !strings.HasPrefix(value, "~")
	case section == "remote" && name == "host":
		return "", false // ours
	case name == "" && slices.Contains(plainKeys, section+"."+variable), name == "" && section == "i18n":
	case name != "" && (slices.Contains(subKeys[section], variable) || slices.Contains(subKeys[section], "*")):
	default:
		return "", false
	}
	if variable == "url" || variable == "pushurl" {
		value = withoutSecrets(value)
	}
	return value, true
}

// withoutSecrets takes a password or token out of an address, and a whole user name where the scheme is one that sends
// tokens as such.
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		if strings.Contains(address, "://") {
			return "" // not understood: better nothing than a token
		}
		return address
	}
	u.RawQuery, u.Fragment = "", ""
	switch {
	case u.User == nil:
	case u.Scheme == "ssh" || strings.HasSuffix(u.Scheme, "+ssh"):
		u.User = url.User(u.User.Username())
	default:
		u.User = nil
	}
	return u.String()
}

// splitKey takes apart section.variable or section.name.variable.
func splitKey(key string) (section, name, variable string) {
	if section, name, variable = split(key); section == "" {
		section, variable, _ = strings.Cut(key, ".")
	}
	return section, name, variable
}

// quoteValue writes a value so that git reads back the same (git-config(1), SYNTAX).
func quoteValue(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", "").Replace(value) + `"`
}
