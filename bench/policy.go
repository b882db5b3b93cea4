package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// policy compares the start of an agent with its preset, every part of the host that is there, all others probed for, and 60
// maps, with the start of the same program bare.
func policy(box *sandbox, runs int) error {
	const maps, bound = 60, 1.6
	w := &wishes{box: box, runtime: filepath.Join(box.dir, "run")}
	if err := w.make(maps); err != nil {
		return err
	}
	defer w.close()
	bare := func() *exec.Cmd { return w.command("bare") }
	full := func() *exec.Cmd {
		cmd := w.command("claude")
		cmd.Env = append(cmd.Env, w.env...)
		return cmd
	}
	if err := w.check(maps); err != nil {
		return err
	}
	m, err := inTurn(runs, whole(full), whole(bare))
	if err != nil {
		return err
	}
	fmt.Printf("start-up of an agent with its preset, the host's parts and %d maps against bare: %.2f, bound %.2f: %s\n", maps, m.ratio, bound, verdict(m.ratio <= bound))
	return nil
}

// wishes is a home with an agent in it that has been used, and a session with sockets.
type wishes struct {
	box     *sandbox
	runtime string
	env     []string
	sockets []net.Listener
}

func (w *wishes) close() {
	for _, l := range w.sockets {
		l.Close()
	}
}

// command starts a program of the home: a link to true, by another name.
func (w *wishes) command(name string) *exec.Cmd {
	cmd := w.box.command(w.box.jail, "run", "--", name)
	cmd.Env = append(cmd.Env, "PATH="+w.bin()+":/usr/local/bin:/usr/bin:/bin")
	return cmd
}

// check holds that the plan has what the figure is said to be of.
func (w *wishes) check(maps int) error {
	cmd := w.command("claude")
	cmd.Args = []string{w.box.jail, "run", "--dry-run", "--", "claude"}
	cmd.Env = append(cmd.Env, w.env...)
	plan, err := output(cmd)
	if err != nil {
		return err
	}
	for text, want := range map[string]int{"to connect to": len(w.sockets), "overlay /": 1, "/extra/": maps, "login /": 1} {
		if got := strings.Count(plan, text); got != want {
			return fmt.Errorf("the plan has %q %d times, not %d:\n%s", text, got, want, plan)
		}
	}
	return nil
}

func (w *wishes) bin() string { return filepath.Join(w.box.home, "bin") }

func (w *wishes) make(maps int) error {
	config := filepath.Join(w.box.dir, "config/jail")
	for _, dir := range []string{w.runtime, w.bin(), config, filepath.Join(w.box.home, ".claude"), filepath.Join(w.box.home, ".ssh"), filepath.Join(w.box.home, "Pictures")} {
		if err := w.box.makeDir(dir); err != nil {
			return err
		}
	}
	for _, name := range []string{"bare", "claude"} {
		if err := os.Symlink("/bin/true", filepath.Join(w.bin(), name)); err != nil {
			return err
		}
	}
	for path, text := range map[string]string{".claude.json": "{}", ".claude/.credentials.json": `{"token":"x"}`, ".claude/settings.json": "{}", ".ssh/known_hosts": "", ".ssh/config": ""} {
		path = filepath.Join(w.box.home, path)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		if err := os.Chown(path, w.box.uid, w.box.uid); err != nil {
			return err
		}
	}
	for name, variable := range map[string]string{"docker": "DOCKER_HOST=unix://", "wayland": "WAYLAND_DISPLAY=", "x11": "DISPLAY=", "agent": "SSH_AUTH_SOCK=", "bus": ""} {
		path := filepath.Join(w.runtime, name)
		l, err := net.Listen("unix", path)
		if err != nil {
			return err
		}
		w.sockets = append(w.sockets, l)
		if err := os.Chown(path, w.box.uid, w.box.uid); err != nil {
			return err
		}
		if variable != "" {
			w.env = append(w.env, variable+path)
		}
	}
	dirs, err := w.box.folders(maps)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, key := range []string{"gpu", "docker", "display", "x11", "ssh", "pictures", "tailscale", "systemd_user", "host_shm", "mise"} {
		fmt.Fprintf(&text, "%s = true\n", key)
	}
	fmt.Fprintf(&text, "map = [\"%s\"]\n", strings.Join(dirs, `", "`))
	w.env = append(w.env, "XDG_RUNTIME_DIR="+w.runtime, "XDG_CONFIG_HOME="+filepath.Dir(config))
	return os.WriteFile(filepath.Join(config, "config.toml"), []byte(text.String()), 0o644)
}
