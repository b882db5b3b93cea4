package plan

import (
	"cmp"
	"path"
	"strconv"
	"strings"
)

// sign makes git inside sign as the caller's does, where what is given makes signatures of that kind. It is said in the
// environment (git-config(1), GIT_CONFIG_COUNT), which wins over a jail's git directory: that one is there before and after
// this run, and signs nothing.
func (b *builder) sign(i integration) {
	settings := b.gitSettings()
	if cmp.Or(settings["gpg.format"], "openpgp") != i.signs || b.setsGit() {
		return
	}
	if i.signs == "ssh" {
		key := b.publicKey(settings["user.signingkey"])
		if key == "" {
			b.note("git inside signs nothing: user.signingkey of your git configuration names no public key that can be shown")
			return
		}
		settings["user.signingkey"] = key
	}
	count := 0
	for _, key := range []string{"gpg.format", "user.signingkey", "commit.gpgsign", "tag.gpgsign"} {
		if value := settings[key]; value != "" {
			n := strconv.Itoa(count)
			b.given = append(b.given, given{"GIT_CONFIG_KEY_" + n, key, "set by " + i.key}, given{"GIT_CONFIG_VALUE_" + n, value, "set by " + i.key})
			count++
		}
	}
	if count > 0 {
		b.given = append(b.given, given{"GIT_CONFIG_COUNT", strconv.Itoa(count), "set by " + i.key})
	}
}

// setsGit reports whether the caller passes settings of git in this very way. They stay theirs.
func (b *builder) setsGit() bool {
	for _, v := range b.in.Config.Env {
		if strings.HasPrefix(v.Name, "GIT_CONFIG_") {
			return true
		}
	}
	return false
}

// publicKey is a user.signingkey of ssh's as it holds in the jail: the key itself, or a file of a public key, which is shown.
// The key that only its private file has is none: the agent signs with what it holds.
func (b *builder) publicKey(key string) string {
	if rest, ok := strings.CutPrefix(key, "~/"); ok {
		key = path.Join(b.in.Host.Home, rest)
	}
	if !path.IsAbs(key) {
		return key
	}
	if !strings.HasSuffix(key, ".pub") {
		key += ".pub"
	}
	p := part{kind: aFile}
	real, _, at := b.in.Host.resolve(key)
	if b.wrong(p, key, real, at) != "" {
		return ""
	}
	target, why := b.reveal(p, key, real)
	if why != "" {
		return ""
	}
	return target
}
