package terminal

import "testing"

func TestKeysAreFound(t *testing.T) {
	for _, c := range []struct{ keys, typed, pass, after string }{
		{"ctrl-] d", "ab\x1ddxyz", "ab", "found"},
		{"ctrl-] d", "ab\x1dxd", "ab\x1dxd", ""},
		{"ctrl-] d", "\x1d\x1dd", "\x1d\x1dd", ""},
		{"ctrl-] d", "a\x1d", "a", ""},
		{"ctrl-] d", "\x1b[93;5ud", "", "found"},
		{"ctrl-] d", "\x1b[93;5:1u\x1b[93;5:3u\x1b[100;1:1u", "", "found"},
		{"ctrl-] d", "\x1b[93;69u\x1b[100u", "", "found"},
		{"ctrl-] d", "\x1b[27;5;93~d", "", "found"},
		{"ctrl-] d", "\x1b[93;7ud", "\x1b[93;7ud", ""},
		{"ctrl-a ctrl-d", "\x01\x04", "", "found"},
		{"ctrl-p ctrl-q", "\x10\x10\x11", "\x10\x10\x11", ""},
		{"", "\x1dd", "\x1dd", ""},
		{"ctrl-] d", "\x1b[A\x1b\x1b[200~\x1ddx\x1b[201~", "\x1b[A\x1b\x1b[200~", "found"},
	} {
		k, err := ParseKeys(c.keys)
		if err != nil {
			t.Fatal(err)
		}
		pass, _, found := k.Find([]byte(c.typed))
		if string(pass) != c.pass || found != (c.after == "found") {
			t.Errorf("%q in %q: got %q, %v", c.keys, c.typed, pass, found)
		}
	}
	k, _ := ParseKeys("ctrl-] d")
	if pass, rest, found := k.Find([]byte("a\x1ddbc")); string(pass) != "a" || string(rest) != "bc" || !found {
		t.Errorf("got %q, %q, %v", pass, rest, found)
	}
	first, _, _ := k.Find([]byte("\x1d"))
	second, _, _ := k.Find([]byte("e"))
	if string(first)+string(second) != "\x1de" {
		t.Errorf("held keys are lost: %q, %q", first, second)
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	for _, text := range []string{"d", "ctrl-", "ctrl-ä", "ctrl-1 x", "F1", "d ctrl-]"} {
		if k, err := ParseKeys(text); err == nil {
			t.Errorf("%q: got %+v", text, k)
		}
	}
}

func FuzzKeysLoseNothing(f *testing.F) {
	f.Add([]byte("a\x1d\x1b[93;5u\x1b[100;1:3ux"))
	f.Fuzz(func(t *testing.T, typed []byte) {
		k, err := ParseKeys("ctrl-] d")
		if err != nil {
			t.Fatal(err)
		}
		pass, _, found := k.Find(typed)
		if whole := string(pass) + string(k.held); !found && whole != string(typed) {
			t.Errorf("got %q of %q", whole, typed)
		}
	})
}
