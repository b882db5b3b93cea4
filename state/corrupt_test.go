package state

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestCorruptFileIsLeftAlone(t *testing.T) {
	jail := `{"name":"a","phase":"ready"}`
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"spaces", " \n"},
		{"not json", "hello"},
		{"truncated", `{"schema_version":1,"jails":[{"name":"a"`},
		{"more text", `{"schema_version":1,"jails":[]}{}`},
		{"zeros", strings.Repeat("\x00", 100)},
		{"no version", `{"jails":[]}`},
		{"newer", `{"schema_version":2,"jails":{},"more":1}`},
		{"unknown field", `{"schema_version":1,"jails":[],"more":1}`},
		{"two of a name", `{"schema_version":1,"jails":[` + jail + `,` + jail + `]}`},
		{"bad name", `{"schema_version":1,"jails":[{"name":"../x","phase":"ready"}]}`},
		{"bad phase", `{"schema_version":1,"jails":[{"name":"a","phase":"?"}]}`},
		{"relative path", `{"schema_version":1,"jails":[{"name":"a","phase":"ready","worktree":"x"}]}`},
		{"unclean path", `{"schema_version":1,"jails":[{"name":"a","phase":"ready","worktree":"/x/.."}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Open(t.TempDir())
			write(t, s.Path(), test.text)
			_, viewErr := s.View()
			updateErr := s.Update(add("b"))
			for _, err := range []error{viewErr, updateErr} {
				var corrupt *CorruptError
				if !errors.As(err, &corrupt) || corrupt.Path != s.Path() {
					t.Fatalf("got %v, want a CorruptError", err)
				}
			}
			if got := read(t, s.Path()); got != test.text {
				t.Errorf("the file was changed to %q", got)
			}
			var version *VersionError
			if got, want := errors.As(viewErr, &version), test.name == "newer"; got != want {
				t.Errorf("newer version: got %v, want %v", got, want)
			}
		})
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	s := Open(t.TempDir())
	if err := os.Mkdir(s.Path(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(add("b")); err == nil {
		t.Error("a directory was taken for the file")
	}
}
