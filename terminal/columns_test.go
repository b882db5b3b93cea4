package terminal

import "testing"

func TestFit(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"abc", 5, "abc  "},
		{"abcdef", 4, "abc…"},
		{"字字字", 6, "字字字"},
		{"字字字", 5, "字字…"},
		{"字字字", 4, "字… "}, // half of a character is not shown
		{"字", 1, "…"},
		{"e\u0301x", 2, "e\u0301x"},
		{"abc", 0, ""},
		{"abc", -1, ""},
	} {
		if got := Fit(test.text, test.columns); got != test.want {
			t.Errorf("%q in %d: got %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}
