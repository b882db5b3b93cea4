package git

import (
	"fmt"
	"os"
	"path/filepath"
)

// mergeMessage is where git looks for the text that the next commit begins with.
const mergeMessage = "MERGE_MSG"

// writeMessage gives the user's next commit a text to begin with.
func writeMessage(gitDir, text string) error {
	dir, err := os.OpenRoot(gitDir)
	if err != nil {
		return fmt.Errorf("cannot write the message of the merge: %w", err)
	}
	defer dir.Close()
	_ = dir.Remove(mergeMessage) // a link in its place would lead elsewhere
	if err := dir.WriteFile(mergeMessage, []byte(text), 0o644); err != nil {
		return fmt.Errorf("cannot write the message of the merge %q: %w", filepath.Join(gitDir, mergeMessage), err)
	}
	return nil
}
