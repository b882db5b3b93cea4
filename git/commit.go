package git

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// person is who made a commit, and when: seconds since 1970 and time zone, as in "1700000000 +0100".
type person struct {
	name, email, when string
}

// newCommit is a commit before it is made.
type newCommit struct {
	tree      string
	parents   []string
	author    person
	committer person
	message   string
}

// commit writes a commit object and returns its id. No ref leads to it.
func (d door) commit(ctx context.Context, c newCommit) (string, error) {
	args := []string{"commit-tree", c.tree}
	for _, p := range c.parents {
		args = append(args, "-p", p)
	}
	env := []string{
		"GIT_AUTHOR_NAME=" + c.author.name, "GIT_AUTHOR_EMAIL=" + c.author.email, "GIT_AUTHOR_DATE=" + gitDate(c.author.when),
		"GIT_COMMITTER_NAME=" + c.committer.name, "GIT_COMMITTER_EMAIL=" + c.committer.email,
		"GIT_COMMITTER_DATE=" + gitDate(c.committer.when),
	}
	out, err := d.run(ctx, call{args: append(args, "-F", "-"), access: writes, env: env, stdin: strings.NewReader(c.message)})
	id := strings.TrimSuffix(string(out), "\n")
	if err == nil && !validID(id) {
		err = unexpected("commit-tree", id)
	}
	return id, err
}

// commitIndex makes a commit of an index, in jail's own name. An empty index is the work tree's.
func (d door) commitIndex(ctx context.Context, index, parent, message string) (string, error) {
	tree, err := d.run(ctx, call{args: []string{"write-tree"}, access: writes, index: index})
	if err != nil {
		return "", err
	}
	us := person{name: "jail", email: "jail@localhost"}
	return d.commit(ctx, newCommit{
		tree: strings.TrimSpace(string(tree)), parents: []string{parent}, author: us, committer: us, message: message,
	})
}

// gitDate marks a number of seconds as such, which git would take for a date if it has few digits.
func gitDate(when string) string {
	if when == "" {
		return ""
	}
	return "@" + when
}

// describe reads a commit back, without its tree and parents.
func (d door) describe(ctx context.Context, id string) (newCommit, error) {
	out, err := d.read(ctx, "log", "-1", "--no-show-signature", "--no-notes", "--no-decorate", "--no-color", "--no-patch",
		"--date=raw", "--format=tformat:%an%x00%ae%x00%ad%x00%B", id, "--")
	if err != nil {
		return newCommit{}, err
	}
	fields := strings.SplitN(string(out), "\x00", 4)
	if len(fields) != 4 {
		return newCommit{}, unexpected("log", string(out))
	}
	return newCommit{
		author:  person{fields[0], fields[1], fields[2]},
		message: strings.TrimRight(fields[3], "\n") + "\n",
	}, nil
}

// tree returns the id of a commit's tree.
func (d door) tree(ctx context.Context, commit string) (string, error) {
	return d.readLine(ctx, "rev-parse", "--verify", "--quiet", commit+"^{tree}")
}

// identity is the user, as git would name them in a commit. Errors: ErrNoIdentity.
func (d door) identity(ctx context.Context) (person, error) {
	// Not a guess from the name of the host.
	d.overrides = append(slices.Clone(d.overrides), setting{"user.useconfigonly", "true"})
	// The author: the committer is named by a variable, see environment.
	text, err := d.run(ctx, call{args: []string{"var", "GIT_AUTHOR_IDENT"}, config: withUser})
	if exitCode(err) > 0 {
		return person{}, ErrNoIdentity
	}
	if err != nil {
		return person{}, err
	}
	line := strings.TrimSuffix(string(text), "\n")
	name, rest, ok := strings.Cut(line, " <")
	email, when, ok2 := strings.Cut(rest, "> ")
	if !ok || !ok2 {
		return person{}, unexpected("var", line)
	}
	return person{name, email, when}, nil
}

// wantsSignature reports whether the user's settings ask for signed commits. What signs is a program that the
// configuration names, and none is started here.
func (d door) wantsSignature(ctx context.Context) bool {
	out, err := d.run(ctx, call{args: []string{"config", "--type=bool", "--get", "commit.gpgsign"}, config: withUser})
	return err == nil && strings.TrimSpace(string(out)) == "true"
}

// FileChange is a file that differs between two trees. The path is as the jail wrote it: escape it for a terminal.
type FileChange struct {
	Path    string
	OldMode string // as "100644"; "000000" if the file is new
	NewMode string // "000000" if it is gone
	Added   int    // lines
	Deleted int
	Binary  bool // no lines to count
}

// changes compares two commits or trees. A renamed file is one that is gone and one that is new.
func (d door) changes(ctx context.Context, from, to string) ([]FileChange, error) {
	files, _, err := d.changedIDs(ctx, from, to)
	return files, err
}

// changedIDs is changes with the ids of each file, before and after.
func (d door) changedIDs(ctx context.Context, from, to string) (files []FileChange, ids []string, err error) {
	out, err := d.read(ctx, "diff-tree", "-r", "-z", "--raw", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv",
		"--ignore-submodules=none", from, to, "--")
	if err != nil {
		return nil, nil, err
	}
	return parseChanges(out)
}

// parseChanges reads git diff-tree -z --raw --numstat: for each file ":MODE MODE ID ID LETTER" NUL PATH NUL, and then
// for each file lines TAB lines TAB PATH NUL. Of ids each file has two, before and after.
func parseChanges(out []byte) (files []FileChange, ids []string, err error) {
	at := map[string]int{}
	fields := parsePaths(out)
	for len(fields) > 0 {
		words := strings.Fields(fields[0])
		if strings.HasPrefix(fields[0], ":") {
			if len(words) != 5 || len(fields) < 2 {
				return nil, nil, unexpected("diff-tree", fields[0])
			}
			at[fields[1]] = len(files)
			files = append(files, FileChange{Path: fields[1], OldMode: words[0][1:], NewMode: words[1]})
			ids = append(ids, words[2], words[3])
			fields = fields[2:]
			continue
		}
		parts := strings.SplitN(fields[0], "\t", 3)
		i, known := -1, false
		if len(parts) == 3 {
			i, known = at[parts[2]]
		}
		if !known {
			return nil, nil, unexpected("diff-tree", fields[0])
		}
		if parts[0] == "-" {
			files[i].Binary = true
		} else if _, err := fmt.Sscan(parts[0]+" "+parts[1], &files[i].Added, &files[i].Deleted); err != nil {
			return nil, nil, unexpected("diff-tree", fields[0])
		}
		fields = fields[1:]
	}
	return files, ids, nil
}
