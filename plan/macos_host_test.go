package plan

import (
	"strings"

	"jail/jail"
)

// macListing is what every Mac has of what a plan looks at.
const macListing = `
link /etc -> private/etc
link /tmp -> private/tmp
link /var -> private/var
dir /usr/lib
dir /usr/local/bin
exec /usr/bin/make
exec /usr/bin/git
exec /bin/zsh
exec /bin/sh
exec /bin/bash
dir /sbin
dir /System/Library
dir /System/Cryptexes
dir /System/Volumes/Preboot/Cryptexes
dir /System/Volumes/Data/Users/u/.ssh
dir /Library/Apple
dir /Library/Developer/CommandLineTools
dir /Library/Keychains
file /Library/Keychains/System.keychain
dir /opt/homebrew/bin
file /private/etc/hosts
file /private/etc/passwd
file /private/etc/master.passwd
file /private/etc/sudoers
link /private/etc/localtime -> /var/db/timezone/zoneinfo/Europe/Berlin
file /private/var/db/timezone/zoneinfo/Europe/Berlin
link /private/etc/resolv.conf -> ../var/run/resolv.conf
file /private/var/run/resolv.conf
dir /private/etc/ssl
file /private/etc/zshrc
dir /private/var/select
dir /private/tmp
dir /private/var/folders/aa/bb/T
dir /Users/u/.ssh
file /Users/u/.ssh/id_ed25519
dir /Users/u/Library/Keychains
dir /Users/u/Library/Mail
dir /Users/u/.local/state/jail
dir /Users/u/p
`

// addMac adds that to a listing.
func addMac(l listing) {
	for line := range strings.Lines(macListing) {
		key, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if key == "" {
			continue
		}
		path, text, _ := strings.Cut(rest, " -> ")
		at := File{Type: FileType(key), Text: text}
		if key == "exec" {
			at = File{Type: Regular, Executable: true}
		}
		l.files[path] = at
		l.addParents(path)
	}
}

// describeProfile renders the profile of a plan for macOS.
func describeProfile(s jail.Spec) string {
	lines := ExplainProfile(s)
	if lines == nil {
		return ""
	}
	return "== profile\n" + strings.Join(lines, "\n") + "\n"
}
