package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

const featuresPath = "docs/features.md"

// The cells of a row.
const (
	cellFeature = iota
	cellHere
	cellHow
	cellTest
	cells
)

// codeSpan is what stands between backticks.
var codeSpan = regexp.MustCompile("`([^`]+)`")

// TestFeatures holds that no row of the table is empty, that what is said to be here has a test, that each test which is named
// exists, and that the sum is right.
func TestFeatures(t *testing.T) {
	page := readPage(t, featuresPath)
	sums := map[string]int{}
	tests := &namedTests{functions: map[string][]string{}}
	for _, row := range featureRows(t, page) {
		feature, here, how, proof := row[cellFeature], row[cellHere], row[cellHow], row[cellTest]
		sums[here]++
		spans := codeSpan.FindAllStringSubmatch(proof, -1)
		switch here {
		case "yes", "in another way":
			if how == "" || len(spans) == 0 || strings.TrimSpace(codeSpan.ReplaceAllString(proof, "")) != "" {
				t.Errorf("%q: it wants a way and tests, and nothing but tests in the last cell: %q", feature, row)
			}
			for _, span := range spans {
				if err := tests.find(span[1]); err != nil {
					t.Errorf("%q: %v", feature, err)
				}
			}
		case "no":
			if proof == "" {
				t.Errorf("%q: it does not say why not", feature)
			}
		default:
			t.Errorf("%q: %q is neither yes, in another way nor no", feature, here)
		}
	}
	sum := fmt.Sprintf("%d rows: %d yes, %d in another way, %d no.", sums["yes"]+sums["in another way"]+sums["no"], sums["yes"], sums["in another way"], sums["no"])
	if !strings.Contains(page, "\n"+sum+"\n") {
		t.Errorf("%s does not say: %s", featuresPath, sum)
	}
}

// TestFeaturesNameWhatThereIs looks up each flag and command of the table.
func TestFeaturesNameWhatThereIs(t *testing.T) {
	app := newApp()
	flags := allFlags(app)
	programs := []string{"COMMAND", "SUBCOMMAND", "chromium", "ls"} // what is run, or stands for that
	for _, row := range featureRows(t, readPage(t, featuresPath)) {
		for _, span := range codeSpan.FindAllStringSubmatch(row[cellFeature]+" "+row[cellHow], -1) {
			words := strings.Fields(span[1])
			for _, word := range words {
				name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
				if strings.HasPrefix(word, "--") && word != "--" && !slices.Contains(flags, name) {
					t.Errorf("%q: there is no flag %s", row[cellFeature], word)
				}
			}
			if len(words) < 2 || words[0] != "jail" || strings.HasPrefix(words[1], "-") {
				continue
			}
			command := app.Command(words[1])
			if command == nil && !slices.Contains(programs, words[1]) {
				t.Errorf("%q: there is no command %q", row[cellFeature], span[1])
			}
			if command != nil && len(command.Subcommands) > 0 && len(words) > 2 && command.Name != "import" && command.Command(words[2]) == nil {
				t.Errorf("%q: there is no command %q", row[cellFeature], span[1])
			}
		}
	}
}

// allFlags are the names of all flags, of ai-jail's too.
func allFlags(app *cli.App) []string {
	var names []string
	add := func(flags []cli.Flag) {
		for _, f := range flags {
			names = append(names, f.Names()...)
		}
	}
	add(app.Flags)
	for _, command := range app.Commands {
		add(command.Flags)
		for _, sub := range command.Subcommands {
			add(sub.Flags)
		}
	}
	for _, old := range oldFlags() {
		names = append(names, old.name)
	}
	return names
}

// readPage reads a page of the docs.
func readPage(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// featureRows are the rows of all tables of the page.
func featureRows(t *testing.T, page string) [][]string {
	t.Helper()
	var rows [][]string
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "| feature |") || strings.HasPrefix(line, "|---") {
			continue
		}
		row := strings.Split(strings.Trim(line, "|"), "|")
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if len(row) != cells || row[cellFeature] == "" {
			t.Fatalf("a row has %d cells, want %d: %s", len(row), cells, line)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		t.Fatalf("%s has no rows", featuresPath)
	}
	return rows
}

// scriptFolders are the tests whose subtests are files, by the pattern of the name before the script's.
var scriptFolders = map[string]string{
	"e2e TestUser":                 "e2e/testdata/user",
	"e2e TestRoot":                 "e2e/testdata/root",
	"e2e TestCgroup":               "e2e/testdata/cgroup",
	"e2e TestLayouts":              "e2e/testdata/layouts",
	"e2e TestTools":                "e2e/testdata/tools",
	"e2e TestNetwork/netfilter":    "e2e/testdata/network",
	"e2e TestNetwork/no-netfilter": "e2e/testdata/network",
	"plan TestGolden":              "plan/testdata",
}

// attackRows is the one test whose subtests are the rows of a table, and where that is.
const attackRows, attackTable = "e2e/attacks TestAttacks", "e2e/attacks/table_linux_test.go"

// namedTests looks up tests by the names that docs give them.
type namedTests struct {
	functions map[string][]string // of the folders that were read
	attacks   []string            // ids, once they were read
}

// find says what is wrong with "FOLDER FUNCTION" or "FOLDER FUNCTION/SUBTEST".
func (n *namedTests) find(name string) error {
	folder, test, ok := strings.Cut(name, " ")
	function, sub, _ := strings.Cut(test, "/")
	if !ok || function == "" {
		return fmt.Errorf("%q is not the name of a test", name)
	}
	functions, err := n.in(folder)
	switch {
	case err != nil:
		return err
	case !slices.Contains(functions, function):
		return fmt.Errorf("%q: folder %s has no test of this name", name, folder)
	case sub == "":
		return nil
	}
	above, last := name[:strings.LastIndex(name, "/")], name[strings.LastIndex(name, "/")+1:]
	if above == attackRows {
		if n.attacks == nil {
			if n.attacks, err = attackIDs(); err != nil {
				return err
			}
		}
		if !slices.Contains(n.attacks, last) {
			return fmt.Errorf("%q: %s has no such row", name, attackTable)
		}
		return nil
	}
	scripts, ok := scriptFolders[above]
	if !ok {
		return fmt.Errorf("%q: the subtests of %s are no files and no rows", name, above)
	}
	_, err = os.Stat(filepath.Join(scripts, last+".txtar"))
	return err
}

// in lists the tests of a folder.
func (n *namedTests) in(folder string) ([]string, error) {
	if known, ok := n.functions[folder]; ok {
		return known, nil
	}
	dir := folder
	if folder == "main" {
		dir = "."
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("folder %q has no tests", folder)
	}
	var found []string
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declared := range file.Decls {
			f, is := declared.(*ast.FuncDecl)
			if is && f.Recv == nil && (strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz")) {
				found = append(found, f.Name.Name)
			}
		}
	}
	n.functions[folder] = found
	return found, nil
}

// attackIDs reads the ids of the table of attacks.
func attackIDs() ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), attackTable, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var ids []string
	ast.Inspect(file, func(node ast.Node) bool {
		pair, is := node.(*ast.KeyValueExpr)
		if !is {
			return true
		}
		key, named := pair.Key.(*ast.Ident)
		value, literal := pair.Value.(*ast.BasicLit)
		if named && key.Name == "id" && literal {
			if id, err := strconv.Unquote(value.Value); err == nil {
				ids = append(ids, id)
			}
		}
		return true
	})
	return ids, nil
}
