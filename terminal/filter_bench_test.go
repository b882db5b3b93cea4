package terminal

import (
	"bytes"
	"testing"
)

// BenchmarkFilter measures the relay's inner loop against a bare copy, for chunks of the size of its buffer.
func BenchmarkFilter(b *testing.B) {
	for _, bench := range []struct{ name, line string }{
		{"plain", "func (f *Filter) Filter(dst, src []byte) []byte { return dst } // a line of source text\r\n"},
		{"coloured", "\x1b[38;5;39mfunc\x1b[0m \x1b[1m(f *Filter)\x1b[22m \x1b[32mFilter\x1b[39m(dst, src []byte) []byte\x1b[K\r\n"},
		{"boxes", "│ ❯ \x1b[2mエージェント\x1b[22m ─────────────────────── ▐▛█ │\x1b[0m\r\n"},
	} {
		chunk := bytes.Repeat([]byte(bench.line), 64<<10/len(bench.line))
		b.Run(bench.name, func(b *testing.B) {
			f := New(Policy{})
			dst := make([]byte, 0, 2*len(chunk))
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				dst = f.Filter(dst[:0], chunk)
			}
		})
		b.Run(bench.name+"/copy", func(b *testing.B) {
			dst := make([]byte, 0, 2*len(chunk))
			b.SetBytes(int64(len(chunk)))
			for b.Loop() {
				dst = append(dst[:0], chunk...)
			}
		})
	}
}
