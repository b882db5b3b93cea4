package git

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
)

// scope says whose configuration a git process reads. The zero value is the narrow one.
type scope string

const (
	repositoryOnly scope = ""     // and of the user's files a few inert settings
	withUser       scope = "user" // the user's and the system's files too
)

// environment is everything that a git process inherits. It is built from nothing: this program may itself run inside
// a hook or an alias, where GIT_DIR, GIT_INDEX_FILE, GIT_CONFIG_PARAMETERS and others are set.
func environment(s scope, a access) []string {
	env := []string{
		"PATH=" + SearchPath(os.Getenv("PATH")),
		"LANG=C.UTF-8",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_PAGER=cat",
		"GIT_EDITOR=:",
		"GIT_NO_REPLACE_OBJECTS=1", // a replace ref shows another commit than the one that is merged
		"GIT_NO_LAZY_FETCH=1",      // git 2.45
		// No transport at all: in older versions a promisor remote ext:: runs a program. The variable, because in the
		// configuration protocol.ext.allow of the repository would win over protocol.allow.
		"GIT_ALLOW_PROTOCOL=",
		// For reflogs. Without it git asks the resolver for the name of the host.
		"GIT_COMMITTER_NAME=jail",
		"GIT_COMMITTER_EMAIL=jail@localhost",
	}
	inherited := []string{"HOME", "TMPDIR", "XDG_CONFIG_HOME"} // XDG_CONFIG_HOME: git/ignore
	if s == repositoryOnly {
		env = append(env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
	}
	for _, name := range inherited {
		if value := os.Getenv(name); filepath.IsAbs(value) {
			env = append(env, name+"="+value)
		}
	}
	if a == reads {
		env = append(env, "GIT_OPTIONAL_LOCKS=0")
	}
	if a != reads && s == withUser {
		env = append(env, download()...)
	}
	return env
}

// download is what a filter such as git-lfs needs to fetch the content of a file while a work tree is made.
func download() []string {
	var env []string
	names := []string{"SSH_AUTH_SOCK", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func (r Repo) environment() []string {
	env := []string{"GIT_DIR=" + r.GitDir, "GIT_COMMON_DIR=" + r.CommonDir}
	if r.WorkTree != "" {
		env = append(env, "GIT_WORK_TREE="+r.WorkTree)
	}
	return env
}

// neutralFlags switch off what git itself would start, in every configuration.
func neutralFlags() []string {
	return flags(
		"core.hooksPath=/dev/null",
		// Empty means off in every version; before 2.36 "false" was the name of a program to run.
		"core.fsmonitor=",
		"core.pager=cat",
		"diff.external=",
		"submodule.recurse=false",
		"status.submoduleSummary=false",
		"log.showSignature=false", // runs gpg.program
		"log.mailmap=false",       // a FIFO named .mailmap hangs git
		"protocol.allow=never",
		"gc.auto=0",
		"maintenance.auto=false",
		// Hooks from the configuration (git 2.54), for the events of the verbs used here.
		"hook.reference-transaction.enabled=false",
		"hook.post-checkout.enabled=false",
		"hook.post-index-change.enabled=false",
	)
}

// fixedFlags are the settings of every git process with explicit directories.
func fixedFlags(s scope) []string {
	all := append(neutralFlags(), flags(
		"safe.bareRepository=explicit",
		"core.quotePath=false",            // UTF-8 names as they are; control characters stay quoted
		"worktree.useRelativePaths=false", // git 2.48; the content of .git is verified
		"i18n.logOutputEncoding=UTF-8",
		"core.splitIndex=false", // an index of our own, see changedLines, has no second file
	)...)
	if s == repositoryOnly {
		return append(all, flags("core.attributesFile=/dev/null")...)
	}
	return all
}

func flags(settings ...string) []string {
	args := []string{"--no-pager"}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// checkoutSettings use more processes where they gain something; with less than four cores they cost more than they gain.
func checkoutSettings() []setting {
	if runtime.NumCPU() < 4 {
		return nil
	}
	return []setting{{"checkout.workers", strconv.Itoa(min(runtime.NumCPU(), 4))}}
}
