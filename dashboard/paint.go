package dashboard

import (
	"fmt"
	"slices"
)

// Paint appends what makes a terminal that shows some lines show others: only those that differ are written. Each cell is erased and
// written at its own column, so that a terminal which takes a character for wider or narrower than we do spoils no more than that
// cell. Style gives a text its colours. Before is nil where nothing is known of what is shown.
//
// Preconditions: the terminal does not wrap (DECAWM).
func Paint(dst []byte, before, after []Line, style func(Style, string) string) []byte {
	for i, line := range after {
		if i < len(before) && slices.Equal(before[i], line) {
			continue
		}
		at := 1
		for _, c := range line {
			dst = fmt.Appendf(dst, "\x1b[%d;%dH\x1b[%dX%s", i+1, at, c.Width, style(c.Style, c.Text))
			at += c.Width
		}
	}
	return dst
}
