package git

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func sample() memory {
	return memory{
		"":  {Inode: 1, Changed: -1, Made: 1 << 62, Below: []string{"a", "b\xff\n"}, Rules: "7 8 9"},
		"a": {Inode: 1 << 63, Changed: 5, Made: 6, Found: []Risk{{"a/x", "FIFO"}, {"a/.git", "repository in the tree"}}},
	}
}

func TestMemoryComesBack(t *testing.T) {
	dir := t.TempDir()
	stamp, err := sample().keep(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, again := recall(dir)
	if !reflect.DeepEqual(got, sample()) || again != stamp || stamp == "" {
		t.Errorf("got %+v, %q, want %q", got, again, stamp)
	}
	// Each byte that was changed, and each end that was cut off, is seen.
	whole := sample().encode()
	for i := range whole {
		if m, err := parseMemory(whole[:i]); err == nil {
			t.Errorf("cut off after %d bytes: %+v", i, m)
		}
		bad := append([]byte(nil), whole...)
		if bad[i] ^= 1; func() bool { _, err := parseMemory(bad); return err == nil }() {
			t.Errorf("byte %d is wrong and nobody sees it", i)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, walkFile), whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if m, stamp := recall(dir); len(m) != 0 || stamp != "" {
		t.Errorf("got %+v, %q from a broken file", m, stamp)
	}
}

// FuzzMemory: whatever the file says, and with the right checksum, reading it ends, and needs no more than it has.
func FuzzMemory(f *testing.F) {
	f.Add(sample().encode()[len(memoryMagic):])
	f.Add([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"))
	f.Add([]byte("\x01\x00\x01\x01\x01\x00\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseMemory(summed(append([]byte(memoryMagic), body...)))
		if err != nil {
			return
		}
		again, err := parseMemory(m.encode())
		if err != nil || len(again) != len(m) {
			t.Errorf("%+v came back as %+v, %v", m, again, err)
		}
	})
}
