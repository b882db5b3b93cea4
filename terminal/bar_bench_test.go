package terminal

import (
	"bytes"
	"testing"
)

// BenchmarkBar measures the relay's inner loop with a bar against the same without.
func BenchmarkBar(b *testing.B) {
	for _, bench := range []struct{ name, line string }{
		{"plain", "func (f *Filter) Filter(dst, src []byte) []byte { return dst } // a line of source text\r\n"},
		{"full screen", "\x1b[12;1H\x1b[38;5;39mfunc\x1b[0m \x1b[1m(f *Filter)\x1b[22m\x1b[K\x1b[13;40H│\x1b[14;1H\x1b[J"},
	} {
		chunk := bytes.Repeat([]byte(bench.line), 64<<10/len(bench.line))
		for _, with := range []struct {
			name string
			bar  Bar
		}{{"with", testBar}, {"without", Bar{}}} {
			b.Run(bench.name+"/"+with.name, func(b *testing.B) {
				f := New(Policy{})
				f.SetBar(with.bar)
				f.Fit(24, 80)
				dst := make([]byte, 0, 2*len(chunk))
				b.SetBytes(int64(len(chunk)))
				for b.Loop() {
					dst = f.Filter(dst[:0], chunk)
				}
			})
		}
	}
}
