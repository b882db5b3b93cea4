package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// parseShell reads the path of a shell: absolute, or below ~. A relative one is refused, as it would mean another
// program in each directory.
func parseShell(text string, at Places) (string, error) {
	if !filepath.IsAbs(text) && !strings.HasPrefix(text, "~") {
		return "", fmt.Errorf("shell %q is not an absolute path; write one such as /bin/bash", shorten(text))
	}
	abs, err := at.absolute(text)
	if err != nil {
		return "", fmt.Errorf("shell %q: %w", shorten(text), err)
	}
	return abs, nil
}

// checkCommand refuses a command that can never be started.
func checkCommand(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New(`the command is empty; write ["program", "argument"], or leave the key out`)
	}
	for _, word := range words {
		if strings.ContainsRune(word, 0) {
			return errors.New("a word of the command contains a NUL byte; remove it")
		}
	}
	return nil
}
