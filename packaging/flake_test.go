package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"hash"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the hash of the modules into the flake")

const flake = "nix/flake.nix"

// TestFlakeHash compares the flake's vendorHash with what nixpkgs' buildGoModule would find: the hash of the folder that go mod
// vendor makes, as an archive of Nix.
func TestFlakeHash(t *testing.T) {
	vendored := filepath.Join(t.TempDir(), "vendor")
	cmd := exec.Command("go", "mod", "vendor", "-o", vendored)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, out)
	}
	want, err := narHash(vendored)
	if err != nil {
		t.Fatal(err)
	}
	assignment := regexp.MustCompile(`vendorHash = "([^"]*)"`)
	text := read(t, flake)
	if *update {
		text = assignment.ReplaceAllString(text, `vendorHash = "`+want+`"`)
		if err := os.WriteFile(flake, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := assignment.FindStringSubmatch(text); got == nil || got[1] != want {
		t.Errorf("%s has the hash %q, want %s: go -C packaging test . -update", flake, got, want)
	}
}

// TestFlakeNamesFiles looks for what the flake installs, and holds its build to the release's.
func TestFlakeNamesFiles(t *testing.T) {
	text := read(t, flake)
	for _, i := range layout(archive) {
		if (strings.HasPrefix(i.from, "completion/") || i.from == "docs/jail.1") && !strings.Contains(text, " "+i.from) {
			t.Errorf("the flake does not install %s", i.from)
		}
	}
	for _, word := range []string{`"urfave_cli_no_docs"`, `"-s"`, `"-w"`, "-X main.version=", "CGO_ENABLED = 0"} {
		if !strings.Contains(text, word) {
			t.Errorf("the flake builds without %s", word)
		}
	}
}

// TestSyntax asks the readers of the recipes, where they are installed.
func TestSyntax(t *testing.T) {
	formula := filepath.Join(stand(t).out, "homebrew/jail.rb")
	for _, command := range [][]string{{"nix-instantiate", "--parse", flake}, {"ruby", "-c", formula}} {
		t.Run(command[0], func(t *testing.T) {
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skip(err)
			}
			if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestNarHash has what nix hash path --sri (2.8) says of a folder with a file, an executable and an empty folder.
func TestNarHash(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"plain": 0o600, "run": 0o755} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("content of "+name+"\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil {
		t.Fatal(err)
	}
	const want = "sha256-1F2M0cmtEo4rpCeMZd4V7rOqoHCR13BOgjXEQx5hCY8="
	if got, err := narHash(dir); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// narHash is the hash of a folder without links, in the archive format of Nix (E. Dolstra, The Purely Functional Software
// Deployment Model, figure 5.2), as a string of Subresource Integrity.
func narHash(folder string) (string, error) {
	sum := sha256.New()
	narString(sum, "nix-archive-1")
	if err := narNode(sum, folder); err != nil {
		return "", err
	}
	return "sha256-" + base64.StdEncoding.EncodeToString(sum.Sum(nil)), nil
}

func narNode(sum hash.Hash, at string) error {
	info, err := os.Lstat(at)
	if err != nil {
		return err
	}
	narString(sum, "(", "type")
	if !info.IsDir() {
		data, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		narString(sum, "regular")
		if info.Mode()&0o100 != 0 {
			narString(sum, "executable", "")
		}
		narString(sum, "contents", string(data), ")")
		return nil
	}
	narString(sum, "directory")
	entries, err := os.ReadDir(at) // sorted
	if err != nil {
		return err
	}
	for _, entry := range entries {
		narString(sum, "entry", "(", "name", entry.Name(), "node")
		if err := narNode(sum, filepath.Join(at, entry.Name())); err != nil {
			return err
		}
		narString(sum, ")")
	}
	narString(sum, ")")
	return nil
}

// narString writes strings as Nix does: the length, the bytes, and zeros up to a multiple of eight.
func narString(w io.Writer, texts ...string) {
	for _, text := range texts {
		padded := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
		padded = append(padded, text...)
		padded = append(padded, make([]byte, (8-len(text)%8)%8)...)
		w.Write(padded)
	}
}
