package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
)

func TestReadEnvFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "env")
	const text = "# comment\n\nA=1\nexport B = \"x y\"\n  C='it''s'  \nD=\nE\nF=a#b=c$d\r\nG=\"\n"
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.ReplaceAll(strings.TrimSuffix(text, "G=\"\n"), "export B = ", "export B="))
	got, err := ReadEnvFile(path, "")
	at := func(line string) string { return path + ":" + line }
	want := []EnvVar{
		{"A", "1", true, at("3")}, {"B", "x y", true, at("4")}, {"C", "it''s", true, at("5")}, {"D", "", true, at("6")}, {"E", "", false, at("7")}, {"F", "a#b=c$d", true, at("8")},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for text, line := range map[string]string{"A=1\nB=\"secret\n": ":2:", "\n\nA B=secret": ":3:", "9=secret": ":1:", "=secret": ":1:", "A=sec\x00ret": ":1:", "A=1\nB=secret\xff": ":2:"} {
		write(text)
		if got, err := ReadEnvFile(path, ""); err == nil || !strings.Contains(err.Error(), path+line) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %+v, %v; want an error at %s without the value", text, got, err, line)
		}
	}
}

// TestEnvFileLeadsNotOutOfTheProject holds that a link that an agent may have made does not choose what is read.
func TestEnvFileLeadsNotOutOfTheProject(t *testing.T) {
	root := t.TempDir()
	proj := filepath.Join(root, "proj")
	if err := os.MkdirAll(filepath.Join(proj, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, target := range map[string]string{"out": filepath.Join(root, "secret"), "dir": root, "ok": "in/real", "up": "../secret"} {
		if err := os.Symlink(target, filepath.Join(proj, path)); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{filepath.Join(root, "secret"), filepath.Join(proj, "in/real")} {
		if err := os.WriteFile(path, []byte("K=1"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(proj, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"out", "dir/secret", "up", "fifo", "in", "none"} {
		if got, err := ReadEnvFile(filepath.Join(proj, name), proj); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
	for _, name := range []string{"ok", "in/real", "../secret"} {
		if got, err := ReadEnvFile(filepath.Join(proj, name), proj); err != nil || len(got) != 1 {
			t.Errorf("control %s: got %+v, %v", name, got, err)
		}
	}
}
