package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTrust(t *testing.T) {
	trust := Open(filepath.Join(t.TempDir(), "a", "jail")).Trust()
	if _, found, err := trust.Approved("/p/.jail.toml"); found || err != nil {
		t.Errorf("at first: %v, %v", found, err)
	}
	if _, err := os.Lstat(trust.store.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("reading made the directory: %v", err)
	}
	now := time.Date(2026, 11, 23, 4, 5, 6, 7, time.UTC)
	for _, path := range []string{"/p/.jail.toml", "/q/.jail.toml"} {
		if err := trust.Approve(path, "aa", now); err != nil {
			t.Fatal(err)
		}
	}
	if err := trust.Approve("/p/.jail.toml", "bb", now); err != nil {
		t.Fatal(err)
	}
	want := Approval{"bb", time.Date(2026, 11, 23, 4, 5, 6, 0, time.UTC)}
	if got, found, err := trust.Approved("/p/.jail.toml"); got != want || !found || err != nil {
		t.Errorf("got %v, %v, %v; want the second approval", got, found, err)
	}
	if info, err := os.Stat(trust.Path()); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	for _, want := range []bool{true, false} {
		if had, err := trust.Revoke("/p/.jail.toml"); had != want || err != nil {
			t.Errorf("Revoke: %v, %v; want %v", had, err, want)
		}
	}
	if _, found, _ := trust.Approved("/p/.jail.toml"); found {
		t.Error("an approval outlives its end")
	}
	if _, found, _ := trust.Approved("/q/.jail.toml"); !found {
		t.Error("the approval of another project is gone")
	}
}

func TestTrustThatCannotBeReadIsAnError(t *testing.T) {
	for name, plant := range map[string]func(path string) error{
		"no JSON": func(p string) error { return os.WriteFile(p, []byte("{"), 0o600) },
		"newer":   func(p string) error { return os.WriteFile(p, []byte(`{"schema_version": 2}`), 0o600) },
		"a link": func(p string) error {
			other := p + ".other"
			return errors.Join(os.WriteFile(other, []byte(`{"schema_version": 1}`), 0o600), os.Symlink(other, p))
		},
	} {
		trust := Open(t.TempDir()).Trust()
		if err := plant(trust.Path()); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(trust.Path())
		if _, found, err := trust.Approved("/p"); found || err == nil {
			t.Errorf("%s: %v, %v; want an error", name, found, err)
		}
		if err := trust.Approve("/p", "aa", time.Now()); err == nil {
			t.Errorf("%s: Approve gives no error", name)
		}
		if after, _ := os.ReadFile(trust.Path()); string(after) != string(before) {
			t.Errorf("%s: the file was changed to %s", name, strings.TrimSpace(string(after)))
		}
	}
}
