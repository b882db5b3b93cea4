package attacks

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What cannot be tried from inside alone. Each function makes its attempt, in the control too, and returns a verdict.

// raceSetup exchanges a folder of the project and a link that leads out of it, without pause, while the folder is looked at
// and given. Leaking means that what the link leads to was seen.
func raceSetup(t *testing.T, w *world, weak bool) string {
	sub, link := filepath.Join(w.project, "sub"), filepath.Join(w.project, "link")
	w.write(t, "outside/leak", "secret")
	w.write(t, "project/.jail.toml", `map = ["sub?"]`)
	check(t, os.Symlink(filepath.Join(w.home, "outside"), link))
	var stop atomic.Bool
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for !stop.Load() {
			_ = unix.Renameat2(unix.AT_FDCWD, sub, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
		}
	})
	defer func() {
		stop.Store(true)
		swapping.Wait()
		if entry, err := os.Lstat(sub); err == nil && entry.Mode()&os.ModeSymlink != 0 {
			check(t, os.Rename(link, filepath.Join(w.project, "real")))
			check(t, os.Remove(sub))
			check(t, os.Rename(filepath.Join(w.project, "real"), sub))
		} else {
			check(t, os.Remove(link))
		}
		check(t, os.Remove(filepath.Join(w.project, ".jail.toml")))
	}()
	if weak {
		for range 100_000 {
			if entry, err := os.Lstat(sub); err != nil || !entry.IsDir() {
				continue
			}
			if _, err := os.ReadFile(filepath.Join(sub, "leak")); err == nil {
				return "leaked"
			}
		}
		return "no leak"
	}
	started := 0
	flags := []string{"run"}
	for i := range 80 {
		if i == 40 { // now the user's own map leads there too
			flags = append(flags, "--map", sub+":/seen")
		}
		out, code := w.jail(t, append(flags, "--", "sh", "-c", `echo started; cat sub/leak /seen/leak; grep -c '/outside ' /proc/self/mountinfo`)...)
		if strings.Contains(out, "secret") || regexp.MustCompile(`(?m)^[1-9]\d*$`).MatchString(out) {
			return "leaked: " + out
		}
		if strings.Contains(out, "started") {
			started++
		} else if code != 125 && code != 2 {
			return fmt.Sprintf("exit %d: %s", code, out)
		}
	}
	if started == 0 {
		return "no jail was started"
	}
	return "no leak"
}

// covered starts a jail in a mount namespace where one file stands over another, and returns all that was said.
func covered(t *testing.T, w *world, source, target string) string {
	cmd := w.command(t.Context(), "probe", "cover", source, target, filepath.Join(w.names["BIN"], "jail"), "run", "--", "true")
	cmd.SysProcAttr = bareNamespaces()
	// A procfs that fits the namespaces would have to be mounted first, and the cover is about the host's.
	cmd.SysProcAttr.Cloneflags &^= unix.CLONE_NEWPID
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

func fakeNull(t *testing.T, w *world, weak bool) string {
	if weak {
		return covered(t, w, "/dev/null", "/dev/null")
	}
	return covered(t, w, filepath.Join(w.home, "shared"), "/dev/null")
}

func fakeProc(t *testing.T, w *world, weak bool) string {
	if weak {
		return covered(t, w, "/dev/null", "/dev/null")
	}
	return covered(t, w, filepath.Join(w.home, "shared"), "/proc/sys/user/max_user_namespaces")
}

// replacedConfig has the host's git replace its config, by rename as git does, while a named jail runs.
func replacedConfig(t *testing.T, w *world, weak bool) string {
	config := filepath.Join(w.project, ".git", "config")
	args := []string{"-c", "echo ready; read x; exec " + filepath.Join(w.names["BIN"], "probe") + " try 'write " + config + "'"}
	cmd := exec.CommandContext(t.Context(), "sh", args...)
	cmd.Dir, cmd.Env = w.project, w.env()
	if !weak {
		if out, code := w.jail(t, "create", "replaced"); code != 0 {
			t.Fatal(out)
		}
		defer w.jail(t, "destroy", "--force", "replaced")
		cmd = w.command(t.Context(), "jail", append([]string{"run", "--map", w.names["BIN"], "replaced", "--", "sh"}, args...)...)
	}
	in, err := cmd.StdinPipe()
	check(t, err)
	pipe, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	defer in.Close()
	out := bufio.NewReader(pipe)
	if _, err := out.ReadString('\n'); err != nil {
		return err.Error()
	}
	git(t, w, "config", "test.value", fmt.Sprint(weak))
	_, _ = io.WriteString(in, "go\n")
	verdict, _ := out.ReadString('\n')
	return strings.TrimSpace(verdict)
}

// ruleOnLink has the project's file protect a folder that has become a link.
func ruleOnLink(t *testing.T, w *world, weak bool) string {
	rule := filepath.Join(w.project, ".jail.toml")
	link := filepath.Join(w.project, "rule")
	w.write(t, "project/.jail.toml", `map = ["rule"]`)
	defer os.Remove(rule)
	defer os.Remove(link)
	if weak {
		check(t, os.Mkdir(link, 0o755))
	} else {
		check(t, os.Symlink("sub", link))
	}
	_, code := w.jail(t, "run", "--", "true")
	return fmt.Sprintf("exit %d", code)
}

// ghostFiles kills the supervisor, and looks whether anything was left in the project.
func ghostFiles(t *testing.T, w *world, weak bool) string {
	before := git(t, w, "status", "--porcelain", "--ignored")
	script := "echo ready; sleep 60"
	if weak {
		script = "touch ghost; echo ready; sleep 60"
	}
	defer os.Remove(filepath.Join(w.project, "ghost"))
	cmd := w.command(t.Context(), "jail", "run", "--", "sh", "-c", script)
	startAndKill(t, cmd, func() bool { return true })
	if git(t, w, "status", "--porcelain", "--ignored") == before {
		return "clean"
	}
	return "changed"
}

// startAndKill waits for the first line and for what is to be there by then, and ends the process the hard way.
func startAndKill(t *testing.T, cmd *exec.Cmd, there func() bool) {
	t.Helper()
	pipe, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	_, err = bufio.NewReader(pipe).ReadString('\n')
	check(t, err)
	for end := time.Now().Add(10 * time.Second); !there(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("what is to be killed with it was never there")
			break
		}
	}
	check(t, cmd.Process.Kill())
	_ = cmd.Wait()
}

// leaveBehind starts a process in a session of its own and ends.
func leaveBehind(t *testing.T, w *world, weak bool) string {
	word := fmt.Sprintf("left-%d-%v", os.Getpid(), weak)
	cmd := w.command(t.Context(), "probe", "linger", word)
	if !weak {
		cmd = w.command(t.Context(), "jail", "run", "--map", w.names["BIN"], "--", filepath.Join(w.names["BIN"], "probe"), "linger", word)
	}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "OK") {
		t.Fatalf("%v: %s", err, out)
	}
	return lives(t, word)
}

// killSupervisor kills what started a process, and looks for the process and for mounts.
func killSupervisor(t *testing.T, w *world, weak bool) string {
	word := fmt.Sprintf("killed-%d-%v", os.Getpid(), weak)
	before, err := os.ReadFile("/proc/self/mounts")
	check(t, err)
	script := filepath.Join(w.names["BIN"], "probe") + " linger stay " + word + " tail & echo ready; wait"
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir, cmd.Env = w.project, w.env()
	if !weak {
		cmd = w.command(t.Context(), "jail", "run", "--map", w.names["BIN"], "--", "sh", "-c", script)
	}
	startAndKill(t, cmd, func() bool { return len(lingering(t, word)) > 0 })
	after, err := os.ReadFile("/proc/self/mounts")
	check(t, err)
	if string(before) != string(after) {
		return "mounts are left"
	}
	return lives(t, word)
}

// lives looks for a process for two seconds, ends it, and says whether it was still there.
func lives(t *testing.T, word string) string {
	t.Helper()
	pids := lingering(t, word)
	for end := time.Now().Add(2 * time.Second); len(pids) > 0 && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
		pids = lingering(t, word)
	}
	if len(pids) == 0 {
		return "gone"
	}
	for _, pid := range pids {
		check(t, unix.Kill(pid, unix.SIGKILL))
	}
	return "alive"
}

// loosen writes a project file inside that asks for the network, which the user's file denies.
func loosen(t *testing.T, w *world, weak bool) string {
	const ask = "network = \"host\"\n"
	settings := filepath.Join(w.home, ".config", "jail", "config.toml")
	old, err := os.ReadFile(settings)
	check(t, err)
	defer func() {
		check(t, os.WriteFile(settings, old, 0o644))
		os.Remove(filepath.Join(w.project, ".jail.toml"))
	}()
	if weak {
		w.write(t, ".config/jail/config.toml", ask)
	} else {
		w.write(t, ".config/jail/config.toml", "network = \"none\"\n")
		w.write(t, "project/.jail.toml", ask) // as in a checkout of what somebody else wrote: what a jail makes does not stay
	}
	return w.probe(t, "jail", "", []call{{do: "connect $TCP"}})[0]
}

// shown gives the row of a file whose name, made in a named jail, holds what printf(1) and Go call by these names.
func shown(printf, raw string) func(*testing.T, *world, bool) string {
	return func(t *testing.T, w *world, weak bool) string {
		if out, code := w.jail(t, "create", "shown"); code != 0 {
			t.Fatal(out)
		}
		defer w.jail(t, "destroy", "--force", "shown")
		if out, code := w.jail(t, "run", "shown", "--", "sh", "-c", `touch "$(printf "before$1after")"`, "x", printf); code != 0 {
			t.Fatal(out)
		}
		out, code := w.jail(t, "status", "shown")
		if weak {
			out, code = git(t, w, "-C", filepath.Join(w.home, ".local/share/jail/jails/shown"), "status", "-z"), 0
		}
		switch {
		case code != 0 || !strings.Contains(out, "before") || !strings.Contains(out, "after"):
			return fmt.Sprintf("exit %d without the name: %q", code, out)
		case strings.Contains(out, raw):
			return "raw"
		}
		return "escaped"
	}
}

// ignoredSecrets creates a named jail of a repository with an ignored secret, and reads it there. Weak is the repository
// whose .worktreeinclude asks for it.
func ignoredSecrets(t *testing.T, w *world, weak bool) string {
	names := map[string]string{"project/.env": "KEY=secret", "project/.git/info/exclude": ".env\n.worktreeinclude\n"}
	if weak {
		names["project/.worktreeinclude"] = ".env\n"
	}
	for name, text := range names {
		w.write(t, name, text)
		defer os.Remove(filepath.Join(w.home, name))
	}
	if out, code := w.jail(t, "create", "ignored"); code != 0 {
		t.Fatal(out)
	}
	defer w.jail(t, "destroy", "--force", "ignored")
	probe := filepath.Join(w.names["BIN"], "probe")
	// Shown, so that the row tells whether the file is there, and T17 whether it can be read.
	out, code := w.jail(t, "run", "--secrets", "show", "--map", w.names["BIN"], "ignored", "--", probe, "try", "read file", "read .env")
	if code != 0 {
		t.Fatal(out)
	}
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(out), "\n"), func(line string) bool { return strings.HasPrefix(line, "jail: ") })
	if n := len(lines); n < 2 || lines[n-2] != "OK" {
		t.Fatal(out)
	}
	return lines[len(lines)-1]
}

// agentsSettings runs an agent that plants a hook in its own settings, and says what has become of them on the host.
func agentsSettings(t *testing.T, w *world, weak bool) string {
	const settings = ".claude/settings.json"
	w.write(t, settings, "{}\n")
	defer os.RemoveAll(filepath.Join(w.home, ".claude"))
	agent := filepath.Join(w.names["BIN"], "claude")
	check(t, os.WriteFile(agent, []byte("#!/bin/sh\nread old < ~/"+settings+" && echo \"$old\" && echo planted > ~/"+settings+"\n"), 0o755))
	defer os.Remove(agent)
	var out []byte
	var err error
	if weak {
		out, err = w.command(t.Context(), "claude").CombinedOutput()
	} else {
		out, err = w.command(t.Context(), "jail", "run", "--map", w.names["BIN"], "--", agent).CombinedOutput()
	}
	if err != nil || !strings.Contains(string(out), "{}") {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(w.home, settings))
	check(t, err)
	return strings.TrimSpace(string(text))
}

// layerInUse looks for the folder that keeps what an overlay map is written, from the jail that writes it. Weak looks from
// the host.
func layerInUse(t *testing.T, w *world, weak bool) string {
	cmd := w.command(t.Context(), "jail", "run", "--map", w.names["BIN"], "--overlay-map", filepath.Join(w.home, "project-secret"), "--",
		"sh", "-c", "echo written > ~/project-secret/of-the-jail && echo ready && read layer && probe try \"write $layer\"")
	in, err := cmd.StdinPipe()
	check(t, err)
	pipe, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	defer in.Close()
	out := bufio.NewReader(pipe)
	if _, err := out.ReadString('\n'); err != nil {
		return err.Error()
	}
	var layer string
	check(t, filepath.WalkDir(filepath.Join(w.home, ".local/state/jail"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Name() == "of-the-jail" {
			layer = path
		}
		return nil
	}))
	if layer == "" {
		t.Fatal("what the jail wrote is kept nowhere")
	}
	if weak {
		return w.probe(t, outside, "", []call{{do: "write " + layer}})[0]
	}
	_, err = io.WriteString(in, layer+"\n")
	check(t, err)
	verdict, _ := out.ReadString('\n')
	return strings.TrimSpace(verdict)
}

// plantInReview lets a command write what the host runs later, and says what of it is there afterwards. Weak does without
// the review.
func plantInReview(t *testing.T, w *world, weak bool) string {
	planted := []string{".claude/settings.json", ".vscode/tasks.json", ".idea/workspace.xml", ".envrc", ".github/workflows/x.yml", ".husky/pre-commit", ".npmrc", "Makefile", "AGENTS.md"}
	defer func() {
		for _, name := range planted {
			os.RemoveAll(filepath.Join(w.project, strings.Split(name, "/")[0]))
		}
	}()
	args := []string{"run", "--review", "--", "sh", "-c", `for f; do case $f in */*) mkdir -p "${f%/*}";; esac; echo x > "$f" || exit; done`, "sh"}
	if weak {
		args[1] = "--unprotect=*"
	}
	if out, err := w.command(t.Context(), "jail", append(args, planted...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	there := 0
	for _, name := range planted {
		if _, err := os.Lstat(filepath.Join(w.project, name)); err == nil {
			there++
		}
	}
	if weak {
		return fmt.Sprintf("%d there", there)
	}
	defer discardReview(t, w)
	cmd := w.command(t.Context(), "jail", "diff", "--json")
	out, err := cmd.Output()
	check(t, err)
	var shown struct {
		Risks []struct{ Path string } `json:"risks"`
	}
	check(t, json.Unmarshal(out, &shown))
	return fmt.Sprintf("%d there, %d named", there, len(shown.Risks))
}

// smuggleByApply lets a command make files that are more than their content, and says what the host has of them. Weak has it
// write to the project.
func smuggleByApply(t *testing.T, w *world, weak bool) string {
	made := []string{"suid", "pipe", "out", "repo"}
	defer func() {
		for _, name := range made {
			os.RemoveAll(filepath.Join(w.project, name))
		}
	}()
	args := []string{"run", "--review", "--", "sh", "-c", "echo x > suid && chmod 6777 suid && mkfifo pipe && ln -s /etc/passwd out && git init -q repo"}
	if weak {
		args = slices.Delete(args, 1, 2)
	}
	if out, err := w.command(t.Context(), "jail", args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !weak {
		if out, err := w.command(t.Context(), "jail", "apply", "--yes").CombinedOutput(); err == nil {
			t.Fatalf("all of it was applied: %s", out)
		}
		defer discardReview(t, w)
	}
	var got []string
	for _, name := range []string{"suid", "pipe", "out", "repo/.git"} {
		if info, err := os.Lstat(filepath.Join(w.project, name)); err == nil {
			got = append(got, name, info.Mode().String())
		}
	}
	return strings.Join(got, " ")
}

func discardReview(t *testing.T, w *world) {
	out, err := w.command(t.Context(), "jail", "discard", "--yes").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// plant gives the row of a file or folder that a command makes in the project, and tells whether it is there afterwards.
func plant(name, script string) func(*testing.T, *world, bool) string {
	return func(t *testing.T, w *world, weak bool) string {
		args := []string{"run"}
		if weak {
			args = append(args, "--unprotect", "*")
		}
		path := filepath.Join(w.project, name)
		defer os.RemoveAll(path)
		if out, code := w.jail(t, append(args, "--", "sh", "-c", script)...); code != 0 {
			return out
		}
		if _, err := os.Lstat(path); err != nil {
			return "ENOENT"
		}
		return "OK"
	}
}

// change is the row of what is there of such files already.
func change(t *testing.T, w *world, weak bool) string {
	w.write(t, "project/.vscode/tasks.json", "{}")
	defer os.RemoveAll(filepath.Join(w.project, ".vscode"))
	flags := ""
	if weak {
		flags = "--unprotect *"
	}
	return strings.Join(w.probe(t, "jail", flags, []call{
		{do: "write $PROJECT/.vscode/tasks.json"}, {do: "create $PROJECT/.vscode/x"}, {do: "rename $PROJECT/.vscode $PROJECT/v"},
	}), " ")
}

// readSecrets is the row of secrets in the project, by their names and by others.
func readSecrets(t *testing.T, w *world, weak bool) string {
	w.write(t, "project/.env", "secret")
	w.write(t, "project/sub/ID_RSA", "secret")
	alias := filepath.Join(w.project, "alias")
	defer func() {
		os.Remove(alias)
		os.Remove(filepath.Join(w.project, ".env"))
		os.Remove(filepath.Join(w.project, "sub/ID_RSA"))
	}()
	check(t, os.Link(filepath.Join(w.project, ".env"), alias))
	args := []string{"run"}
	if weak {
		args = append(args, "--secrets", "show")
	}
	script := `cat .env alias sub/ID_RSA; mv sub moved && cat moved/ID_RSA; mv moved sub; ln .env other && cat other; rm -f .env other; cat .env; true`
	out, code := w.jail(t, append(args, "--", "sh", "-c", script)...)
	if code != 0 {
		return out
	}
	if strings.Contains(out, "secretsecret") {
		return "read"
	}
	return "empty"
}
