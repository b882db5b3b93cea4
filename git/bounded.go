package git

import (
	"io"
	"strings"
)

// boundedWriter passes on until the limit; then git loses its reader and ends. It keeps the first error.
type boundedWriter struct {
	to   io.Writer
	left int
	err  error
}

func (w *boundedWriter) Write(p []byte) (int, error) {
	if w.err == nil && len(p) > w.left {
		w.err = ErrTooMuchOutput
	}
	if w.err != nil {
		return 0, w.err
	}
	w.left -= len(p)
	var n int
	n, w.err = w.to.Write(p)
	return n, w.err
}

// headBuffer keeps the beginning and takes the rest without a word: a message is not worth a failure.
type headBuffer struct {
	strings.Builder
	left int
}

func (b *headBuffer) Write(p []byte) (int, error) {
	kept := p[:min(len(p), b.left)]
	b.left -= len(kept)
	b.Builder.Write(kept)
	return len(p), nil
}
