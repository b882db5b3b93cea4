package session

import (
	"errors"
	"os"
	"testing"
)

func TestTail(t *testing.T) {
	f := Folder(t.TempDir())
	if _, err := f.Tail(4); !errors.Is(err, ErrNone) {
		t.Errorf("without a run: %v", err)
	}
	for written, want := range map[string]string{"": "", "abc": "abc", "abcdefg": "defg"} {
		if err := os.WriteFile(f.output(), []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Tail(4); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v, want %q", written, got, err, want)
		}
	}
}
