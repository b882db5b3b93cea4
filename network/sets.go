package network

import (
	"maps"
	"slices"
)

// sets are the hosts that one thing needs, by the name behind the @.
var sets = map[string][]string{
	"anthropic": {"api.anthropic.com", "claude.ai", "console.anthropic.com", "platform.claude.com", "statsig.anthropic.com"},
	"openai":    {"api.openai.com", "auth.openai.com", "chatgpt.com"},
	"google-ai": {"accounts.google.com", "cloudcode-pa.googleapis.com", "generativelanguage.googleapis.com", "oauth2.googleapis.com"},
	"github": {
		"api.github.com", "codeload.github.com", "github.com", "objects.githubusercontent.com", "raw.githubusercontent.com",
		"release-assets.githubusercontent.com", "ssh.github.com", "uploads.github.com",
	},
	"npm":    {"registry.npmjs.org", "registry.yarnpkg.com"},
	"pypi":   {"files.pythonhosted.org", "pypi.org"},
	"crates": {"crates.io", "index.crates.io", "static.crates.io"},
	"go":     {"proxy.golang.org", "sum.golang.org"},
	"debian": {"deb.debian.org", "ftp.debian.org", "security.debian.org"},
	"ubuntu": {"archive.ubuntu.com", "ports.ubuntu.com", "security.ubuntu.com"},
}

// Sets are the names of all sets.
func Sets() []string { return slices.Sorted(maps.Keys(sets)) }
