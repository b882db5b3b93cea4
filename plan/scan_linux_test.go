package plan

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"jail/config"
	"jail/mounts"
)

// crowd is a host with one folder of too many files.
type crowd struct{ names []string }

func (crowd) Lstat(path string) File {
	if path == "/" || path == "/p" {
		return File{Type: Directory}
	}
	return File{Type: Regular}
}
func (c crowd) List(string) []string  { return c.names }
func (crowd) Head(string, int) []byte { return nil }
func pattern(t *testing.T, text string) config.Pattern {
	t.Helper()
	p, err := config.ParsePattern(text, config.Places{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestScanBudget holds that a tree that is too large is an error for what the user asks for, and is told of the rest.
func TestScanBudget(t *testing.T) {
	names := make([]string, maxNames+1)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	for _, count := range []int{maxNames + 1, 100} {
		h := Host{Files: crowd{names[:count]}}
		project := Project{Dir: "/p", Cwd: "/p"}
		found, err := Scan(config.Config{}, h, project)
		if err != nil || (found.Missed != "") != (count > maxNames) {
			t.Errorf("%d names: missed %q, %v", count, found.Missed, err)
		}
		c := config.Config{Overlay: config.Overlay{Mask: []config.Pattern{pattern(t, "**/*.sqlite?")}}}
		var refused *PatternError
		if _, err := Scan(c, h, project); errors.As(err, &refused) != (count > maxNames) {
			t.Errorf("%d names: %v", count, err)
		}
	}
}

// TestScanOfFiles holds on this machine's files what golden plans hold on made-up ones, and that further names of a file are
// found, and what cannot be read is passed over.
func TestScanOfFiles(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".env", "a/b/.ENV.local", "a/x.sqlite", ".git/x.key", "node_modules/.env", "closed/.env", "plain"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.Link(filepath.Join(dir, ".env"), filepath.Join(dir, "a/second")),
		os.Symlink("plain", filepath.Join(dir, "x.key")),
		os.Symlink("/etc/passwd", filepath.Join(dir, "y.key")),
		os.Symlink("a", filepath.Join(dir, "linked")),
		os.Chmod(filepath.Join(dir, "closed"), 0),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(dir, "closed"), 0o700) })
	h := Probe("/")
	c := config.Config{Overlay: config.Overlay{Deny: []config.Pattern{pattern(t, "**/*.sqlite")}}}
	found, err := Scan(c, h, Project{Dir: dir, Cwd: dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, hit := range found.Hits {
		name := string(hit.Hiding) + " " + strings.TrimPrefix(hit.Path, dir+"/")
		if name != "mask closed/.env" && name != "deny closed" { // root reads it; to others it is shut
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if want := []string{"deny a/x.sqlite", "mask .env", "mask a/b/.ENV.local", "mask a/second", "mask plain"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestScanOfDepths holds that nothing is shown because it lies too deep to be covered: a path of its own length would not fit into
// PATH_MAX.
func TestScanOfDepths(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	deep := filepath.Join("src", strings.Repeat(strings.Repeat("d", 200)+"/", 25))
	if err := errors.Join(root.MkdirAll(deep, 0o755), root.WriteFile(filepath.Join(deep, ".env"), nil, 0o600), root.WriteFile("src/.env", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	found, err := Scan(config.Config{}, Probe("/"), Project{Dir: dir, Cwd: dir})
	if err != nil || found.Missed != "" || len(found.Hits) != 2 {
		t.Fatalf("got %+v, %v; want two hits", found, err)
	}
	shallow, folder := found.Hits[0], found.Hits[1]
	if shallow.Hiding != HideMask || shallow.Path != filepath.Join(dir, "src/.env") {
		t.Errorf("near the top: got %+v", shallow)
	}
	if below := strings.TrimPrefix(folder.Path, dir+"/"); folder.Hiding != HideDeny || !strings.HasPrefix(deep, below+"/") || len(below) > maxSearched || len(below) < maxSearched-201 {
		t.Errorf("got %s of %d characters, want the deepest folder that can be covered", folder.Hiding, len(below))
	}
}

// TestScanWithoutDescriptors holds that a folder is not taken for an empty one because this process may open no more files.
func TestScanWithoutDescriptors(t *testing.T) {
	s := scanner{root: "/p", rules: secretRules(), dirs: kernelDirs{err: unix.EMFILE}}
	if err := s.walk(); err != nil || s.missed == "" {
		t.Errorf("missed %q, %v", s.missed, err)
	}
	s = scanner{root: "/p", rules: secretRules(), dirs: kernelDirs{err: unix.ENOENT}}
	if err := s.walk(); err != nil || s.missed != "" {
		t.Errorf("a folder that is not there: missed %q, %v", s.missed, err)
	}
}

// TestHitsAreFiles holds that a hit tells which file it was, for what is at its path later may be another one.
func TestHitsAreFiles(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a/.env", "decoy/.env.example"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	found, err := Scan(config.Config{}, Probe("/"), Project{Dir: dir, Cwd: dir})
	if err != nil || len(found.Hits) != 1 {
		t.Fatalf("%v, %v", found.Hits, err)
	}
	hit := found.Hits[0]
	if id, ok := Identify(hit.Path); !ok || hit.ID != id {
		t.Errorf("%v is %v", hit, id)
	}
	// What another jail in the project may do now.
	for _, rename := range [][2]string{{"a", "moved"}, {"decoy", "a"}, {"a/.env.example", "a/.env"}} {
		if err := os.Rename(filepath.Join(dir, rename[0]), filepath.Join(dir, rename[1])); err != nil {
			t.Fatal(err)
		}
	}
	b := &builder{at: map[string]int{}}
	b.add(mounts.Mount{Kind: mounts.Bind, Source: dir, Target: dir, Access: mounts.ReadWrite})
	b.cover(hit.Path, hit)
	real, ok := Identify(filepath.Join(dir, "moved/.env"))
	if got := b.mounts[len(b.mounts)-1]; !ok || got.Inode != real.Inode {
		t.Errorf("%+v is to hide inode %d", got, real.Inode)
	}
	if remembered := remember(Probe("/"), Project{Dir: dir}, found.Hits, nil); len(remembered) != 1 || remembered[0].ID != real {
		t.Errorf("%+v is to be remembered as %+v", remembered, real)
	}
}

// TestFloodUncoversNothing holds that a jail which makes more names than are looked at does not uncover for the next one what was
// hidden from it, and that the user's word still counts.
func TestFloodUncoversNothing(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	secret, h := filepath.Join(dir, "a/b/.env"), Probe("/")
	if err := errors.Join(os.MkdirAll(filepath.Dir(secret), 0o755), os.WriteFile(secret, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	project := Project{Dir: dir, Cwd: dir}
	before, err := Scan(config.Config{}, h, project)
	if err != nil || len(before.Hits) != 1 || len(before.Remember) != 1 {
		t.Fatalf("%+v, %v", before, err)
	}
	for i := range 100 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("flood", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settled := before.Remember[0]
	settled.Settled = true
	other := settled
	other.ID.Inode++
	for _, c := range []struct {
		name       string
		remembered []Remembered
		config     config.Overlay
		most       int64
		want       int
	}{
		{"control: nothing is known of it", nil, config.Overlay{}, 50, 0},
		{"flooded", []Remembered{settled}, config.Overlay{}, 50, 1},
		{"not flooded", []Remembered{settled}, config.Overlay{}, 500, 1},
		{"another file stands there", []Remembered{other}, config.Overlay{}, 50, 0},
		{"the user shows secrets", []Remembered{settled}, config.Overlay{Secrets: config.SecretsShow, Mask: []config.Pattern{pattern(t, "flood1?")}}, 500, 1},
		{"the user excepts it", []Remembered{settled}, config.Overlay{Mask: []config.Pattern{pattern(t, "!a/b/.env")}}, 50, 0},
	} {
		project.Remembered = c.remembered
		found, err := scan(config.Config{Overlay: c.config}, h, project, c.most)
		if err != nil || len(found.Hits) != c.want || (found.Missed != "") != (c.most == 50) {
			t.Errorf("%s: %+v, %v", c.name, found, err)
		}
		if c.name == "flooded" && (len(found.Remember) != 1 || found.Remember[0].Moved) {
			t.Errorf("%s: is to be remembered as %+v", c.name, found.Remember)
		}
	}
}

// BenchmarkScan walks a tree of many folders: go test ./plan -run - -bench Scan.
func BenchmarkScan(b *testing.B) {
	dir := b.TempDir()
	for i := range 200 {
		sub := filepath.Join(dir, fmt.Sprint("d", i))
		if err := os.Mkdir(sub, 0o755); err != nil {
			b.Fatal(err)
		}
		for k := range 100 {
			if err := os.WriteFile(filepath.Join(sub, fmt.Sprint("file", k, ".txt")), nil, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	h, project := Probe("/"), Project{Dir: dir, Cwd: dir}
	for b.Loop() {
		if _, err := Scan(config.Config{}, h, project); err != nil {
			b.Fatal(err)
		}
	}
}
