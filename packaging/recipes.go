package main

import (
	"embed"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"
)

// templates of the recipes for package managers; what is between [[ and ]] is filled in.
//
//go:embed recipes
var templates embed.FS

// recipe is one file for the repository of a package manager, with its place in the release.
type recipe struct{ template, to string }

func recipeFiles() []recipe {
	return []recipe{
		{"recipes/PKGBUILD", "aur/jail/PKGBUILD"},
		{"recipes/PKGBUILD-bin", "aur/jail-bin/PKGBUILD"},
		{"recipes/jail.rb", "homebrew/jail.rb"},
	}
}

// filled is what the templates are filled in with.
type filled struct {
	Number, Version, URL, Download string
	Build                          string // the command line that builds built/jail: ./jail is a folder of the sources
	sums                           []sum
	r                              release
}

// Sum is the SHA-256 of a file of the release; one that there is not ends the making.
func (f filled) Sum(rest string) (string, error) {
	for _, s := range f.sums {
		if s.name == f.r.name(rest) {
			return s.hex, nil
		}
	}
	return "", fmt.Errorf("the release has no file %q", f.r.name(rest))
}

// recipes writes them. Where not all targets were built there is none, as each names several.
func (r release) recipes(sums []sum) error {
	if len(r.targets) != len(targets()) {
		fmt.Fprintln(os.Stderr, "no recipes for package managers: they need all targets")
		return nil
	}
	f := filled{Number: r.number(), Version: r.version, URL: r.releases, Download: r.releases + "/releases/download/" + r.version, sums: sums, r: r}
	f.Build = "go " + shellWords(r.buildArgs()) + " -o built/jail ."
	for _, file := range recipeFiles() {
		parsed, err := template.New(path.Base(file.template)).Delims("[[", "]]").ParseFS(templates, file.template)
		if err != nil {
			return err
		}
		var b strings.Builder
		if err := parsed.Execute(&b, f); err != nil {
			return err
		}
		to := filepath.Join(r.out, file.to)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, []byte(b.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// shellWords writes words so that a shell reads the same.
func shellWords(words []string) string {
	var quoted []string
	for _, word := range words {
		if strings.ContainsAny(word, " '\"$\\`*?&;|<>()") {
			word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
		quoted = append(quoted, word)
	}
	return strings.Join(quoted, " ")
}
