package git

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Box runs git where nothing that it reads can do harm: in a throw-away jail, which sees what Boxed names and nothing
// else of the host, and can write nothing.
type Box struct {
	// Run runs one git. Its error is an Exit where git ran and was not content.
	Run func(context.Context, Boxed) error
}

// Boxed is one git in a box.
type Boxed struct {
	Program        string // absolute path
	Args, Env      []string
	Show           []string  // what git sees, at the same path; what is missing is left out
	Keep           string    // a folder that git may write to, and that nothing but boxes reads; may be empty
	Files          []File    // and generated files
	Stdin          io.Reader // nil: nothing
	Helpers        []string  // programs that git may start
	Blank          []string  // files that are empty for git, whatever they are
	Stdout, Stderr io.Writer
}

// File is a file that only a box has.
type File struct {
	Path, Text string
}

// Exit is the exit code of a git that was not content.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// boxed runs a call that reads the work tree in the repository's box. The repository's own configuration stays outside, and
// with it what it may hold of tokens: the box gets a file with the settings that reading depends on.
func (d door) boxed(ctx context.Context, c call, out, errs io.Writer) error {
	program, err := find()
	if err != nil {
		return err
	}
	b := Boxed{
		Program: program, Args: slices.Concat(fixedFlags(repositoryOnly), largeFiles(), c.flags, c.args), Stdin: c.stdin, Stdout: out, Stderr: errs, Keep: c.keep,
		Env:  append(append(environment(repositoryOnly, reads), d.repo.environment()...), c.env...),
		Show: d.repo.parts(),
		Files: []File{
			{filepath.Join(d.repo.CommonDir, "config"), configText(readable(d.entries))},
			{filepath.Join(d.repo.CommonDir, "info", "attributes"), d.repo.attributes()},
		},
	}
	for _, name := range d.blank {
		b.Blank = append(b.Blank, filepath.Join(d.repo.WorkTree, name))
	}
	// The box has its own.
	b.Env = slices.DeleteFunc(b.Env, func(v string) bool {
		return c.keep != "" && v == "GIT_OPTIONAL_LOCKS=0" || strings.HasPrefix(v, "PATH=") || strings.HasPrefix(v, "HOME=") || strings.HasPrefix(v, "TMPDIR=")
	})
	overrides := slices.Clone(d.overrides)
	if standardLFS(d.entries) {
		b.Helpers = append(b.Helpers, "git-lfs")
		overrides = append(overrides, setting{"lfs.storage", "/tmp/lfs"}) // where it keeps what it has cleaned
	}
	b.Env = append(b.Env, settingsEnvironment(overrides)...)
	if c.index != "" {
		b.Env = append(b.Env, "GIT_INDEX_FILE="+c.index)
		if c.keep == "" {
			b.Show = append(b.Show, filepath.Dir(c.index))
		}
	}
	b.Show = append(b.Show, excludesFile(d.overrides, d.entries))
	b.Show = slices.DeleteFunc(b.Show, func(p string) bool { return p == "" })
	return d.repo.Box.Run(ctx, b)
}

// parts are what git needs to see of a repository: its objects, wherever it borrows them, its refs, and what belongs to
// this work tree. Not its configuration, its hooks, and other work trees.
func (r Repo) parts() []string {
	parts := []string{r.WorkTree, r.GitDir}
	if r.GitDir != r.CommonDir {
		for _, name := range []string{"HEAD", "refs", "packed-refs", "reftable", "shallow", "info/exclude"} {
			parts = append(parts, filepath.Join(r.CommonDir, name))
		}
	}
	objects := filepath.Join(r.CommonDir, "objects")
	return append(parts, append(alternates(objects), objects)...)
}

// attributes are the repository's own ones, and one that wins over those in the work tree: a file that these call binary,
// or to be shown by another program, is shown as what it is.
func (r Repo) attributes() string {
	dir, err := os.Open(r.CommonDir)
	if err != nil {
		return ""
	}
	defer dir.Close()
	own := []byte{}
	if f, err := openBeneath(dir, "info/attributes"); err == nil {
		own, _ = io.ReadAll(io.LimitReader(f, 1<<20)) // what cannot be read is as good as not there
		f.Close()
	}
	return string(own) + "\n* !diff\n"
}

// plainSections hold settings that start nothing and say nothing secret, and on which depends what git reads.
var plainSections = []string{"core", "extensions", "index", "status", "diff", "i18n", "feature"}

// readable chooses the settings of the repository that a box gets. Sections with names of their own, as remotes and
// filters, stay out; so does everything of core and diff that names a program.
func readable(entries []entry) []setting {
	var kept []setting
	for _, e := range entries {
		section, variable, plain := strings.Cut(e.key, ".")
		switch {
		case e.fromUser(), !plain, strings.Contains(variable, ".") && section != "extensions":
		case !slices.Contains(plainSections, section):
		case e.key == "extensions.worktreeconfig": // what that file has is among the entries
		case slices.Contains([]string{
			"core.worktree", "core.fsmonitor", "core.hookspath", "core.editor", "core.pager", "core.sshcommand", "core.askpass", "core.gitproxy",
			"core.alternaterefscommand", "core.attributesfile", "diff.external", "extensions.partialclone",
		}, e.key):
		default:
			kept = append(kept, e.setting)
		}
	}
	return kept
}

// configText writes settings as a configuration file. Sections repeat, which git takes as one.
func configText(settings []setting) string {
	var b strings.Builder
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\b", `\b`)
	for _, s := range settings {
		section, variable, _ := strings.Cut(s.key, ".")
		fmt.Fprintf(&b, "[%s]\n\t%s = \"%s\"\n", section, variable, quote.Replace(s.value))
	}
	return b.String()
}
