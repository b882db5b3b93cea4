package git

import "testing"

func TestCommandErrorIsOneLine(t *testing.T) {
	err := &CommandError{Command: "git merge", Err: Exit(1), Stderr: "error: would be overwritten by merge:\n\ta.txt\n\tb.txt\nPlease commit.\n\nAborting"}
	const want = "error: would be overwritten by merge: a.txt; b.txt; Please commit. Aborting"
	if got := err.Error(); got != "git merge failed: "+Exit(1).Error()+": "+want {
		t.Errorf("got %s", got)
	}
}
