package config

import (
	"strconv"
	"unicode/utf8"
)

// printable gives back text that does no harm on a terminal as it is, and all other text quoted.
func printable(text string) string {
	for _, r := range text {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(text)
		}
	}
	return text
}

// maxShown bounds how much of a value of a file a message repeats, in bytes.
const maxShown = 200

// shorten cuts text that is too long for a message.
func shorten(text string) string {
	if len(text) <= maxShown {
		return text
	}
	end := maxShown
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
