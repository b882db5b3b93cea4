package git

import (
	"fmt"
	"os"
	"path/filepath"
)

// writeMessage puts the text that the user's next commit begins with where git looks for it.
func writeMessage(gitDir, text string) error {
	dir, err := os.OpenRoot(gitDir)
	if err != nil {
		return fmt.Errorf("cannot write the message of the merge: %w", err)
	}
	defer dir.Close()
	const name = "MERGE_MSG"
	_ = dir.Remove(name) // a link in its place would lead elsewhere
	if err := dir.WriteFile(name, []byte(text), 0o644); err != nil {
		return fmt.Errorf("cannot write the message of the merge %q: %w", filepath.Join(gitDir, name), err)
	}
	return nil
}
