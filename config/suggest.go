package config

import (
	"fmt"
	"slices"
	"strings"
)

// advice ends a message about an unknown word: the word that was probably meant, or else all valid ones.
func advice(word string, valid []string) string {
	if meant := Closest(word, valid); meant != "" {
		return `did you mean "` + meant + `"?`
	}
	return "valid are " + strings.Join(valid, ", ")
}

// parseWord reads one of some words. What they are for stands before an unknown one in its error, with a space behind it.
func parseWord[T ~string](what, text string, valid []string) (T, error) {
	if slices.Contains(valid, text) {
		return T(text), nil
	}
	return "", fmt.Errorf("%s%q is unknown; %s", what, shorten(text), advice(text, valid))
}

// Closest finds the valid word that a typing mistake turns into word; "" if none is near enough.
func Closest(word string, valid []string) string {
	best, least := "", 0
	for _, candidate := range valid {
		// A word so long is no slip of the finger, and the table below grows with it.
		if len(word) > 2*len(candidate) {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if d <= 1+len(candidate)/4 && (best == "" || d < least) {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string
// alignment), in bytes.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
