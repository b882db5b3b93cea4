package plan

import (
	"path"

	"jail/jail"
	"jail/mounts"
)

// Upload says what git sends.
type Upload string

const (
	UploadRefs  Upload = ""      // what the git directory's refs lead to
	UploadIndex Upload = "index" // what is staged, as refs/heads/index of a repository made for it; nothing where nothing is
)

// uploadIndex makes a commit of the index in a repository of its own, in memory, and sends that. The same index gives the
// same commit.
const uploadIndex = `set -e
format=$(git rev-parse --show-object-format)
git init --quiet --bare --template= --object-format="$format" /tmp/x
printf '%s\n' "$GIT_DIR/objects" > /tmp/x/objects/info/alternates
if head=$(git rev-parse --verify --quiet HEAD^{commit}); then was=$(git rev-parse HEAD^{tree}); fi
if cp "$GIT_DIR/index" /tmp/index 2> /dev/null; then
	export GIT_OBJECT_DIRECTORY=/tmp/x/objects GIT_INDEX_FILE=/tmp/index
	tree=$(git write-tree)
	if [ "$tree" != "$was" ]; then
		commit=$(echo 'staged in a jail' | git commit-tree ${head:+-p "$head"} "$tree")
		git --git-dir=/tmp/x update-ref refs/heads/index "$commit"
	fi
	unset GIT_OBJECT_DIRECTORY GIT_INDEX_FILE
fi
unset GIT_DIR
exec git upload-pack --strict /tmp/x`

// UploadPack makes the Spec of a throw-away jail in which git reads a jail's git directory and sends what is asked for
// over its standard streams. Nothing in it can be written, and it reaches no network.
func UploadPack(h Host, g GitView, what Upload) (jail.Spec, error) {
	b := newReader(h, Project{Dir: g.At, Cwd: g.At, Git: &g})
	b.base()
	b.libraries()
	b.kernel()
	b.scratch()
	b.homeDir()
	b.add(mounts.Mount{Kind: mounts.Tmpfs, Target: g.Common, Size: 1 << 20, Why: "nothing of the repository's own"})
	// A link to /proc/self/fd/0 or the like would have git wait.
	b.put(mounts.Mount{Kind: mounts.Bind, Source: g.Dir, Target: g.At, Access: mounts.Inert, Why: "what is read"})
	b.lend(g)
	for _, dir := range g.Alternates {
		b.bind(dir, "objects that the repository borrows")
	}
	git, err := h.Find("git", "/")
	if err != nil {
		return jail.Spec{}, err
	}
	b.expose(git)
	git = b.reachable(git)
	dirs := path.Dir(git)
	if cp, err := h.Find("cp", "/"); err == nil { // which the index is copied with
		b.expose(cp)
		dirs += ":" + path.Dir(b.reachable(cp))
	}
	env := []string{
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "HOME=" + b.home, "LANG=C.UTF-8", "PATH=" + dirs + ":/usr/bin:/bin",
	}
	if version := h.getenv("GIT_PROTOCOL"); version == "version=2" {
		env = append([]string{"GIT_PROTOCOL=" + version}, env...)
	}
	argv := []string{"git", "upload-pack", "--strict", g.At}
	program := git
	if what == UploadIndex {
		program, argv = "/bin/sh", []string{"sh", "-c", uploadIndex}
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			env = append(env, "GIT_"+who+"_NAME=jail", "GIT_"+who+"_EMAIL=jail@localhost", "GIT_"+who+"_DATE=@0 +0000")
		}
		env = append(env, "GIT_DIR="+g.At)
	}
	mounts.Sort(b.mounts)
	s := Outline(b.in)
	s.Hostname, s.Dir, s.Program, s.Argv = "jail", "/", program, argv
	s.Env, s.Mounts, s.Terminal, s.Grace = env, b.mounts, jail.TerminalNone, grace
	h.readingWalls(&s)
	return s, mounts.Validate(s.Mounts)
}
