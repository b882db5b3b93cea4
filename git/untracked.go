package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxUntracked is the largest untracked file that a diff shows.
const maxUntracked = 1 << 20

// errSymlink carries the text of a link that was found in place of a file.
type errSymlink struct{ target string }

func (e errSymlink) Error() string { return "symbolic link to " + e.target }

// errNotRegular names what was found in place of a file.
type errNotRegular struct{ what string }

func (e errNotRegular) Error() string { return e.what }

// writeUntracked shows files as a diff that adds them. No git looks at them, and each is opened so that neither a
// symlink, anywhere in its path, nor a FIFO or a device leads the reader elsewhere or stops it.
func writeUntracked(ctx context.Context, top string, paths []string, out io.Writer) error {
	dir, err := os.Open(top)
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, path := range paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.WriteString(out, newFile(dir, path)); err != nil {
			return err
		}
	}
	return nil
}

// newFile is the diff of one file.
func newFile(dir *os.File, path string) string {
	if strings.HasSuffix(path, "/") {
		return header(path, "") + "nested repository, not shown\n"
	}
	f, err := openBeneath(dir, path)
	var link errSymlink
	var other errNotRegular
	switch {
	case errors.As(err, &link):
		return header(path, "120000") + added(path, []byte(link.target))
	case errors.As(err, &other):
		return header(path, "") + other.what + ", not shown\n"
	case err != nil:
		return header(path, "") + fmt.Sprintf("cannot be read: %v\n", reason(err))
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxUntracked+1))
	if err != nil {
		return header(path, "") + fmt.Sprintf("cannot be read: %v\n", reason(err))
	}
	mode := "100644"
	if info, err := f.Stat(); err == nil && info.Mode()&0o100 != 0 {
		mode = "100755"
	}
	switch {
	case len(content) > maxUntracked:
		return header(path, mode) + fmt.Sprintf("larger than %d KiB, not shown\n", maxUntracked>>10)
	case isBinary(content):
		return header(path, mode) + fmt.Sprintf("Binary files /dev/null and %s differ\n", quote("b/"+path))
	}
	return header(path, mode) + added(path, content)
}

// reason leaves out the path, which the header shows, quoted.
func reason(err error) error {
	var at *os.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func header(path, mode string) string {
	text := fmt.Sprintf("diff --git %s %s\n", quote("a/"+path), quote("b/"+path))
	if mode != "" {
		text += "new file mode " + mode + "\n"
	}
	return text
}

// added is the hunk that adds every line of content. An empty file has none.
func added(path string, content []byte) string {
	if len(content) == 0 {
		return ""
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	open := len(lines[len(lines)-1]) > 0
	if !open {
		lines = lines[:len(lines)-1]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- /dev/null\n+++ %s\n@@ -0,0 +%s @@\n", quote("b/"+path), lineRange(len(lines)))
	for _, line := range lines {
		b.WriteByte('+')
		b.Write(line)
	}
	if open {
		b.WriteString("\n\\ No newline at end of file\n")
	}
	return b.String()
}

// lineRange is "1,n", for which a diff writes "1" where n is 1.
func lineRange(n int) string {
	if n == 1 {
		return "1"
	}
	return fmt.Sprintf("1,%d", n)
}
