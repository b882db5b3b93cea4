// Package attacks is the proof of docs/threat-model.md: one table of attacks on the walls of a jail. Each row makes its
// attempts in a jail, where they have to fail, and once more as a control where nothing stops them, so that an attempt
// that is broken, or that this machine refuses anyway, is found out.
package attacks

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

var table = flag.Bool("table", false, "print the attacks, what blocks them, and what the controls said")

func TestMain(m *testing.M) { harness.Main(m) }

func TestResultIsNotCachedOverChanges(t *testing.T) { harness.NoteSources(t) }

// TestAttacks runs the table. As an ordinary user each row has its control. Root's run makes the attempts of the same rows in
// a jail that root started, and the controls only of those rows whose attempts do nothing but read: outside a jail no other
// attempt may be made by root.
func TestAttacks(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	w := newWorld(t)
	results := map[string]string{}
	for _, r := range rows() {
		if !r.runs(os.Geteuid() == 0) {
			continue
		}
		t.Run(r.id, func(t *testing.T) {
			if r.needs != "" {
				jailtest.Require(t, r.needs)
			}
			got := r.inJail(t, w)
			r.compare(t, w, "in the jail", got, func(c call) string { return c.jail })
			if os.Geteuid() == 0 && r.by != root {
				return
			}
			free := r.inControl(t, w)
			r.compare(t, w, "in the control ("+string(r.control)+")", free, func(c call) string { return c.free })
			for i, c := range r.calls {
				if got[i] == free[i] || w.match(c.jail, free[i]) || w.match(c.free, got[i]) {
					t.Errorf("%s: %q in the jail and %q in the control prove nothing", c.do, got[i], free[i])
				}
			}
			results[r.id] = strings.Join(slices.Compact(free), ", ")
		})
	}
	if *table {
		print(os.Stdout, results)
	}
}

// compare checks the verdicts of all calls.
func (r row) compare(t *testing.T, w *world, where string, got []string, want func(call) string) {
	t.Helper()
	if len(got) != len(r.calls) {
		t.Fatalf("%s: %d verdicts on %d calls: %q", where, len(got), len(r.calls), got)
	}
	for i, c := range r.calls {
		if !w.match(want(c), got[i]) {
			t.Errorf("%s: %s says %q, want %q", where, c.do, got[i], want(c))
		}
	}
}

func (w *world) match(pattern, verdict string) bool {
	return regexp.MustCompile("^(?:" + w.expand(pattern) + ")$").MatchString(verdict)
}

// print shows the rows that were run.
func print(out io.Writer, results map[string]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tATTACK\tBLOCKED BY\tCONTROL\tITS RESULT")
	for _, r := range rows() {
		if result, ran := results[r.id]; ran {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.60s\n", r.id, r.attack, r.blocked, r.control, result)
		}
	}
	w.Flush()
}

const document = "../../docs/threat-model.md"

// TestDocumentNamesEveryRow holds the document and the table together: what it promises has a row, each row is promised, and
// what it says is not promised has none.
func TestDocumentNamesEveryRow(t *testing.T) {
	if harness.IsRerun() {
		return
	}
	text, err := os.ReadFile(document)
	check(t, err)
	promised, rest, found := strings.Cut(string(text), "\n## Not promised")
	if !found {
		t.Fatal("the document has no section of what is not promised")
	}
	id := regexp.MustCompile(`\b[A-Z]\d\d[a-z]?\b`)
	for _, name := range id.FindAllString(promised, -1) {
		if !slices.ContainsFunc(rows(), func(r row) bool { return r.id == name }) {
			t.Errorf("%s is promised and has no row", name)
		}
	}
	for _, r := range rows() {
		if !slices.Contains(id.FindAllString(promised, -1), r.id) {
			t.Errorf("row %s is not in the document", r.id)
		}
		if slices.Contains(id.FindAllString(rest, -1), r.id) {
			t.Errorf("row %s is said to be not promised", r.id)
		}
	}
}

// TestRowsAreWellFormed holds what makes the table worth reading.
func TestRowsAreWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows() {
		if seen[r.id] || r.attack == "" || r.blocked == "" || r.control == "" || len(r.calls) == 0 || !r.known() {
			t.Errorf("row %q is doubled or incomplete", r.id)
		}
		seen[r.id] = true
		for _, c := range r.calls {
			if c.do == "" || c.jail == "" || c.free == "" || c.jail == c.free {
				t.Errorf("row %s: call %+v", r.id, c)
			}
		}
	}
}
