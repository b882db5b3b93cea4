package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	for _, test := range []struct{ version, want string }{
		{"v1.2.3", "1.2.3"},
		{"v1.2.3-4-g0123abc", "1.2.3+4.g0123abc"},
		{"v1.2.3-4-g0123abc-dirty", "1.2.3+4.g0123abc.dirty"},
		{"v1.2.3-dirty", "1.2.3+dirty"},
		{"0123abc", "0.0.0+0123abc"},
		{"0123abc-dirty", "0.0.0+0123abc.dirty"},
	} {
		if got := (release{version: test.version}).number(); got != test.want {
			t.Errorf("%s is %s, want %s", test.version, got, test.want)
		}
	}
}

func TestDescribeRefuses(t *testing.T) {
	for _, version := range []string{"v1 -X main.releases=x", "v1'", "../v1"} {
		if _, err := describe(context.Background(), "..", version); err == nil {
			t.Errorf("%q is taken for a version", version)
		}
	}
	for _, url := range []string{"https://example.com/jail -X main.version=v9", "http://example.com/jail", "https://example.com/jail/", "https://example.com/$(id)"} {
		if checkReleases(url) == nil {
			t.Errorf("%q is taken for the address of releases", url)
		}
	}
	if err := checkReleases("https://example.com/a/jail"); err != nil {
		t.Error(err)
	}
	if _, err := chosen("plan9/amd64"); err == nil {
		t.Error("plan9/amd64 is taken for a target")
	}
}

// stand is a release with all archives, as far as recipes look at it: a small program is in place of the binary.
func stand(t *testing.T) release {
	t.Helper()
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	r, err := describe(context.Background(), "..", "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if r.source, err = filepath.Abs(".."); err != nil {
		t.Fatal(err)
	}
	r.out, r.releases, r.maintainer, r.targets = t.TempDir(), "https://example.com/a/jail", "T <t@example.com>", targets()
	binary := filepath.Join(t.TempDir(), "jail")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\necho jail v1.2.3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, target := range r.targets {
		if err := r.archive(target, binary); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.packages(target{"linux", "amd64"}, binary); err != nil {
		t.Fatal(err)
	}
	if err := r.archiveSources(context.Background()); err != nil {
		t.Fatal(err)
	}
	sums, err := checksums(r.out)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.recipes(sums); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecipesNameWhatThereIs looks for each file and checksum that a recipe names in the release.
func TestRecipesNameWhatThereIs(t *testing.T) {
	r := stand(t)
	sums, err := checksums(r.out)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, s := range sums {
		known[s.hex] = s.name
	}
	for _, file := range recipeFiles() {
		text := read(t, filepath.Join(r.out, file.to))
		text = strings.ReplaceAll(text, "${pkgver}", "1.2.3")
		urls := regexp.MustCompile(`https://example\.com/a/jail/releases/download/v1\.2\.3/([^"]+)"`).FindAllStringSubmatch(text, -1)
		digests := regexp.MustCompile(`\b[0-9a-f]{64}\b`).FindAllString(text, -1)
		if len(urls) == 0 || len(urls) != len(digests) {
			t.Fatalf("%s has %d addresses and %d checksums", file.to, len(urls), len(digests))
		}
		var named, summed []string
		for i := range urls {
			named, summed = append(named, urls[i][1]), append(summed, known[digests[i]])
		}
		if !slices.Equal(named, summed) {
			t.Errorf("%s downloads %q, and has the checksums of %q", file.to, named, summed)
		}
		if strings.Contains(text, "[[") && strings.Contains(text, ".Sum") {
			t.Errorf("%s was not filled in:\n%s", file.to, text)
		}
	}
}

// TestRecipesInstallTheLayout carries out what makepkg would, and compares the files with the one list.
func TestRecipesInstallTheLayout(t *testing.T) {
	r := stand(t)
	pages, err := r.documents("/usr/share/doc/jail")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, i := range append(layout(arch), pages...) {
		want = append(want, fmt.Sprintf("%s %o", i.to, i.mode()))
	}
	slices.Sort(want)
	for recipe, source := range map[string]string{"aur/jail/PKGBUILD": r.name("source.tar.gz"), "aur/jail-bin/PKGBUILD": r.name("linux_amd64.tar.gz")} {
		work, installed := t.TempDir(), t.TempDir()
		script := `set -eu; tar -xzf "$1" -C "$2"; pkgdir=$3; . "$4"; cd "$2"; if [ "$pkgname" = jail ]; then mkdir jail_1.2.3_source/built; : >jail_1.2.3_source/built/jail; fi; package`
		cmd := exec.Command("bash", "-c", script, "bash", filepath.Join(r.out, source), work, installed, filepath.Join(r.out, recipe))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", recipe, err, out)
		}
		if got := tree(t, installed); !slices.Equal(got, want) {
			t.Errorf("%s installs\n%q, want\n%q", recipe, got, want)
		}
	}
}

// TestRecipeBuilds has the source recipe build, as it stands in the recipe, what it says it checks.
func TestRecipeBuilds(t *testing.T) {
	r := stand(t)
	work := t.TempDir()
	cmd := exec.Command("bash", "-c", `set -eu; tar -xzf "$1" -C "$2"; . "$3"; cd "$2"; build; cd "$2"; check`, "bash",
		filepath.Join(r.out, r.name("source.tar.gz")), work, filepath.Join(r.out, "aur/jail/PKGBUILD"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestArchive(t *testing.T) {
	r := stand(t)
	pages, err := r.documents("")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, i := range append(layout(archive), pages...) {
		want = append(want, path.Join("jail_1.2.3_linux_amd64", i.to))
	}
	zipped, err := gzip.NewReader(strings.NewReader(read(t, filepath.Join(r.out, "jail_1.2.3_linux_amd64.tar.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for archive := tar.NewReader(zipped); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Uname != "" || !header.ModTime.Equal(time.Unix(1700000000, 0)) {
			t.Errorf("%s tells who built it, or when: %+v", header.Name, header)
		}
		if data, _ := io.ReadAll(archive); bytes.Contains(data, []byte("@JAIL@")) {
			t.Errorf("%s has a placeholder in it", header.Name)
		}
		got = append(got, header.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the archive has %q, want %q", got, want)
	}
}

// TestContents reads the list of a real binary: this test's own.
func TestContents(t *testing.T) {
	r := stand(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.describeContents(target{"linux", "amd64"}, self); err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal([]byte(read(t, filepath.Join(r.out, "jail_1.2.3_linux_amd64.cdx.json"))), &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Metadata.Main.Version != "1.2.3" || b.Metadata.Time != "2023-11-14T22:13:20Z" {
		t.Errorf("the list says %+v", b.Metadata)
	}
	has := func(name string) bool {
		return slices.ContainsFunc(b.Parts, func(p part) bool { return p.Name == name && p.Version != "" })
	}
	if !has("std") || !has("github.com/goreleaser/nfpm/v2") || has("nosuch") {
		t.Errorf("the list has %+v", b.Parts)
	}
	if len(b.Depends) != 1 || len(b.Depends[0].On) != len(b.Parts) {
		t.Errorf("%d parts and these dependencies: %+v", len(b.Parts), b.Depends)
	}
}

// tree lists the files below a folder, with their permissions.
func tree(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(at string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		found = append(found, fmt.Sprintf("%s %o", strings.TrimPrefix(at, folder), info.Mode().Perm()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
