package plan

import (
	"path"
	"slices"

	"jail/config"
	"jail/jail"
	"jail/mounts"
)

// cache is where a toolchain keeps what it has downloaded or built, and nothing secret.
type cache struct {
	tool    string   // the program that must be on PATH
	markers []string // a project with one of these files uses it
	dirs    []cacheDir
}

type cacheDir struct {
	env  string // the variable that names it on the host; may be empty
	path string // below the home, where the tool looks for it by default
}

var caches = []cache{
	{"go", []string{"go.mod", "go.work"}, []cacheDir{{"GOMODCACHE", "go/pkg/mod"}, {"GOCACHE", ".cache/go-build"}}},
	{"cargo", []string{"Cargo.toml"}, []cacheDir{{"", ".cargo/registry"}, {"", ".cargo/git"}}},
	{"npm", []string{"package.json"}, []cacheDir{{"", ".npm/_cacache"}}}, // _logs is nobody else's business
	{"bun", []string{"bun.lock", "bun.lockb"}, []cacheDir{{"BUN_INSTALL_CACHE_DIR", ".bun/install/cache"}}},
	{"deno", []string{"deno.json", "deno.jsonc"}, []cacheDir{{"DENO_DIR", ".cache/deno"}}},
	{"pip", []string{"pyproject.toml", "requirements.txt", "setup.py"}, []cacheDir{{"PIP_CACHE_DIR", ".cache/pip"}}},
	{"uv", []string{"uv.lock"}, []cacheDir{{"UV_CACHE_DIR", ".cache/uv"}}},
	{"mvn", []string{"pom.xml"}, []cacheDir{{"", ".m2/repository"}}},
	// Not the whole folder: gradle.properties holds passwords.
	{"java", []string{"build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"}, []cacheDir{{"", ".gradle/caches"}, {"", ".gradle/wrapper"}}},
}

// caches gives the host's caches copy-on-write, and empty ones where it has none, so that builds are warm and no jail can poison what
// the host builds from. Only those that the project or the command uses: an overlay costs more than a dozen binds at start-up.
func (b *builder) caches() {
	for _, c := range caches {
		if !b.uses(c) {
			continue
		}
		for _, dir := range c.dirs {
			b.cache(dir)
		}
	}
}

// uses reports whether the project or the command is one for a cache's tool.
func (b *builder) uses(c cache) bool {
	if _, err := b.in.Host.Find(c.tool, b.in.Project.Cwd); err != nil {
		return false
	}
	if command := b.in.Config.Command; len(command) > 0 && path.Base(command[0]) == c.tool {
		return true
	}
	return slices.ContainsFunc(c.markers, func(name string) bool {
		return b.in.Host.Files.Lstat(path.Join(b.in.Project.Dir, name)).Type == Regular ||
			b.in.Host.Files.Lstat(path.Join(b.in.Project.Cwd, name)).Type == Regular
	})
}

func (b *builder) cache(dir cacheDir) {
	target := path.Join(b.home, dir.path)
	asked := target
	if named := b.in.Host.getenv(dir.env); dir.env != "" && path.IsAbs(named) {
		asked = named
	}
	source, _, at := b.in.Host.resolve(asked)
	above, _ := b.covering(target)
	none := at.Type == Missing
	switch {
	case at.Type != Directory && !none, above.Target != b.home: // nothing to give, or the user said what stands there
		return
	case none && b.homeMode() == config.HomeJail: // which keeps it
		return
	case b.plantedLink(asked, source) != "", b.checkShared(source) != nil, b.checkWritable(source) != nil:
		return
	}
	lower := source
	if none {
		// The jail's own is kept all the same, and lies over the host's once there is one.
		lower = b.emptyDir()
	}
	b.add(mounts.Mount{Kind: mounts.Overlay, Source: lower, Target: target, Layer: b.layer(source, target, jail.KeptCache), Why: "a cache of your toolchain, changes of the jail's own"})
}
