package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Risk is a file that makes the machine of whoever accepts it do something: at once, at the next command of git or a
// build, or when somebody changes into its folder.
type Risk struct {
	Path string // as the jail wrote it
	Why  string // what kind of file it is, in a few words
}

// risky says which files programs obey without being told to, by their names. A pattern is one of path.Match for the name
// of the file, in whatever folder it lies; with a slash it is for that many parts of the path; one that ends in a slash is
// for a folder, and for all that lies in it. Upper and lower case are the same, as on the file systems of macOS and Windows.
var risky = []struct {
	why      string
	patterns string
}{
	{"git hook", ".husky/ .githooks/ .git-hooks/ .hooks/ lefthook*.y*ml .lefthook*.y*ml lefthook.toml lefthook.json .pre-commit-config.y*ml .pre-commit-hooks.y*ml .overcommit.yml .lintstagedrc* lint-staged.config.*"},
	{"git setting", ".gitattributes .gitmodules .lfsconfig .gitconfig"},
	{"CI", ".github/workflows/ .github/actions/ action.y*ml .gitlab-ci*.y*ml .gitlab/ci/ .circleci/ .buildkite/ .forgejo/workflows/ .gitea/workflows/ .woodpecker/ .woodpecker.y*ml .drone.y*ml Jenkinsfile* azure-pipelines*.y*ml .azure-pipelines/ .travis.yml appveyor.yml .appveyor.yml .cirrus.yml bitbucket-pipelines.yml cloudbuild.y*ml .semaphore/ .teamcity/ .ci/"},
	{"editor task", ".vscode/ *.code-workspace .idea/ .run/ .fleet/ .zed/ .vs/ .devcontainer/ .devcontainer.json .vim/ .nvim/ .nvim.lua .nvimrc .vimrc .exrc .lvimrc .dir-locals.el .dir-locals-2.el *.sublime-project .settings/ .project .gitpod.yml .theia/"},
	{"shell environment", ".envrc .env .env.* mise.toml .mise.toml mise.*.toml .mise.*.toml .mise/ mise/ .config/mise/ .config/mise.toml .rtx.toml .tool-versions .autoenv* .in .out devbox.json devenv.nix flake.nix flake.lock shell.nix default.nix .nix/ .bashrc .bash_profile .profile .zshrc .zshenv .inputrc"},
	{"agent instructions", "CLAUDE*.md AGENTS*.md AGENT.md GEMINI*.md QWEN.md .claude/ .mcp.json mcp.json .cursor/ .cursorrules .windsurf/ .windsurfrules .clinerules .clinerules/ .roo/ .roorules* .roomodes .aider* .codex/ .gemini/ .opencode/ opencode.json* .continue/ .amazonq/ .kiro/ .junie/ .augment/ .goosehints .goose/ .crush.json crush.json .github/copilot-instructions.md .github/instructions/ .github/prompts/ .github/agents/ .jail.toml .ai-jail .worktreeinclude"},
	{"package script", "package.json .npmrc .yarnrc .yarnrc.yml .yarn/ .pnpmfile.* pnpm-workspace.yaml .pnp.* bunfig.toml deno.json* lerna.json composer.json Gemfile *.gemspec setup.py setup.cfg pyproject.toml *.pth sitecustomize.py usercustomize.py conftest.py noxfile.py tox.ini Pipfile pip.conf hatch_build.py Cargo.toml build.rs .cargo/ rust-toolchain rust-toolchain.toml go.work Package.swift Podfile pubspec.yaml mix.exs rebar.config *.cabal Setup.hs stack.yaml *.nimble *.rockspec cpanfile Makefile.PL Build.PL renv/ .Rprofile"},
	{"build file", "Makefile makefile GNUmakefile *.mk *.mak CMakeLists.txt *.cmake CMakePresets.json CMakeUserPresets.json configure configure.ac configure.in *.m4 meson.build meson_options.txt SConstruct SConscript wscript BUILD BUILD.bazel WORKSPACE WORKSPACE.bazel MODULE.bazel *.bzl .bazelrc .bazelversion BUCK .buckconfig build.ninja justfile .justfile *.just Taskfile*.y*ml Rakefile *.rake build.gradle* settings.gradle* gradle.properties gradlew gradlew.bat gradle/ pom.xml mvnw mvnw.cmd .mvn/ build.sbt project/plugins.sbt build.xml build.zig build.zig.zon *.csproj *.fsproj *.vbproj *.vcxproj *.sln *.props *.targets NuGet.config global.json Dockerfile* Containerfile* *.dockerfile docker-compose*.y*ml compose*.y*ml .dockerignore Vagrantfile Procfile Tiltfile Earthfile skaffold.yaml Brewfile *.config.js *.config.cjs *.config.mjs *.config.ts *.config.mts *.config.cts gulpfile.* Gruntfile.* .eslintrc.* .prettierrc.* .babelrc* .mocharc.* .swcrc angular.json nx.json turbo.json *.tf *.tfvars magefile.go magefiles/ phpunit.xml* dune dune-project"},
}

// pattern is one of risky's, taken apart.
type pattern struct {
	why    string
	parts  []string
	folder bool
}

var patterns = sync.OnceValue(func() []pattern {
	var all []pattern
	for _, kind := range risky {
		for text := range strings.FieldsSeq(strings.ToLower(kind.patterns)) {
			name, folder := strings.CutSuffix(text, "/")
			all = append(all, pattern{kind.why, strings.Split(name, "/"), folder})
		}
	}
	return all
})

// whyOf finds what kind of file a name means, and "" for an ordinary one.
func whyOf(name string) string {
	parts := strings.Split(strings.ToLower(name), "/")
	for _, p := range patterns() {
		if p.matches(parts) {
			return p.why
		}
	}
	return ""
}

func (p pattern) matches(name []string) bool {
	first, last := len(name)-len(p.parts), len(name)-len(p.parts)
	if p.folder {
		first, last = 0, last-1 // something lies in it
	}
	for at := max(first, 0); at <= last; at++ {
		if slices.EqualFunc(p.parts, name[at:at+len(p.parts)], fits) {
			return true
		}
	}
	return false
}

func fits(pattern, name string) bool {
	if !strings.ContainsAny(pattern, "*?[") { // most are plain names, for which Match takes ten times as long
		return pattern == name
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// change is what happened to one file, as far as it counts here.
type change struct {
	path             string
	oldMode, newMode string // as FileChange has them
	link             string // text of a symbolic link; empty where it is not known
}

// risks chooses from changes. named are further paths of the tree that git's configuration names as programs or hooks.
func risks(changes []change, named []string) []Risk {
	var found []Risk
	for _, c := range changes {
		add := func(why string) { found = append(found, Risk{c.path, why}) }
		if why := whyOf(c.path); why != "" {
			add(why)
		} else if slices.ContainsFunc(named, func(p string) bool { return c.path == p || strings.HasPrefix(c.path, p+"/") }) {
			add("named by git's configuration")
		}
		switch {
		case c.newMode == "160000":
			add("submodule")
		case c.newMode == "120000" && outside(c.path, c.link):
			add("link out of the tree")
		case c.newMode == "100755" && c.oldMode != "100755":
			add("new program")
		}
	}
	return sorted(found)
}

// sorted brings findings into the order that they are shown in, each once.
func sorted(found []Risk) []Risk {
	slices.SortFunc(found, func(a, b Risk) int { return cmp.Or(cmp.Compare(a.Why, b.Why), cmp.Compare(a.Path, b.Path)) })
	return slices.Compact(found)
}

// outside is leaves for a link of a tree that has others: what goes up after it went down over one may end anywhere.
func outside(name, target string) bool {
	rest := target
	for strings.HasPrefix(rest, "../") {
		rest = rest[len("../"):]
	}
	return leaves(name, target) || strings.Contains("/"+rest+"/", "/../") && rest != ".."
}

// namedPaths are the files of the tree that commands and folders of the configuration name by a relative path.
func namedPaths(entries []entry) []string {
	var named []string
	for _, e := range entries {
		section, _, variable := split(e.key)
		hooks := e.key == "core.hookspath"
		if !hooks && len(disarmed(section, variable)) == 0 && e.key != "diff.external" && e.key != "core.fsmonitor" && section != "alias" && !strings.HasPrefix(e.key, "alias.") {
			continue
		}
		for _, word := range strings.Fields(e.value) {
			word = path.Clean(strings.Trim(word, `"'!`))
			if hooks || strings.Contains(word, "/") {
				if !path.IsAbs(word) && word != "." && !strings.HasPrefix(word, "..") && !strings.HasPrefix(word, "~") {
					named = append(named, word)
				}
			}
		}
	}
	return named
}

// Risks tells what of the difference of two commits runs on the machine of whoever takes it. Only objects are read.
func (r Repo) Risks(ctx context.Context, from, to string) ([]Risk, error) {
	if !validID(from) || !validID(to) {
		return nil, fmt.Errorf("cannot compare %+q with %+q: not commit ids", from, to)
	}
	d, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := d.committed(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return risks(changes, namedPaths(d.entries)), nil
}

// DiffRisks is Risks for what Diff shows, with what else lies in the work tree if that is compared. Of a work tree that
// could not be seen as a whole the error says why.
func (w Worktree) DiffRisks(ctx context.Context, req DiffRequest) ([]Risk, error) {
	if req.To != "" {
		return w.Risks(ctx, req.From, req.To)
	}
	w.Base = req.From
	s, err := w.Status(ctx)
	if err == nil && len(s.Incomplete) > 0 {
		err = errors.New(strings.Join(s.Incomplete, "; "))
	}
	return s.Risks, err
}

// committed lists what differs between two commits or trees, with the texts of new links.
func (d door) committed(ctx context.Context, from, to string) ([]change, error) {
	out, err := d.read(ctx, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", from, to, "--")
	if err != nil {
		return nil, err
	}
	var changes []change
	var links []int
	var ids strings.Builder
	fields := parsePaths(out)
	for ; len(fields) > 1; fields = fields[2:] {
		words := strings.Fields(fields[0])
		if len(words) != 5 || !validID(words[3]) {
			return nil, unexpected("diff-tree", fields[0])
		}
		if words[1] == "120000" {
			links = append(links, len(changes))
			fmt.Fprintln(&ids, words[3])
		}
		changes = append(changes, change{path: fields[1], oldMode: strings.TrimPrefix(words[0], ":"), newMode: words[1]})
	}
	if len(fields) > 0 || len(links) == 0 {
		if len(fields) > 0 {
			err = unexpected("diff-tree", fields[0])
		}
		return changes, err
	}
	texts, err := d.run(ctx, call{args: []string{"cat-file", "--batch"}, stdin: strings.NewReader(ids.String())})
	if err != nil {
		return nil, err
	}
	for _, i := range links {
		if changes[i].link, texts, err = nextObject(texts); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// nextObject reads one object of git cat-file --batch: ID TYPE SIZE LF CONTENT LF.
func nextObject(out []byte) (content string, rest []byte, err error) {
	head, rest, _ := bytes.Cut(out, []byte("\n"))
	words := strings.Fields(string(head))
	if len(words) != 3 {
		return "", nil, unexpected("cat-file", string(head))
	}
	size, err := strconv.Atoi(words[2])
	if err != nil || size < 0 || size >= len(rest) {
		return "", nil, unexpected("cat-file", string(head))
	}
	return string(rest[:size]), rest[size+1:], nil
}
