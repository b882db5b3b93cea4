package attacks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"jail/e2e/harness"
)

// world is what the attempts aim at: nothing in it is anybody's but the test's.
type world struct {
	home, project string
	names         map[string]string // of what the table calls $NAME
	leaked        *os.File          // a folder of the host, left open for every child
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "attacks-")
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	// A copy: what the harness built may lie where a jail of another user's cannot look.
	bin := filepath.Join(dir, "bin")
	check(t, os.CopyFS(bin, os.DirFS(harness.Bin())))
	node, err := os.Hostname()
	check(t, err)
	w := &world{home: filepath.Join(dir, "home"), project: filepath.Join(dir, "home", "project")}
	run := filepath.Join(w.home, "run")
	w.names = map[string]string{
		"HOME": w.home, "PROJECT": w.project, "RUN": run, "BIN": bin, "NODE": regexp.QuoteMeta(node), "HOSTPID": strconv.Itoa(os.Getpid()),
	}
	for name, text := range map[string]string{
		".ssh/canary": "secret", "project-secret/canary": "secret", "shared": "text", ".config/jail/config.toml": "hostname = \"attacked\"\n",
		".local/state/jail/canary": "state", ".codex/auth.json": "secret",
		".local/state/jail/net/log.jsonl": "{}\n", "project/.env.local": "KEY=secret", "project/file": "text", "project/sub/canary": "inside",
		".gitconfig": "[user]\nname = T\nemail = t@example.com\n",
	} {
		w.write(t, name, text)
	}
	git(t, w, "init", "-q", ".")
	git(t, w, "add", "file", "sub")
	git(t, w, "commit", "-qm", "first")
	if id, err := os.ReadFile("/etc/machine-id"); err == nil {
		w.write(t, "project/host-id", string(id))
	}
	check(t, os.Mkdir(run, 0o700))
	w.shared(t, "/tmp", "TMP")
	w.shared(t, "/dev/shm", "SHM")
	for _, socket := range []string{run + "/bus", run + "/docker.sock", run + "/wayland-0", run + "/agent", w.names["TMP"] + "/tmux"} {
		listen(t, "unix", socket)
	}
	w.names["ABSTRACT"] = "@" + filepath.Base(dir) + "-" + w.names["HOSTPID"]
	listen(t, "unix", w.names["ABSTRACT"])
	w.names["TCP"] = listen(t, "tcp", "127.0.0.1:0")
	packets(t, "unixgram", run+"/log")
	w.names["UDP"] = packets(t, "udp", "127.0.0.1:0")
	w.sharedMemory(t)
	w.terminal(t)
	w.leaked, err = os.Open(w.home)
	check(t, err)
	t.Cleanup(func() { w.leaked.Close() })
	return w
}

// shared makes a folder with a file in it in one of the host's places that everybody can write to.
func (w *world) shared(t *testing.T, place, name string) {
	t.Helper()
	dir, err := os.MkdirTemp(place, "attacks-")
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	check(t, os.WriteFile(filepath.Join(dir, "canary"), []byte("text"), 0o644))
	w.names[name] = dir
}

// sharedMemory makes a System V segment.
func (w *world) sharedMemory(t *testing.T) {
	t.Helper()
	key := os.Getpid() + 0x10000000
	id, err := unix.SysvShmGet(key, 4096, unix.IPC_CREAT|unix.IPC_EXCL|0o600)
	check(t, err)
	t.Cleanup(func() { _, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil) })
	w.names["SHMKEY"] = strconv.Itoa(key)
}

// terminal opens a pseudo-terminal of the host's.
func (w *world) terminal(t *testing.T) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	check(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	check(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	check(t, err)
	w.names["PTY"] = strconv.Itoa(n)
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.home, name)
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(t, os.WriteFile(path, []byte(text), 0o644))
}

func (w *world) expand(text string) string {
	return os.Expand(text, func(name string) string { return w.names[name] })
}

// env is the user's environment, with a name for each thing that must not travel.
func (w *world) env() []string {
	return []string{
		"HOME=" + w.home, "PATH=" + w.names["BIN"] + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "LC_TIME=C", "TERM=xterm",
		"TMPDIR=" + w.names["TMP"], "GIT_CONFIG_NOSYSTEM=1",
		"AWS_SECRET_ACCESS_KEY=x", "GITHUB_TOKEN=x", "ANTHROPIC_API_KEY=x",
		"LD_LIBRARY_PATH=/nonexistent", "LD_PRELOAD=", "BASH_ENV=/dev/null", "ENV=/dev/null", "PROMPT_COMMAND=", "NODE_OPTIONS=", "PYTHONPATH=/nonexistent",
		"PYTHONSTARTUP=/dev/null", "PERL5LIB=/nonexistent", "RUBYOPT=", "JAVA_TOOL_OPTIONS=", "GIT_EXTERNAL_DIFF=false", "GLIBC_TUNABLES=",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + w.names["RUN"] + "/bus", "XDG_RUNTIME_DIR=" + w.names["RUN"], "SSH_AUTH_SOCK=" + w.names["RUN"] + "/agent",
		"DOCKER_HOST=unix://" + w.names["RUN"] + "/docker.sock", "WAYLAND_DISPLAY=wayland-0", "DISPLAY=:0", "GPG_AGENT_INFO=x",
		"TMUX=" + w.names["TMP"] + "/tmux,1,0", "STY=x", "ZELLIJ=0", "VSCODE_IPC_HOOK_CLI=x", "NVIM=x", "INSIDE_EMACS=x", "TERM_PROGRAM=x", "JETBRAINS_X=x",
		"KITTY_LISTEN_ON=x", "WEZTERM_UNIX_SOCKET=x", "WSL_INTEROP=x", "WSLENV=x",
	}
}

// command makes a command of the test's user in the project. Descriptors 3 to 9 are left open to it: jail uses two
// of them itself.
func (w *world) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(w.names["BIN"], name), args...)
	cmd.Dir, cmd.Env, cmd.ExtraFiles = w.project, w.env(), slices.Repeat([]*os.File{w.leaked}, 7)
	return cmd
}

// probe makes attempts, and returns a verdict on each: in a jail by "jail run FLAGS --", or by the probe alone.
func (w *world) probe(t *testing.T, at place, flags string, calls []call) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	probe := []string{"try"}
	if at == bare {
		probe[0] = "bare"
	}
	for _, c := range calls {
		probe = append(probe, w.expand(c.do))
	}
	cmd := w.command(ctx, "probe", probe...)
	switch at {
	case outside:
	case bare:
		cmd.SysProcAttr = bareNamespaces()
	default:
		args := append([]string{"run"}, strings.Fields(w.expand(flags))...)
		args = append(args, "--map", w.names["BIN"], "--", w.names["BIN"]+"/probe")
		cmd = w.command(ctx, "jail", append(args, probe...)...)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s%s", cmd.Args, err, out, stderr.String())
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// bareNamespaces are all namespaces and nothing else: the caller is root in them, and sees every file of the host.
func bareNamespaces() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
}

// jail runs jail with arguments and returns its output and exit code.
func (w *world) jail(t *testing.T, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := w.command(ctx, "jail", args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

func git(t *testing.T, w *world, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Env = w.project, []string{"HOME=" + w.home, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// listen accepts and drops connections; it returns the address.
func listen(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.Listen(network, address)
	check(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// packets reads and drops datagrams; it returns the address.
func packets(t *testing.T, network, address string) string {
	t.Helper()
	l, err := net.ListenPacket(network, address)
	check(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			if _, _, err := l.ReadFrom(make([]byte, 64)); err != nil {
				return
			}
		}
	}()
	return l.LocalAddr().String()
}

// lingering finds the processes that have a word on their command line.
func lingering(t *testing.T, word string) (pids []int) {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	check(t, err)
	for _, entry := range entries {
		f, err := os.Open(entry)
		if err != nil {
			continue // it has ended
		}
		line, _ := io.ReadAll(f)
		f.Close()
		if bytes.Contains(line, []byte("\x00stay\x00"+word+"\x00")) {
			var pid int
			if _, err := fmt.Sscanf(entry, "/proc/%d/", &pid); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
