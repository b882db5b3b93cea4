package jail

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"jail/mounts"
)

func TestLeftBehind(t *testing.T) {
	home := t.TempDir()
	for _, file := range []string{".cache/x", "go/pkg/x", "report.md", "out/x", "src/project/x", "mapped", "a\xffb"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(home, file)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, file), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		os.WriteFile(filepath.Join(home, "nothing"), nil, 0o600), os.Mkdir(filepath.Join(home, "nobody"), 0o700), os.Symlink("report.md", filepath.Join(home, "link")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	list := []mounts.Mount{{Target: home}, {Target: filepath.Join(home, "src/project")}, {Target: filepath.Join(home, "mapped")}}
	if got, want := leftBehind(Spec{Passing: home, Mounts: list}), []string{"a\xffb", "out", "report.md"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for i := range 2 * mostLeft {
		if err := os.WriteFile(filepath.Join(home, fmt.Sprint(i)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := leftBehind(Spec{Passing: home, Mounts: list}); len(got) != mostLeft {
		t.Errorf("got %q", got)
	}
	if got := leftBehind(Spec{Passing: filepath.Join(home, "missing"), Mounts: list}); got != nil {
		t.Errorf("got %q", got)
	}
}
