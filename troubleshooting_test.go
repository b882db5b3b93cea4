package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTroubleshooting holds that the program says what docs/troubleshooting.md quotes of it.
func TestTroubleshooting(t *testing.T) {
	said := literals(t)
	quoted := 0
	says := false // the table quotes jail, and not other programs
	for line := range strings.Lines(readPage(t, "docs/troubleshooting.md")) {
		cells := strings.Split(line, " | ")
		if line[0] != '|' || strings.HasPrefix(line, "|---") {
			continue
		}
		if strings.HasSuffix(cells[0], " says") {
			says = cells[0] == "| jail says"
			continue
		}
		if !says {
			continue
		}
		for _, span := range codeSpan.FindAllStringSubmatch(cells[0], -1) {
			quoted++
			for part := range strings.SplitSeq(span[1], "…") {
				if part = strings.TrimSpace(part); part != "" && !strings.Contains(said, part) {
					t.Errorf("jail says nowhere %q (of %q)", part, span[1])
				}
			}
		}
	}
	if quoted < 30 {
		t.Errorf("%d messages are quoted, which proves nothing", quoted)
	}
}

// verb is what fmt puts something in the place of.
var verb = regexp.MustCompile(`%[-+.0-9\[\]]*[a-zA-Z]`)

// literals are the texts in the program's source, a line each, with … in the place of what is put in.
func literals(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "e2e" || path == "bench" || path == "packaging"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if literal, is := node.(*ast.BasicLit); is && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					all.WriteString(verb.ReplaceAllString(text, "…") + "\n")
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
