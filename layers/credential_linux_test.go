package layers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// login makes a login on the host, an hour old, and the place where a jail has its own.
func login(t *testing.T, text string) (c Credential, lock string) {
	t.Helper()
	root := t.TempDir()
	c = Credential{Host: filepath.Join(root, "host", "login"), Dir: filepath.Join(root, "upper"), Path: "sub/login", Values: []string{"token"}}
	for _, dir := range []string{filepath.Dir(c.Host), filepath.Join(c.Dir, "sub")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(c.Host, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(c.Host, old, old); err != nil {
		t.Fatal(err)
	}
	return c, filepath.Join(root, "lock")
}

func (c Credential) jail() string { return filepath.Join(c.Dir, c.Path) }

func (c Credential) refresh(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(c.jail(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (c Credential) onHost(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(c.Host)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteBack(t *testing.T) {
	c, lock := login(t, `{"token":"old"}`)
	if written, err := c.WriteBack(lock); written || err != nil {
		t.Errorf("with nothing in the jail: %v, %v", written, err)
	}
	c.refresh(t, `{"token": "new"}`)
	if written, err := c.WriteBack(lock); !written || err != nil || c.onHost(t) != `{"token":"new"}` {
		t.Fatalf("%v, %v, %s", written, err, c.onHost(t))
	}
	if info, err := os.Lstat(c.Host); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v: want the one it had", info.Mode(), err)
	}
	if written, err := c.WriteBack(lock); written || err != nil {
		t.Errorf("the same again: %v, %v", written, err)
	}
	if list, err := os.ReadDir(filepath.Dir(c.Host)); err != nil || len(list) != 1 {
		t.Errorf("beside the login: %v, %v", list, err)
	}
}

func TestWriteBackRefuses(t *testing.T) {
	const old = `{"token":"old"}`
	for name, plant := range map[string]func(c Credential, t *testing.T){
		"no JSON":   func(c Credential, t *testing.T) { c.refresh(t, "token new") },
		"half":      func(c Credential, t *testing.T) { c.refresh(t, `{"token":"ne`) },
		"an array":  func(c Credential, t *testing.T) { c.refresh(t, `["token"]`) },
		"empty":     func(c Credential, t *testing.T) { c.refresh(t, "") },
		"too large": func(c Credential, t *testing.T) { c.refresh(t, `{"t":"`+strings.Repeat("x", maxCredential)+`"}`) },
		"a symlink": func(c Credential, t *testing.T) { check(t, os.Symlink("/etc/passwd", c.jail())) },
		"a pipe":    func(c Credential, t *testing.T) { check(t, unix.Mkfifo(c.jail(), 0o600)) },
		"a folder":  func(c Credential, t *testing.T) { check(t, os.Mkdir(c.jail(), 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			c, lock := login(t, old)
			plant(c, t)
			_, err := c.WriteBack(lock)
			var refused *RefusedError
			if !errors.As(err, &refused) || c.onHost(t) != old {
				t.Errorf("%v, %s", err, c.onHost(t))
			}
			if err := c.Settle(lock); !errors.As(err, &refused) {
				t.Errorf("settle: %v", err)
			}
			if _, err := os.Lstat(c.jail()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("it is left in the jail: %v", err)
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// What the jail has beside a login stays out of the host's file and is told, also after the login has come out, and whatever
// the age of the file.
func TestWriteBackTakesNoMoreThanALogin(t *testing.T) {
	for _, age := range []time.Duration{-time.Hour, 0, 2 * time.Hour} {
		c, lock := login(t, `{"token":"old","server":"https://user"}`)
		c.refresh(t, `{"token":"new","server":"https://user","hooks":{"start":"evil"}}`)
		check(t, os.Chtimes(c.jail(), time.Now(), time.Now().Add(-age)))
		want := `{"server":"https://user","token":"new"}`
		if age > time.Hour {
			want = `{"token":"old","server":"https://user"}`
		}
		for range 2 {
			_, err := c.WriteBack(lock)
			var left *LeftOutError
			if !errors.As(err, &left) || !strings.HasSuffix(err.Error(), `this was not taken: "hooks"`) || c.onHost(t) != want {
				t.Fatalf("%v: %v, %s", age, err, c.onHost(t))
			}
		}
		if err := c.Settle(lock); err == nil || c.onHost(t) != want {
			t.Errorf("settle: %v, %s", err, c.onHost(t))
		}
		if _, err := os.Lstat(c.jail()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it is left in the jail: %v", err)
		}
	}
}

func TestLeftOutNamesAreBounded(t *testing.T) {
	err := &LeftOutError{Credential{Host: "/h"}, []string{"a\x1b[2J", strings.Repeat("x", 1000), "c", "d", "e"}}
	want := `the jail has more than a renewed login for "/h", and this was not taken: "a\x1b[2J", "` + strings.Repeat("x", 80) + `", "c", 2 more`
	if got := err.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Neither side may lead elsewhere: not the folder that the jail can replace, and not the host's file.
func TestWriteBackFollowsNoLink(t *testing.T) {
	c, lock := login(t, `{"token":"old"}`)
	elsewhere := t.TempDir()
	check(t, os.WriteFile(filepath.Join(elsewhere, "login"), []byte(`{"token":"stolen"}`), 0o600))
	check(t, os.Remove(filepath.Join(c.Dir, "sub")))
	check(t, os.Symlink(elsewhere, filepath.Join(c.Dir, "sub")))
	if written, err := c.WriteBack(lock); written || err != nil || c.onHost(t) != `{"token":"old"}` {
		t.Errorf("over the jail's folder: %v, %v, %s", written, err, c.onHost(t))
	}

	c, lock = login(t, `{"token":"old"}`)
	c.refresh(t, `{"token":"new"}`)
	target := filepath.Join(t.TempDir(), "other")
	check(t, os.Rename(c.Host, target))
	check(t, os.Symlink(target, c.Host))
	if written, err := c.WriteBack(lock); written || err != nil {
		t.Errorf("over the host's link: %v, %v", written, err)
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != `{"token":"old"}` {
		t.Errorf("%s, %v", data, err)
	}
}

func TestTheLatestLoginWins(t *testing.T) {
	c, lock := login(t, `{"token":"old"}`)
	c.refresh(t, `{"token":"stale"}`)
	check(t, os.Chtimes(c.jail(), time.Now(), time.Now().Add(-2*time.Hour)))
	if written, err := c.WriteBack(lock); written || err != nil || c.onHost(t) != `{"token":"old"}` {
		t.Errorf("stale: %v, %v, %s", written, err, c.onHost(t))
	}
	check(t, c.Settle(lock))
	if _, err := os.Lstat(c.jail()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the stale one hides the host's: %v", err)
	}

	// Of many jails at once none writes half a file.
	texts := map[string]bool{}
	var all sync.WaitGroup
	for i := range 8 {
		other := c
		other.Dir = t.TempDir()
		check(t, os.Mkdir(filepath.Join(other.Dir, "sub"), 0o700))
		text := `{"token":"` + strings.Repeat(string(rune('a'+i)), 100_000) + `"}`
		texts[text] = true
		other.refresh(t, text)
		all.Go(func() {
			if _, err := other.WriteBack(lock); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if !texts[c.onHost(t)] {
		t.Errorf("the host has none of the logins: %.40s", c.onHost(t))
	}
}

func TestWatchWritesBackWhileAJailRuns(t *testing.T) {
	c, lock := login(t, `{"token":"old"}`)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go Watch(ctx, []Credential{c}, lock)
	c.refresh(t, `{"token":"new"}`)
	for end := time.Now().Add(10 * time.Second); c.onHost(t) != `{"token":"new"}`; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was never written back")
		}
	}
}

// A login that the jail deleted is no login to write back, and stays deleted for that jail.
func TestALogoutStaysInItsJail(t *testing.T) {
	c, lock := login(t, `{"token":"old"}`)
	check(t, unix.Mknod(c.jail(), unix.S_IFCHR, 0))
	check(t, c.Settle(lock))
	if _, err := os.Lstat(c.jail()); err != nil || c.onHost(t) != `{"token":"old"}` {
		t.Errorf("%v, %s", err, c.onHost(t))
	}
}
