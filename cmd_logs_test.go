package main

import "testing"

func TestLastLines(t *testing.T) {
	for _, test := range []struct {
		text  string
		count uint
		want  string
	}{
		{"a\nb\nc\n", 2, "b\nc\n"}, {"a\nb\nc", 2, "b\nc"}, {"a\nb\nc\n", 0, ""}, {"a\nb\n", 3, "a\nb\n"}, {"a\n\n\n", 2, "\n\n"}, {"", 1, ""}, {"\n", 1, "\n"}, {"a", 1, "a"},
	} {
		if got := string(lastLines([]byte(test.text), test.count)); got != test.want {
			t.Errorf("the last %d of %q: got %q, want %q", test.count, test.text, got, test.want)
		}
	}
}
