package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"jail/jail"
	"jail/mounts"
)

// sandbox is a home, a project and a binary for the benchmark, all of them removed afterwards. Started by root it runs
// everything as an ordinary user, because that is what users do and what bubblewrap takes the same path for.
type sandbox struct {
	dir, jail, home, project, probe string
	uid                             int
}

func newSandbox() (*sandbox, error) {
	dir, err := os.MkdirTemp("", "jail-bench-")
	if err != nil {
		return nil, err
	}
	box := &sandbox{dir: dir, jail: filepath.Join(dir, "jail"), home: filepath.Join(dir, "home"), project: filepath.Join(dir, "home/project"), uid: os.Getuid()}
	box.probe = filepath.Join(box.project, "probe")
	if err := os.MkdirAll(box.project, 0o755); err != nil {
		return nil, err
	}
	for program, pkg := range map[string]string{box.jail: "jail", box.probe: "jail/bench/probe"} {
		build := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-trimpath", "-ldflags", "-s -w", "-o", program, pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			box.remove()
			return nil, fmt.Errorf("go build: %w\n%s", err, out)
		}
	}
	if box.uid == 0 {
		box.uid = 1500
		for _, path := range []string{dir, box.home, box.project} {
			if err := os.Chown(path, box.uid, box.uid); err != nil {
				return nil, err
			}
		}
	}
	return box, nil
}

func (b *sandbox) remove() { os.RemoveAll(b.dir) }

// command prepares a program in the project, as the ordinary user, with a small environment.
func (b *sandbox) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = b.project
	cmd.Env = []string{"HOME=" + b.home, "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8"}
	if os.Getuid() == 0 {
		id := uint32(b.uid)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
	}
	return cmd
}

// makeDir makes a folder of the ordinary user's.
func (b *sandbox) makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chown(dir, b.uid, -1)
}

// folders makes n folders to bind.
func (b *sandbox) folders(n int) ([]string, error) {
	var dirs []string
	for i := range n {
		dir := filepath.Join(b.dir, "extra", strconv.Itoa(i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// specPlan is what jail would do, read from its own dry run.
type specPlan struct{ jail.Spec }

func (b *sandbox) plan(args []string) (specPlan, error) {
	cmd := b.command(b.jail, append([]string{"run", "--dry-run", "--json"}, args[1:]...)...)
	out, err := cmd.Output()
	if err != nil {
		return specPlan{}, fmt.Errorf("dry run: %w", err)
	}
	var answer struct {
		Plan jail.Spec `json:"plan"`
	}
	return specPlan{answer.Plan}, json.Unmarshal(out, &answer)
}

// bwrapArgs says the same mounts in bubblewrap's words. A seal is a read-only bind of the host's own folder there, as
// bubblewrap itself does for /proc; a mask is a bind of /dev/null or a tmpfs; a generated file is bound from a copy.
func (p specPlan) bwrapArgs() []string {
	args := []string{"--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--die-with-parent", "--new-session", "--chdir", p.Dir}
	for _, m := range p.Mounts {
		switch m.Kind {
		case mounts.Bind:
			how := "--ro-bind"
			if m.Access == mounts.ReadWrite {
				how = "--bind"
			}
			args = append(args, how, m.Source, m.Target)
		case mounts.Device:
			args = append(args, "--dev-bind", m.Source, m.Target)
		case mounts.Tmpfs:
			args = append(args, "--tmpfs", m.Target)
		case mounts.Proc:
			args = append(args, "--proc", m.Target)
		case mounts.Devpts:
			args = append(args, "--tmpfs", m.Target)
		case mounts.Dir:
			args = append(args, "--dir", m.Target)
		case mounts.File:
			args = append(args, "--ro-bind", "/etc/passwd", m.Target)
		case mounts.Symlink:
			args = append(args, "--symlink", m.Source, m.Target)
		case mounts.Mask:
			if info, err := os.Stat(m.Target); err == nil && info.IsDir() {
				args = append(args, "--tmpfs", m.Target)
			} else {
				args = append(args, "--ro-bind", "/dev/null", m.Target)
			}
		case mounts.Seal:
			// bubblewrap seals the same four folders when it mounts /proc.
		}
	}
	return args
}
