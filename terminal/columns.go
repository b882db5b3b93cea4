package terminal

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Columns is how many columns of a terminal a text takes that has no control characters.
func Columns(text string) int { return displaywidth.String(text) }

// Fit makes a text without control characters take exactly so many columns: it is filled up with spaces, or cut off with an ellipsis.
func Fit(text string, columns int) string {
	if columns <= 0 {
		return ""
	}
	text = displaywidth.TruncateString(text, columns, "…")
	return text + strings.Repeat(" ", max(0, columns-displaywidth.String(text)))
}
