package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// portable are the scripts of testdata/user that hold on macOS as they stand; a line that does not begins with [linux]. This is
// the one list of them.
var portable = []string{
	"exit_codes", "help_and_version", "run_a_command", "standard_streams", "words_after_the_terminator",
}

// portableFiles are their paths.
func portableFiles() []string {
	var files []string
	for _, name := range portable {
		files = append(files, filepath.Join("testdata", "user", name+".txtar"))
	}
	return files
}

func TestPortableScriptsExist(t *testing.T) {
	for _, file := range portableFiles() {
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}
