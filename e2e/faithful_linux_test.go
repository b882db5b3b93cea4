package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"jail/jail/jailtest"
)

// nodeScreen is a program as agents are: raw mode, the whole screen, drawn anew when the window changes.
const nodeScreen = `
process.stdin.setRawMode(true);
let typed = "";
const draw = () => process.stdout.write("\x1b[2J\x1b[H" + process.stdout.columns + "x" + process.stdout.rows + " ❯ 日本 👩‍🔬" + "\x1b[" + process.stdout.rows + ";1H\x1b[7m" + typed.padEnd(process.stdout.columns - 1, "─") + "\x1b[0m");
process.stdout.on("resize", draw);
process.stdin.on("data", d => { typed += JSON.stringify(d.toString()).slice(1, -1); draw(); });
process.stdout.write("\x1b[?1049h");
draw();
`

// Full-screen programs, shells and agents look in a jail, and in a terminal that has attached to one, as they look outside: at three
// sizes, with a resize in between, as an emulator that shares nothing with jail sees them.
func TestProgramsLookTheSame(t *testing.T) {
	all := func(lines []string) string { return strings.Join(lines, "\n") }
	for _, tt := range []struct {
		name, tool, command string
		steps               [][]string // after the first size: keys, and what is shown then
		look                func(lines []string) string
	}{
		{"vim", "vim", "vim -u NONE -N -n -i NONE file", [][]string{{"100G", "line 100"}, {":set number", "Enter", "100 line 100"}}, all},
		{"less", "less", "less file", [][]string{{"G", "line 300"}}, all},
		{"bash", "bash", "bash --norc", [][]string{{"sh -c 'echo star\"\"ted; exec sleep 1000'", "Enter", "\nstarted"}, {"C-z", "Stopped"}, {"jobs; fg", "Enter", "exec sleep 1000'\nsh -c"}, {"C-c", "^C"}, {"echo do''ne 日本", "Enter", "done 日本"}}, all},
		{"stty", "stty", "sh -c 'stty -a | grep -v speed; read x'", nil, all},
		{"fzf", "fzf", "sh -c 'seq 500 | fzf --no-color --no-unicode'", [][]string{{"42", "> 42"}}, all},
		{"tmux", "tmux", `tmux -f /dev/null -L inner new-session "tmux -L inner set status-right ''; tmux -L inner set status-left inner; PS1='❯ ' exec bash --norc"`,
			[][]string{{"❯"}, {"echo in''side", "Enter", "\ninside"}, {"C-b", "inner"}, {`"`, "───"}, {"\n$"}, {"echo be''low", "Enter", "\nbelow"}}, all},
		{"htop", "htop", "htop -d 100 -C", [][]string{{"F1", "htop"}}, func(lines []string) string { return lines[len(lines)-1] }},
		{"node", "node", "node screen.js", [][]string{{"ab", "ab─"}, {"Up", `[A─`}, {"é", "é─"}}, all},
	} {
		for _, way := range []string{"in a jail", "attached"} {
			t.Run(tt.name+" "+way, func(t *testing.T) {
				home := barHome(t)
				jailtest.Program(t, tt.tool)
				if err := os.WriteFile(filepath.Join(home, "project/screen.js"), []byte(nodeScreen), 0o600); err != nil {
					t.Fatal(err)
				}
				start := "clear; export PS1='❯ ' HISTFILE= LESSHISTFILE=-; exec " + tt.command
				quoted := "'" + strings.ReplaceAll(start, "'", `'\''`) + "'"
				compare(t, home, way, quoted, tt.steps, tt.look)
			})
		}
	}
}

// The agents' first screens too, where JAIL_AGENTS names a folder of their programs. What differs from start to start by itself is
// left out.
func TestAgentsLookTheSame(t *testing.T) {
	agents := os.Getenv(agentsEnv)
	if agents == "" {
		t.Skip("JAIL_AGENTS names no folder of agents")
	}
	// Placeholders, tips, spinners, and why nothing answers: without a network claude says so and ends.
	changing := regexp.MustCompile(`(?m)(Failed to connect.*|Ask anything.*|Tip.*|[⠀-⣿]|Try ".*|› .*|✻.*|· .*)`)
	look := func(lines []string) string {
		return changing.ReplaceAllString(strings.Join(lines, "\n"), "")
	}
	for _, agent := range []string{"claude", "codex", "opencode", "pi"} {
		t.Run(agent, func(t *testing.T) {
			home := barHome(t)
			t.Cleanup(func() { // they write a last time when their terminal is gone
				until(t, "the home can be removed", func() bool { return os.RemoveAll(home) == nil })
			})
			quoted := "'export PATH=" + agents + ":$PATH; unset TMUX TMUX_PANE TERM_PROGRAM TERM_PROGRAM_VERSION; clear; " + agent + "; read x'"
			compare(t, home, "in a jail with "+agents, quoted, nil, look)
		})
	}
}

// compare runs a command for sh outside and in a jail, and holds that both look the same at three sizes.
func compare(t *testing.T, home, way, quoted string, steps [][]string, look func([]string) string) {
	t.Helper()
	sizes := [][2]int{{24, 80}, {40, 120}, {12, 50}}
	bare := newPane(t, home, sizes[0][0], sizes[0][1], "sh -c "+quoted)
	command := "jail run -q -- sh -c " + quoted
	if agents, ok := strings.CutPrefix(way, "in a jail with "); ok {
		command = "jail run -q --map " + filepath.Dir(filepath.Dir(agents)) + " -- sh -c " + quoted
	}
	if way == "attached" {
		setUp := bare.command("none")
		shell := exec.Command("sh", "-c", "git init -q . && git add -A && git -c user.name=x -c user.email=x@y commit -qm first && jail create a && jail run -q -d a -- sh -c "+quoted)
		shell.Dir, shell.Env = setUp.Dir, setUp.Env
		if out, err := shell.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Cleanup(func() {
			end := exec.Command("sh", "-c", "jail kill a; jail destroy a --force")
			end.Dir, end.Env = setUp.Dir, setUp.Env
			_ = end.Run()
		})
		command = "jail attach a"
	}
	jailed := newPane(t, home, sizes[0][0], sizes[0][1], command)
	same := func(what string) {
		t.Helper()
		jailed.until(what+" is not as outside", func(got []string) bool {
			want := bare.lines()
			return look(want) == look(got) && strings.TrimSpace(look(got)) != ""
		})
	}
	for i, size := range sizes {
		if i > 0 {
			bare.resize(size[0], size[1])
			jailed.resize(size[0], size[1])
		}
		if i == 0 && way == "attached" {
			// Drawn anew for who attaches, it says no more what it said when it began; after a resize it does not outside either.
			jailed.until("it is not shown", func(got []string) bool { return strings.TrimSpace(look(got)) != "" })
		} else {
			same(fmt.Sprintf("%d rows and %d columns", size[0], size[1]))
		}
		if i == 0 {
			for _, step := range steps {
				for _, p := range []*pane{bare, jailed} {
					p.keys(step[:len(step)-1]...)
					p.untilText(step[len(step)-1])
				}
			}
			if way != "attached" {
				same("after the keys")
			}
		}
	}
}
