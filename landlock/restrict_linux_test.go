package landlock

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"jail/jail/jailtest"
)

const childEnv = "JAIL_LANDLOCK_CHILD"

// TestMain is also the confined child: restrictions cannot be taken back, so each set is tried in a process of its own.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		confined(dir)
	}
	os.Exit(m.Run())
}

// attempts are the acts that the child tries, in this order.
var attempts = []struct {
	name string
	do   func(dir string) error
}{
	{"read in read", func(d string) error { return errOf(os.ReadFile(d + "/read/file")) }},
	{"write in read", func(d string) error { return os.WriteFile(d+"/read/file", nil, 0) }},
	{"truncate in read", func(d string) error { return os.Truncate(d+"/read/file", 0) }},
	{"make in read", func(d string) error { return os.Mkdir(d+"/read/new", 0o755) }},
	{"write in edit", func(d string) error { return os.WriteFile(d+"/edit/file", []byte("x"), 0) }},
	{"make in edit", func(d string) error { return os.Mkdir(d+"/edit/new", 0o755) }},
	{"make in write", func(d string) error { return os.Mkdir(d+"/write/new", 0o755) }},
	{"rename across write", func(d string) error { return os.Rename(d+"/write/file", d+"/write/new/file") }},
	{"node in write", func(d string) error { return syscall.Mknod(d+"/write/node", syscall.S_IFIFO|0o644, 0) }},
	{"read elsewhere", func(d string) error { return errOf(os.ReadFile(d + "/closed/file")) }},
	{"list elsewhere", func(d string) error { return errOf(os.ReadDir(d + "/closed")) }},
	{"signal the parent", func(string) error { return syscall.Kill(os.Getppid(), 0) }},
	{"abstract socket", func(d string) error { return errOf(net.Dial("unix", "@"+d)) }},
}

func errOf[T any](_ T, err error) error { return err }

func confined(dir string) {
	if os.Getenv("JAIL_LANDLOCK_FREE") == "" {
		rules := []Rule{
			{Path: dir + "/read", Access: Read}, {Path: dir + "/edit", Access: Edit}, {Path: dir + "/write", Access: Write},
			{Path: "/dev/null", Access: Edit},
		}
		if _, err := Restrict(rules); err != nil {
			fmt.Println("restrict:", err)
			os.Exit(1)
		}
	}
	for _, a := range attempts {
		verdict := "OK"
		if err := a.do(dir); err != nil {
			verdict = "denied"
			if !errors.Is(err, os.ErrPermission) {
				verdict = err.Error()
			}
		}
		fmt.Printf("%s: %s\n", a.name, verdict)
	}
	os.Exit(0)
}

func tryAll(t *testing.T, env ...string) []string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"read", "edit", "write", "closed"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "file"), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	server, err := net.Listen("unix", "@"+dir)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(env, childEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestRestrict(t *testing.T) {
	jailtest.Require(t, jailtest.Landlock)
	want := []string{
		"read in read: OK", "write in read: denied", "truncate in read: denied", "make in read: denied",
		"write in edit: OK", "make in edit: denied", "make in write: OK", "rename across write: OK", "node in write: OK",
		"read elsewhere: denied", "list elsewhere: denied", "signal the parent: denied", "abstract socket: denied",
	}
	if got := tryAll(t); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The control: without the restriction every attempt succeeds.
func TestAttemptsSucceedWhereAllowed(t *testing.T) {
	for _, line := range tryAll(t, "JAIL_LANDLOCK_FREE=1") {
		if !strings.HasSuffix(line, ": OK") {
			t.Errorf("without Landlock: %s", line)
		}
	}
}

func TestRestrictRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []Rule{{Path: dir}, {Path: dir, Access: "all"}, {Path: dir + "/missing", Access: Read}, {Path: dir + "/link", Access: Read}} {
		if _, err := pathRules([]Rule{rule}, 7); err == nil {
			t.Errorf("%q was accepted", rule)
		}
	}
}

// TestConnectIsAllowedWhereItIsAsked holds that a socket's rule stands from ABI 9 on, which denies connecting without one, and
// not before, as the kernel refuses a rule without rights.
func TestConnectIsAllowedWhereItIsAsked(t *testing.T) {
	for version, want := range map[int]int{MinABI: 0, 8: 0, 9: 1, 11: 1} {
		rules, err := pathRules([]Rule{{Path: "/dev/null", Access: Connect}}, version)
		if err != nil || len(rules) != want {
			t.Errorf("ABI %d: %v, %v; want %d rules", version, rules, err, want)
		}
	}
}
