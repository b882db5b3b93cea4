package main

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"jail/config"
)

var update = flag.Bool("update", false, "write the generated parts of the docs")

// parsed is what a command line means.
type parsed struct {
	Overlay  config.Overlay
	Switches []string // flags that are on and not in the overlay
	Command  []string
}

// parse reads a command line as main does, and runs nothing.
func parse(t *testing.T, line ...string) (parsed, error) {
	t.Helper()
	var p parsed
	app := newApp()
	app.Action = func(c *cli.Context) (err error) {
		p.Command = c.Args().Slice()
		for _, name := range []string{"quiet", "save", "init", "clean", "verbose", "dry-run", "no-landlock", "no-seccomp", "no-rlimits"} {
			if c.Bool(name) {
				p.Switches = append(p.Switches, name)
			}
		}
		p.Overlay, err = overlay(c, "/home/u", "/home/u/p")
		return err
	}
	app.Command("run").Action = app.Action
	args, err := modernise(app, append([]string{"jail"}, line...))
	if err != nil {
		return p, err
	}
	return p, app.Run(flagsFirst(app, args))
}

// TestOldFlags holds, flag by flag, that a command line of ai-jail's means what the same one in our words means, that what
// it asks for is there at all, and that the last of a pair counts.
func TestOldFlags(t *testing.T) {
	for _, c := range []struct {
		theirs, ours string
	}{
		// Those of the same name, whose meaning is what the flags' own tests hold.
		{"--rw-map /a --map /b:/c --overlay-map /d --mask .env? --env A=1 --claude-dir ~/.c claude", "--rw-map /a --map /b:/c --overlay-map /d --mask .env? --env A=1 --agent-dir ~/.c -- claude"},
		{"--lockdown --inherit-env --allow-tcp-port 32000 x", "--lockdown=true --inherit-env=filtered --allow-tcp-port=32000 -- x"},
		{"--gpu --docker --display --x11 --ssh --pictures --tailscale --systemd-user --host-shm --mise x", "--gpu=true --docker=true --display=true --x11=true --ssh=true --pictures=true --tailscale=true --systemd-user=true --host-shm=true --mise=true -- x"},
		{"--dry-run --clean --verbose x", "--dry-run=true --clean=true --verbose=true -- x"},
		{"--no-landlock --no-seccomp --no-rlimits x", "--no-landlock=true --no-seccomp=true --no-rlimits=true -- x"},
		{"--init --rw-map /a claude -p", "--init=true --rw-map=/a -- claude -p"},
		// Those of oldFlags.
		{"--network sh", "--net host -- sh"},
		{"--network --ssh sh", "--net host --ssh -- sh"},
		{"--network=none sh", "--net none -- sh"},
		{"--network none sh", "--net none -- sh"},
		{"--no-network sh", "--net none -- sh"},
		{"--network --no-network sh", "--net none -- sh"},
		{"--no-network --network sh", "--net host -- sh"},
		{"--lockdown --no-lockdown x", "--lockdown=false -- x"},
		{"--no-lockdown --lockdown x", "--lockdown -- x"},
		{"--agent-state sh", "--agent-state copy -- sh"},
		{"--agent-state rw sh", "--agent-state rw -- sh"},
		{"--agent-state --no-agent-state sh", "--agent-state none -- sh"},
		{"--no-agent-state --agent-state sh", "--agent-state copy -- sh"},
		{"--inherit-env --no-inherit-env x", "--inherit-env=none -- x"},
		{"--deny-path secrets/[a --deny-path=!x x", `--deny secrets/\[a? --deny \!x? -- x`},
		{"--deny-path-except secrets/public x", "--deny !secrets/public -- x"},
		{"--mask-except target/x x", "--mask !target/x -- x"},
		{"--hide-dotdir .config --hide-dotdir=foo x", "--deny ~/.config? --deny ~/.foo? -- x"},
		{"--terminal-passthrough x", "--terminal raw -- x"},
		{"--terminal-passthrough --no-terminal-passthrough x", "--terminal filtered -- x"},
		{"-s x", "--status-bar -- x"},
		{"-s=dark x", "--status-bar=dark -- x"},
		{"--status-bar=light --no-status-bar x", "--status-bar=false -- x"},
		{"--no-status-bar --status-bar x", "--status-bar=pastel -- x"},
		{"--browser --no-browser x", "--browser=false -- x"},
		{"--no-browser --browser=soft x", "--browser=soft -- x"},
		{"--no-landlock --landlock x", "--no-landlock=false -- x"},
		{"--landlock --no-landlock x", "--no-landlock -- x"},
		{"--no-seccomp --seccomp x", "--no-seccomp=false -- x"},
		{"--no-rlimits --rlimits x", "--no-rlimits=false -- x"},
		{"--exec x", "--quiet -- x"},
		{"--save-config x", "--save -- x"},
		{"--save-config --no-save-config x", "-- x"},
		{"--private-home --worktree --no-worktree --no-hide-config x", "-- x"},
		{"--no-gpu --no-docker --no-display --no-x11 --no-ssh --no-pictures --no-tailscale --no-systemd-user --no-host-shm --no-mise x", "--gpu=false --docker=false --display=false --x11=false --ssh=false --pictures=false --tailscale=false --systemd-user=false --host-shm=false --mise=false -- x"},
		{"--docker --no-docker x", "--docker=false -- x"},
		{"--no-docker --docker x", "--docker -- x"},
		{"--ssh=keys --no-ssh --ssh x", "--ssh -- x"},
		// What follows the command is the command's, and so is what follows "--".
		{"--exec sh --network --private-home", "--quiet -- sh --network --private-home"},
		{"--exec -- --network", "--quiet -- --network"},
		{"run --no-network box -- make --exec", "run --net none box -- make --exec"},
	} {
		theirs, err := parse(t, strings.Fields(c.theirs)...)
		if err != nil {
			t.Errorf("%s: %v", c.theirs, err)
			continue
		}
		ours, err := parse(t, strings.Fields(c.ours)...)
		if err != nil {
			t.Errorf("%s: %v", c.ours, err)
		}
		if !reflect.DeepEqual(theirs, ours) {
			t.Errorf("%s\n  means %+v\n  and %s\n  means %+v", c.theirs, theirs, c.ours, ours)
		}
	}
}

// TestOldFlagsDiffer is the control of TestOldFlags: a flag that has one of ours changes what is asked for.
func TestOldFlagsDiffer(t *testing.T) {
	// On top of what the other one of the pair says, or what is there without it.
	before := map[string]string{"landlock": "--no-landlock", "seccomp": "--no-seccomp", "rlimits": "--no-rlimits", "no-save-config": "--save"}
	for _, old := range oldFlags() {
		line := []string{typed(old.name), "sh"}
		if old.value == globValue || old.value == dotdirValue {
			line = []string{"--" + old.name, "x", "sh"}
		}
		base := []string{"sh"}
		if with, is := before[old.name]; is {
			line, base = append([]string{with}, line...), append([]string{with}, base...)
		}
		got, err := parse(t, line...)
		if old.refuse != "" {
			if wrong, is := err.(*usage); !is || wrong.fix != old.refuse {
				t.Errorf("%s: %v, want the advice %q", line, err, old.refuse)
			}
			continue
		}
		plain, plainErr := parse(t, base...)
		if err != nil || plainErr != nil || reflect.DeepEqual(got, plain) != (old.ours == "") {
			t.Errorf("%s: %+v, %v; without it %+v, %v", line, got, err, plain, plainErr)
		}
		if old.ours == "" && old.effect == "" {
			t.Errorf("%s does nothing, and nobody is told why that is right", old.name)
		}
	}
}

func TestOldFlagErrors(t *testing.T) {
	for line, want := range map[string]string{
		"--network nonne sh":         `network mode "nonne" is unknown`,
		"--exec=1 sh":                `--exec takes no value, and got "1"`,
		"--deny-path":                "--deny-path has no value",
		"--deny-path= x":             "--deny-path has an empty value",
		"--hide-dotdir a/b x":        "that is no name of a folder in your home",
		"--hide-dotdir .. x":         "that is no name of a folder in your home",
		"--bootstrap --no-network x": "jail has no flag --bootstrap",
	} {
		if _, err := parse(t, strings.Fields(line)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// TestMigratingTable holds that docs/migrating.md has the table of oldFlags.
func TestMigratingTable(t *testing.T) {
	const path, begin, end = "docs/migrating.md", "<!-- old flags: go test . -update -->\n", "<!-- end -->\n"
	var table strings.Builder
	table.WriteString("| ai-jail | here | |\n|---|---|---|\n")
	for _, f := range oldFlags() {
		name, ours := "`"+typed(f.name)+"`", "`"+strings.ReplaceAll(f.ours, "%s", "…")+"`"
		if f.value == joinedValue {
			name, ours = "`"+typed(f.name)+"`, `"+typed(f.name)+"=…`", "`"+strings.ReplaceAll(f.ours, "%s", "`, `=…")+"`"
		}
		if f.value == globValue || f.value == dotdirValue {
			name = "`--" + f.name + " …`"
		}
		switch {
		case f.refuse != "":
			ours = "an error"
		case f.ours == "":
			ours = "so anyway"
		}
		table.WriteString("| " + name + " | " + ours + " | " + f.effect + f.refuse + " |\n")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	present, after, ended := strings.Cut(rest, end)
	switch {
	case !found || !ended:
		t.Fatalf("%s has no place for the table", path)
	case present == table.String():
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s has another table; want\n%s", path, table.String())
	}
}
