package workspace

import "testing"

func TestSummary(t *testing.T) {
	side := map[string]string{"own/heads/extra": "1"}
	for want, a := range map[string]Archive{
		"1 uncommitted file, 2 unmerged commits":                                {Files: []string{"a"}, Commits: 2},
		"2 unmerged commits, refs of its own: heads/extra":                      {Commits: 2, Refs: side},
		"2 uncommitted files":                                                   {Files: []string{"a", "b"}},
		"no uncommitted file, no unmerged commit, refs of its own: heads/extra": {Refs: side},
	} {
		if got := a.Summary(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
