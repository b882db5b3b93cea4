package config

import (
	"fmt"
	"strings"
)

// maxHostname is one less than what sethostname(2) takes, and the length of one label (RFC 1123, section 2.1), so
// that the name also fits where a single label is wanted.
const maxHostname = 63

// ParseHostname reads a host name: labels of letters, digits and inner hyphens, joined by dots (RFC 1123, section
// 2.1), of at most 63 characters together.
func ParseHostname(text string) (string, error) {
	if len(text) > maxHostname {
		return "", fmt.Errorf("host name %q has %d characters; at most %d are allowed", shorten(text), len(text), maxHostname)
	}
	for label := range strings.SplitSeq(text, ".") {
		if !validLabel(label) {
			return "", fmt.Errorf("host name %q: use letters, digits and hyphens, with no hyphen and no dot at either end", text)
		}
	}
	return text, nil
}

func validLabel(label string) bool {
	for i := range len(label) {
		c := label[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '-' && i > 0 && i < len(label)-1:
		default:
			return false
		}
	}
	return label != ""
}
