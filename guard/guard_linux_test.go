package guard

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func start(t *testing.T, g Guard) (*Watch, string) {
	t.Helper()
	root := t.TempDir()
	g.Dir, g.Aside = filepath.Join(root, "project"), cmp.Or(g.Aside, filepath.Join(root, "state/aside"))
	write(t, filepath.Join(g.Dir, "main.c"), "")
	write(t, filepath.Join(g.Dir, ".npmrc"), "stands")
	for _, link := range g.Links {
		if err := os.Symlink(link.Text, filepath.Join(g.Dir, link.Name)); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range g.Hidden {
		g.Hidden[i] = filepath.Join(g.Dir, name)
		write(t, g.Hidden[i], "secret")
	}
	w, err := Start(g)
	if err != nil {
		t.Fatal(err)
	}
	return w, g.Dir
}

// await waits until a name is gone, as the watcher does its work beside us.
func await(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Lstat(path); err != nil {
			return
		}
	}
	t.Fatalf("%s stays", path)
}

// folder puts .vscode in place as a whole, for the watcher is faster than two steps, and waits until it is gone.
func folder(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "made/tasks.json"), "evil")
	if err := os.Rename(filepath.Join(dir, "made"), filepath.Join(dir, ".vscode")); err != nil {
		t.Fatal(err)
	}
	await(t, filepath.Join(dir, ".vscode"))
}

var guardedNames = []string{".vscode", ".envrc", ".npmrc", "*.code-workspace", ".idea"}

func TestWhatAppearsIsMovedAside(t *testing.T) {
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}})
	write(t, filepath.Join(dir, ".envrc"), "one")
	await(t, filepath.Join(dir, ".envrc"))
	write(t, filepath.Join(dir, ".envrc"), "two")
	await(t, filepath.Join(dir, ".envrc"))
	folder(t, dir)
	write(t, filepath.Join(dir, "X.Code-Workspace"), "")
	if err := os.Symlink("/etc", filepath.Join(dir, ".IDEA")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "fine"), "")
	report := w.End()
	if got := names(t, dir); got != ".npmrc fine main.c" {
		t.Errorf("in the project: %s", got)
	}
	if len(report.Moved) != 5 || report.Failed != nil || report.Replaced != nil {
		t.Fatalf("report: %+v", report)
	}
	aside := filepath.Dir(report.Moved[0].To)
	if got := names(t, aside); got != ".IDEA .envrc .envrc.2 .vscode X.Code-Workspace" {
		t.Errorf("aside: %s", got)
	}
	if data, err := os.ReadFile(filepath.Join(aside, ".vscode/tasks.json")); string(data) != "evil" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(aside); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestLateNames holds the same once events are listened to, and for what appears just before the end.
func TestLateNames(t *testing.T) {
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}})
	time.Sleep(early + 100*time.Millisecond)
	folder(t, dir)
	write(t, filepath.Join(dir, ".envrc"), "evil")
	if report := w.End(); len(report.Moved) != 2 || names(t, dir) != ".npmrc main.c" {
		t.Errorf("report %+v, in the project %s", report, names(t, dir))
	}
}

func TestLinksAreMadeAgain(t *testing.T) {
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}, Links: []Link{{".idea", "../shared"}, {".envrc", "x"}}})
	if err := os.Remove(filepath.Join(dir, ".idea")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "new"), "evil")
	if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, ".envrc")); err != nil {
		t.Fatal(err)
	}
	report := w.End()
	for name, want := range map[string]string{".idea": "../shared", ".envrc": "x"} {
		if got, err := os.Readlink(filepath.Join(dir, name)); got != want {
			t.Errorf("%s leads to %q, %v", name, got, err)
		}
	}
	if len(report.Moved) != 1 || report.Moved[0].Name != ".envrc" {
		t.Errorf("report %+v", report)
	}
}

func TestReplacedFilesAreTold(t *testing.T) {
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}, Hidden: []string{"sub/.env", "sub/other.key"}})
	for _, name := range []string{".npmrc", "sub/.env"} {
		write(t, filepath.Join(dir, "temp"), "new")
		if err := os.Rename(filepath.Join(dir, "temp"), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	// Control: what is written in place is the same file still.
	write(t, filepath.Join(dir, "sub/other.key"), "changed")
	report := w.End()
	slices.Sort(report.Replaced)
	if want := []string{filepath.Join(dir, ".npmrc"), filepath.Join(dir, "sub/.env")}; !slices.Equal(report.Replaced, want) || report.Moved != nil {
		t.Errorf("report %+v, want %q replaced", report, want)
	}
}

// TestManyAreBounded holds that a jail cannot fill the disk with names.
func TestManyAreBounded(t *testing.T) {
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}})
	for range maxMoved + 50 {
		folder(t, dir)
	}
	report := w.End()
	if got := strings.Fields(names(t, filepath.Dir(report.Moved[0].To))); len(got) > maxMoved || report.Failed != nil {
		t.Errorf("%d aside, report %v", len(got), report.Failed)
	}
}

// TestAnotherFileSystem holds that what cannot be renamed there is out of the way at once and copied at the end.
func TestAnotherFileSystem(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "guard-")
	if err != nil {
		t.Skip("no second file system: ", err)
	}
	defer os.RemoveAll(other)
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}, Aside: filepath.Join(other, "aside")})
	folder(t, dir)
	write(t, filepath.Join(dir, ".envrc"), "evil")
	await(t, filepath.Join(dir, ".envrc"))
	report := w.End()
	if got := names(t, dir); got != ".npmrc main.c" || len(report.Moved) != 2 || report.Failed != nil {
		t.Fatalf("in the project %s, report %+v", got, report)
	}
	if data, err := os.ReadFile(filepath.Join(report.Moved[0].To, "tasks.json")); string(data) != "evil" {
		t.Errorf("%q, %v", data, err)
	}
}

// TestHugeFilesAreNotCopied holds that a file of holes neither ends jail nor fills anything, and that a jail cannot keep the rest in
// place by what it makes beside it. The file is larger than the limit, but not than a memory: a limit that fails must harm nobody.
func TestHugeFilesAreNotCopied(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "guard-")
	if err != nil {
		t.Skip("no second file system: ", err)
	}
	defer os.RemoveAll(other)
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}, Aside: filepath.Join(other, "aside")})
	huge := filepath.Join(dir, "huge")
	write(t, huge, "evil")
	if err := os.Truncate(huge, 2*maxCopied); err != nil {
		t.Skip("no files with holes here: ", err)
	}
	if err := os.Rename(huge, filepath.Join(dir, ".envrc")); err != nil {
		t.Fatal(err)
	}
	await(t, filepath.Join(dir, ".envrc"))
	write(t, filepath.Join(dir, "made/shut/\xff.json"), "evil")
	if err := errors.Join(os.Chmod(filepath.Join(dir, "made/shut/\xff.json"), 0), os.Chmod(filepath.Join(dir, "made/shut"), 0)); err != nil {
		t.Fatal(err)
	}
	folder(t, dir)
	report := w.End()
	if len(report.Failed) != 1 || !errors.Is(report.Failed[0], errTooLarge) || len(report.Moved) != 1 {
		t.Fatalf("%+v", report)
	}
	if data, err := os.ReadFile(filepath.Join(report.Moved[0].To, "shut/\xff.json")); string(data) != "evil" {
		t.Errorf("%q, %v", data, err)
	}
	if got := names(t, filepath.Dir(report.Moved[0].To)); got != ".vscode" {
		t.Errorf("kept aside: %s", got)
	}
}

// TestNothingIsKeptInPlace holds that a jail cannot make the moving fail: it owns the folder, and all that it makes there.
func TestNothingIsKeptInPlace(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root needs no permission")
	}
	mode := func(t *testing.T, path string, to os.FileMode) {
		t.Helper()
		if err := os.Chmod(path, to); err != nil {
			t.Fatal(err)
		}
	}
	move := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name string
		hold func(t *testing.T, dir string)
	}{
		{"a folder that nobody may write to", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "made/tasks.json"), "evil")
			mode(t, filepath.Join(dir, "made"), 0o555)
			move(t, filepath.Join(dir, "made"), filepath.Join(dir, ".vscode"))
		}},
		{"in a folder that nobody may write to", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, ".envrc"), "evil")
			mode(t, dir, 0o555)
		}},
		{"in a folder that nobody may read", func(t *testing.T, dir string) {
			mode(t, dir, 0o333)
			write(t, filepath.Join(dir, ".envrc"), "evil")
		}},
		{"many folders that cannot be removed", func(t *testing.T, dir string) {
			for range maxMoved + 2 {
				write(t, filepath.Join(dir, "made/in/file"), "evil")
				mode(t, filepath.Join(dir, "made/in"), 0)
				move(t, filepath.Join(dir, "made"), filepath.Join(dir, ".vscode"))
				await(t, filepath.Join(dir, ".vscode"))
			}
		}},
		{"the longest names", func(t *testing.T, dir string) {
			long := filepath.Join(dir, strings.Repeat("x", 255-len(".code-workspace"))+".code-workspace")
			for range 3 {
				write(t, long, "evil")
				await(t, long)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}})
			test.hold(t, dir)
			report := w.End()
			mode(t, dir, 0o755)
			if got := names(t, dir); got != ".npmrc main.c" || len(report.Moved) == 0 || report.Failed != nil {
				t.Errorf("in the project %s, report %+v", got, report)
			}
			open(t, filepath.Dir(dir)) // t removes it
		})
	}
}

// open lets everything below a folder be removed.
func open(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if entry.IsDir() && err == nil {
			err = os.Chmod(path, 0o755)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestUnreadableFolderIsWatched holds that the watch goes on where events cannot be had.
func TestUnreadableFolderIsWatched(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root needs no permission")
	}
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}})
	for end := time.Now().Add(early + 200*time.Millisecond); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		if err := os.Chmod(dir, 0o333); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, ".envrc"), "evil")
	await(t, filepath.Join(dir, ".envrc"))
	if report := w.End(); len(report.Moved) != 1 || report.Failed != nil {
		t.Errorf("report %+v", report)
	}
}

// TestAnotherFileSystemIsNoHold holds that neither taken names nor many of them keep one in place there.
func TestAnotherFileSystemIsNoHold(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "guard-")
	if err != nil {
		t.Skip("no second file system: ", err)
	}
	defer os.RemoveAll(other)
	w, dir := start(t, Guard{Names: guardedNames, Stands: []string{".npmrc"}, Aside: filepath.Join(other, "aside")})
	for n := range maxMoved + 10 {
		write(t, filepath.Join(dir, fmt.Sprintf(".jail-aside-%d-%d", os.Getpid(), n)), "taken")
		write(t, filepath.Join(dir, ".envrc"), "evil")
		await(t, filepath.Join(dir, ".envrc"))
	}
	report := w.End()
	if _, err := os.Lstat(filepath.Join(dir, ".envrc")); err == nil || len(report.Moved) != maxMoved || report.Failed != nil {
		t.Errorf("%v; %d moved, %v", err, len(report.Moved), report.Failed)
	}
	if got := strings.Fields(names(t, dir)); len(got) != maxMoved+10+len([]string{".npmrc", "main.c"}) {
		t.Errorf("in the project: %v", got)
	}
}
