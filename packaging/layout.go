package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// system is a way to install, with places of its own for some files.
type system string

const (
	archive system = "archive" // to be unpacked anywhere
	deb     system = "deb"
	rpm     system = "rpm"
	arch    system = "arch"
)

// item is one file of an installation.
type item struct {
	from string // in the repository; "" is the binary
	to   string // below / for systems, in the folder of an archive else
	kind kind
}

type kind string

const (
	plain   kind = ""
	program kind = "program"
	manual  kind = "manual"  // systems have it compressed
	profile kind = "profile" // of AppArmor, for the path of an installed jail; what the administrator changes in it stays
)

// layout is the one list of what is installed, and where.
func layout(s system) []item {
	if s == archive {
		return []item{
			{"", "jail", program},
			{"LICENSE", "LICENSE", plain},
			{"README.md", "README.md", plain},
			{"docs/jail.1", "man/man1/jail.1", plain},
			{"completion/bash.sh", "completions/jail.bash", plain},
			{"completion/zsh.sh", "completions/_jail", plain},
			{"completion/fish.fish", "completions/jail.fish", plain},
			{"jail/apparmor.profile", "apparmor/jail", profile},
		}
	}
	license := map[system]string{deb: "/usr/share/doc/jail/copyright", rpm: "/usr/share/licenses/jail/LICENSE", arch: "/usr/share/licenses/jail/LICENSE"}
	zsh := map[system]string{deb: "/usr/share/zsh/vendor-completions/_jail", rpm: "/usr/share/zsh/site-functions/_jail", arch: "/usr/share/zsh/site-functions/_jail"}
	man := item{"docs/jail.1", "/usr/share/man/man1/jail.1.gz", manual}
	if s == arch { // where makepkg compresses it
		man = item{"docs/jail.1", "/usr/share/man/man1/jail.1", plain}
	}
	items := []item{
		{"", "/usr/bin/jail", program},
		{"LICENSE", license[s], plain},
		{"README.md", "/usr/share/doc/jail/README.md", plain},
		man,
		{"completion/bash.sh", "/usr/share/bash-completion/completions/jail", plain},
		{"completion/zsh.sh", zsh[s], plain},
		{"completion/fish.fish", "/usr/share/fish/vendor_completions.d/jail.fish", plain},
	}
	if s == arch { // which restricts no user namespaces
		return items
	}
	return append(items, item{"jail/apparmor.profile", "/etc/apparmor.d/jail", profile})
}

// documents are the pages of docs, for archives and systems.
func (r release) documents(folder string) ([]item, error) {
	pages, err := filepath.Glob(filepath.Join(r.source, "docs", "*.md"))
	var items []item
	for _, page := range pages { // sorted
		name := path.Join("docs", filepath.Base(page))
		items = append(items, item{name, path.Join(folder, name), plain})
	}
	if err == nil && len(items) == 0 {
		err = fmt.Errorf("there are no pages in %q", filepath.Join(r.source, "docs"))
	}
	return items, err
}

// content is what an item has in it.
func (r release) content(i item, binary string) ([]byte, error) {
	if i.kind == program {
		return os.ReadFile(binary)
	}
	data, err := os.ReadFile(filepath.Join(r.source, i.from))
	if err != nil {
		return nil, err
	}
	switch i.kind {
	case manual:
		return compressed(data)
	case profile:
		return []byte(strings.ReplaceAll(string(data), "@JAIL@", "/usr/bin/jail")), nil
	}
	return data, nil
}

// mode is that of the installed file.
func (i item) mode() os.FileMode {
	if i.kind == program {
		return 0o755
	}
	return 0o644
}

// compressed has no name and no time in it, as gzip -n.
func compressed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
