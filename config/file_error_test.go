package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFileErrors holds the whole text after the path of each error that the content of a file can give.
func TestFileErrors(t *testing.T) {
	topKeys, commandKeys := strings.Join(keysOf(topFields()), ", "), strings.Join(keysOf(commandFields()), ", ")
	for _, tt := range []struct{ name, content, want string }{
		{"unknown key", "\nnetwrok = 'none'", `:2: unknown key "netwrok"; did you mean "network"?`},
		{"unknown key, no guess", "egress = 1", `:1: unknown key "egress"; valid are ` + topKeys},
		{"unknown table", "# c\n[nets]\n", `:2: unknown key "nets"; valid are ` + topKeys},
		{"unknown key in a command", "[commands.claude]\nshel = '/bin/sh'", `:2: unknown key "shel" in [commands.claude]; did you mean "shell"?`},
		{"command in a command", "[commands.claude]\ncommand = 'x'", `:2: unknown key "command" in [commands.claude]; valid are ` + commandKeys},
		{"commands in a command", "[commands.claude.commands.x]", `:1: unknown key "commands" in [commands.claude]; valid are ` + commandKeys},
		{"unknown key inline", "commands = {\n x = {\n  mpa = [] } }", `:3: unknown key "mpa" in [commands.x]; did you mean "map"?`},
		{"unknown dotted key", "commands.x.evn = []", `:1: unknown key "evn" in [commands.x]; did you mean "env"?`},
		{"hostile key", `"\u001b[2J" = 1`, `:1: unknown key "\x1b[2J"; valid are ` + topKeys},
		{"wrong type", "network = true", `:1: key "network": want a string, or a table, not a boolean`},
		{"wrong type, number", "\n\nhostname = 5", `:3: key "hostname": want a string, not a number`},
		{"wrong type, date", "shell = 1979-05-27", `:1: key "shell": want a string, not a date or time`},
		{"wrong type, array", "network = ['none']", `:1: key "network": want a string, or a table, not an array`},
		{"wrong type, string", "map = '/a'", `:1: key "map": want an array of strings, not a string`},
		{"wrong type, command", "command = 1", `:1: key "command": want an array of strings, or one string, not a number`},
		{"wrong element", "map = [\n '/a',\n 5]", `:1: key "map": want an array of strings, but element 2 is a number`},
		{"table for a string", "[hostname]", `:1: key "hostname": want a string, not a table`},
		{"inline table for a string", "hostname = {}", `:1: key "hostname": want a string, not a table`},
		{"dotted key for a string", "hostname.mode = 'none'", `:1: key "hostname": want a string, not a table`},
		{"key of the network", "[network]\nmod = 'none'", `:2: unknown key "mod" in [network]; did you mean "mode"?`},
		{"table in the network", "[network.allow]", `:1: key "network_allow": want an array of strings, not a table`},
		{"key of the network of a command", "[commands.x.network]\nx = 'none'", `:2: unknown key "x" in [commands.x.network]; valid are mode, allow, deny, host_ports, publish, relax`},
		{"network twice", "network = 'none'\nnetwork.mode = 'none'", `:2:1: not valid TOML: key network is already defined`},
		{"text without quotes", "\nnetwork = none # x", `:2:11: not valid TOML: a text stands in quotes; write "none"`},
		{"text without quotes, of no keyword's letter", "network = host", `:1:11: not valid TOML: a text stands in quotes; write "host"`},
		{"no word", "hostname = 5x", `:1:13: not valid TOML: strings must be quoted`},
		{"word with a space", "network_allow = ['a', 'b c']", `:1: key "network_allow": "b c" is empty or has spaces`},
		{"string for a table", "commands = 'x'", `:1: key "commands": want a table, not a string`},
		{"string for a command table", "[commands]\nclaude = 'x'", `:2: key "commands.claude": want a table, not a string`},
		{"array of tables", "[[commands.x]]", `:1: key "commands.x": [[ ]] is not used in this file; write [ ]`},
		{"path for a name", "[commands.'/bin/x']", `:1: key "commands": table "/bin/x": write the last element of the program's path only`},
		{"bad network", "network = 'nine'", `:1: key "network": network mode "nine" is unknown; did you mean "none"?`},
		{"bad host name", "hostname = 'a b'", `:1: key "hostname": host name "a b": use letters, digits and hyphens, with no hyphen and no dot at either end`},
		{"bad shell", "shell = 'bash'", `:1: key "shell": shell "bash" is not an absolute path; write one such as /bin/bash`},
		{"shell of a user", "shell = '~bob/sh'", `:1: key "shell": shell "~bob/sh": ~ before a user name is not supported; write the whole path, or ./~name for a file of that name`},
		{"bad map", "map = [\n '/a',\n '/',\n]", `:3: key "map": cannot map "/": the source is /, the whole file system; name the directories that are needed`},
		{"bad rw_map", "rw_map = [ '/a:' ]", `:1: key "rw_map": cannot map "/a:": the target is empty; write SRC, or SRC:DST`},
		{"bad env", "env = ['A',\n'B C=secret']", `:2: key "env": environment variable "B C": a name is made of letters, digits and _, and starts with no digit`},
		{"bad memory", "memory = '4x'", `:1: key "memory": "4x" is no amount of memory; write one such as 512m or 4g`},
		{"little memory", "memory = '4m'", `:1: key "memory": "4m" is less than the 16m that a jail itself needs; write one such as 512m or 4g`},
		{"memory as a number", "memory = 4", `:1: key "memory": want a string, not a number`},
		{"bad cpus", "\ncpus = -1", `:2: key "cpus": "-1" is no number of processors; write one such as 2 or 0.5, at least 0.01`},
		{"cpus as a string", "cpus = '2'", `:1: key "cpus": want a number, not a string`},
		{"few processes", "pids_limit = 5", `:1: key "pids_limit": "5" is no number of processes; write one such as 500, at least 32, as threads count too`},
		{"bad timeout", "[commands.x]\ntimeout = '30'", `:2: key "timeout": "30" is no length of time; write one such as 90s, 30m or 2h`},
		{"integration as a string", "docker = 'yes'", `:1: key "docker": want true or false, not a string`},
		{"integration as a number", "ssh = 1", `:1: key "ssh": want true, false or a string, not a number`},
		{"unknown form of an integration", "\nssh = 'key'", `:2: key "ssh": "key" is unknown; valid are true, false, keys`},
		{"empty folder of an agent", "agent_dir = ''", `:1: key "agent_dir": the folder is empty; write a path such as ~/.claude-work`},
		{"bad agent_state", "agent_state = 'copyy'", `:1: key "agent_state": mode "copyy" is unknown; did you mean "copy"?`},
		{"bad home", "home = 'jial'", `:1: key "home": mode "jial" is unknown; did you mean "jail"?`},
		{"bad inherit_env", "inherit_env = 'some'", `:1: key "inherit_env": "some" is unknown; did you mean "none"?`},
		{"bad landlock", "landlock = 'off'", `:1: key "landlock": "off" is unknown; valid are required, optional`},
		{"bad macos_allow", "macos_allow = ['keychian']", `:1: key "macos_allow": service of macOS "keychian" is unknown; did you mean "keychain"?`},
		{"bad allow", "allow = [\n'userns',\n'usernss']", `:3: key "allow": relaxation "usernss" is unknown; did you mean "userns"?`},
		{"lockdown as a string", "lockdown = 'yes'", `:1: key "lockdown": want true or false, not a string`},
		{"caches as a number", "caches = 0", `:1: key "caches": want true or false, not a number`},
		{"empty command", "command = []", `:1: key "command": the command is empty; write ["program", "argument"], or leave the key out`},
		{"empty program", "command = ''", `:1: key "command": the command is empty; write ["program", "argument"], or leave the key out`},
		{"NUL in command", `command = ["a", "\u0000"]`, `:1: key "command": a word of the command contains a NUL byte; remove it`},
		{"syntax", "\nnetwork = [none]", `:2:12: not valid TOML: expected keyword "nan"`},
		{"syntax at the end", "network = 'none", `:1:15: not valid TOML: unterminated literal string`},
		{"twice", "network = 'none'\nnetwork = 'host'", `:2:1: not valid TOML: key network is already defined`},
		{"table twice", "[commands.x]\n[commands.x]", `:2:2: not valid TOML: table x already exists`},
		{"no UTF-8", "# a\n# \xff", `:2: the file is not UTF-8; save it in that encoding`},
		{"too many", "env = [" + strings.Repeat("'A',", 2000) + "]", `:1: more than 1000 keys, tables and array elements; shorten the file`},
	} {
		for _, kind := range []string{"user", "project"} {
			t.Run(tt.name+" in "+kind, func(t *testing.T) {
				w := newWorld(t)
				path := w.write(kind, tt.content)
				_, err := Load(w.request())
				var fe *FileError
				if !errors.As(err, &fe) || fe.Path != path {
					t.Fatalf("Load: %v; want a *FileError for %s", err, path)
				}
				if got := strings.TrimPrefix(err.Error(), path); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			})
		}
	}
}

func TestUnknownKeyError(t *testing.T) {
	w := newWorld(t)
	w.write("user", "[commands.x]\nbogus = 1")
	_, err := Load(w.request())
	var unknown *UnknownKeyError
	if !errors.As(err, &unknown) || unknown.Key != "bogus" || unknown.Table != "commands.x" {
		t.Errorf("Load: %v; want an *UnknownKeyError for bogus", err)
	}
}

// TestUnreadableFiles holds what stands in the place of a file and is none. A file without permission is in
// TestExplainOpen, as root may read every file.
func TestUnreadableFiles(t *testing.T) {
	for _, tt := range []struct {
		name, kind, want string
		make             func(path string) error
	}{
		{"directory", "user", "it is a directory; put a file in its place", func(p string) error { return os.Mkdir(p, 0o755) }},
		{"directory", "project", "it is a directory; put a file in its place", func(p string) error { return os.Mkdir(p, 0o755) }},
		{"fifo", "user", "it is not a regular file", func(p string) error { return syscall.Mkfifo(p, 0o644) }},
		{"fifo", "project", "it is not a regular file", func(p string) error { return syscall.Mkfifo(p, 0o644) }},
		{"large", "user", "larger than 1048576 bytes", func(p string) error { return os.WriteFile(p, make([]byte, maxFile+1), 0o644) }},
		{"large", "project", "larger than 1048576 bytes", func(p string) error { return os.WriteFile(p, make([]byte, maxFile+1), 0o644) }},
		{"dangling link", "user", "a symbolic link to a file that is missing", func(p string) error { return os.Symlink("gone", p) }},
		{"dangling link", "project", "a symbolic link, which is refused", func(p string) error { return os.Symlink("gone", p) }},
		{"link", "project", "a symbolic link, which is refused", func(p string) error { return os.Symlink("/dev/null", p) }},
		{"link to a device", "user", "it is not a regular file", func(p string) error { return os.Symlink("/dev/null", p) }},
		{"below a file", "user", "a part of its path is a file", func(p string) error {
			if err := os.Remove(filepath.Dir(p)); err != nil {
				return err
			}
			return os.WriteFile(filepath.Dir(p), nil, 0o644)
		}},
	} {
		t.Run(tt.name+" as "+tt.kind, func(t *testing.T) {
			w := newWorld(t)
			path := w.path(tt.kind)
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			_, err := Load(w.request())
			var fe *FileError
			if !errors.As(err, &fe) || fe.Path != path || fe.Line != 0 {
				t.Fatalf("Load: %v; want a *FileError for %s as a whole", err, path)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %s; want it to say %q", err, tt.want)
			}
		})
	}
}

func TestExplainOpen(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}
	err := explainOpen(denied)
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "chmod u+r") {
		t.Errorf("explainOpen(EACCES) = %v", err)
	}
}

func TestUserFileMayBeALink(t *testing.T) {
	w := newWorld(t)
	real := filepath.Join(w.root, "dotfiles.toml")
	if err := os.WriteFile(real, []byte("hostname = 'linked'\nmap = ['x']"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, w.path("user")); err != nil {
		t.Fatal(err)
	}
	c := w.load(t)
	if c.Hostname != "linked" || c.Maps[0].Source != filepath.Join(filepath.Dir(w.path("user")), "x") {
		t.Errorf("Load = %+v; want the linked file, relative to the link's folder", c)
	}
}

func TestManyBracketsAndKeysEndSoon(t *testing.T) {
	for _, content := range []string{
		"map = " + strings.Repeat("[", 500_000),
		strings.Repeat("[commands.x]\n", 70_000),
		strings.Repeat("a", 1<<20-10) + " = 1",
	} {
		w := newWorld(t)
		w.write("project", content)
		_, err := Load(w.request())
		if err == nil || len(err.Error()) > 1000 {
			t.Errorf("Load of %.20q… gives no short error: %.200v", content, err)
		}
	}
}
