package git

import (
	"fmt"
	"strings"
)

// quote writes a name as git does in a diff with core.quotePath=false: as it is, or in double quotes with C escapes if
// it holds a control character, a quote or a backslash. git-apply(1) reads it back.
func quote(name string) string {
	if quoted := quoteText(name); len(quoted) != len(name)+len(`""`) {
		return quoted
	}
	return name
}

func cEscape(c byte) (string, bool) {
	if i := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c); i >= 0 {
		return `\` + `abtnvfr"\`[i:i+1], true
	}
	if c < ' ' || c == 0x7f {
		return fmt.Sprintf(`\%03o`, c), true
	}
	return "", false
}

// quoteText writes a text in double quotes with C escapes, which git reads back.
func quoteText(text string) string {
	var b strings.Builder
	for i := range len(text) {
		if escape, ok := cEscape(text[i]); ok {
			b.WriteString(escape)
		} else {
			b.WriteByte(text[i])
		}
	}
	return `"` + b.String() + `"`
}

// quoteGlob makes a path stand for itself in filepath.Glob.
func quoteGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
