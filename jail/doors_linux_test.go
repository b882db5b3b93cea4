package jail_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"jail/jail"
	"jail/jail/jailtest"
)

// gated is the Spec of a jail for a bash script with a network that has a gate.
func gated(t *testing.T, script string, g jail.Gate) jail.Spec {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	s := reader(t, t.TempDir(), "")
	s.Program, s.Argv = bash, []string{"bash", "-c", script}
	s.Network, s.Gate = jail.NetworkAllow, g
	return s
}

// runGated runs it with streams of its own.
func runGated(s jail.Spec, serve func(jail.Doors) error) (string, jail.Result, error) {
	return collect(s, func(p *jail.Prepared) (jail.Result, error) { return p.Run(s, jail.Attendance{Serve: serve}) })
}

// tellDestinations answers each connection with the kind of door that it came through and where it wanted to go.
func tellDestinations(d jail.Doors) error {
	defer d.Close()
	serve := func(kind string, files []*os.File) error {
		for _, f := range files {
			l, err := net.FileListener(f)
			if err != nil {
				return err
			}
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					fmt.Fprintln(conn, kind, conn.LocalAddr())
					conn.Close()
				}
			}()
		}
		return nil
	}
	return errors.Join(serve("tcp", d.TCP), serve("host-port", d.HostPorts), serve("dns", []*os.File{d.DNS}))
}

const dial = `for to in "$@"; do exec 3<>/dev/tcp/${to%% *}/${to##* } && cat <&3; exec 3>&-; done 2>/dev/null; true`

// dialling is a script that connects to addresses, "HOST PORT" each, and prints what they answer.
func dialling(to ...string) string { return "set -- '" + strings.Join(to, "' '") + "'\n" + dial }

func TestDoorsTellWhereConnectionsGo(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	s := gated(t, dialling("192.0.2.1 443", "6.6.1.2 7777", "2001:db8::1 22", "192.0.2.9 53", "127.0.0.1 5432", "::1 5432", "127.0.0.1 5433", "198.18.0.2 443"),
		jail.Gate{Ports: []int{443}, HostPorts: []jail.HostPort{{Jail: 5432, Host: 1}}})
	var level jail.Level
	out, result, err := runGated(s, func(d jail.Doors) error {
		level = d.Level
		if d.Level != jail.LevelNetfilter {
			t.Log(d.Why)
		}
		return tellDestinations(d)
	})
	if err != nil || result.ExitCode() != 0 {
		t.Fatal(result, err, out)
	}
	want := []string{
		"tcp 192.0.2.1:443", "tcp 6.6.1.2:7777", "tcp [2001:db8::1]:22", "tcp 192.0.2.9:53", "host-port 127.0.0.1:5432", "host-port [::1]:5432",
	}
	if level == jail.LevelListeners {
		want = []string{"tcp 192.0.2.1:443", "dns 192.0.2.9:53", "tcp 127.0.0.1:5432", "tcp [::1]:5432", "tcp 198.18.0.2:443"}
	}
	if got := strings.Split(strings.TrimSpace(out), "\n"); !slices.Equal(got, want) {
		t.Errorf("level %s: got %q, want %q", level, got, want)
	}
}

// Nothing may start that nobody serves.
func TestNothingStartsUnserved(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	s := gated(t, "echo started", jail.Gate{})
	refusal := errors.New("refused")
	out, _, err := runGated(s, func(d jail.Doors) error {
		d.Close()
		return refusal
	})
	if !errors.Is(err, refusal) || out != "" {
		t.Errorf("got %q, %v", out, err)
	}
	if out, _, err = runGated(s, nil); err == nil || out != "" {
		t.Errorf("without anybody to serve: got %q, %v", out, err)
	}
	if out, _, err = runGated(s, tellDestinations); err != nil || out != "started\n" {
		t.Errorf("served: got %q, %v", out, err)
	}
}

func TestPortThatIsTaken(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	s := gated(t, "echo started", jail.Gate{HostPorts: []jail.HostPort{{Jail: 5353, Host: 1}, {Jail: 5353, Host: 2}}})
	out, _, err := runGated(s, tellDestinations)
	var step *jail.StepError
	if !errors.As(err, &step) || !errors.Is(err, unix.EADDRINUSE) || !strings.Contains(step.Text, "127.0.0.1:5353") || out != "" {
		t.Errorf("got %q, %v", out, err)
	}
	// That of the name server is known to be.
	s.Gate.HostPorts = []jail.HostPort{{Jail: 53, Host: 53}}
	if out, _, err = runGated(s, tellDestinations); err == nil || !strings.Contains(err.Error(), "5353:53") || out != "" {
		t.Errorf("port 53: got %q, %v", out, err)
	}
}

// The parent reaches ports of the jail's loopback by asking init for a connection, and no others.
func TestDialInside(t *testing.T) {
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	python, err := exec.LookPath("/usr/bin/python3")
	if err != nil {
		t.Skip(err)
	}
	s := gated(t, "", jail.Gate{})
	s.Program, s.Argv = python, []string{"python3", "-c", `
import socket, sys
l = socket.create_server(("127.0.0.1", 3000))
six = socket.create_server(("::1", 3001), family=socket.AF_INET6)
print("listening", flush=True)
for server in (l, six):
    c, _ = server.accept()
    c.sendall(b"from inside\n")
    c.close()
`}
	got := make(chan string, 3)
	out, result, err := runGated(s, func(d jail.Doors) error {
		d.Close()
		go func() {
			for _, port := range []int{3002, 3000, 3001} {
				var f *os.File
				var err error
				for range 200 { // until it listens
					if f, err = d.Dial(port); err == nil || port == 3002 { // where nobody will
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
				if err != nil {
					got <- fmt.Sprint(port, " refused: ", errors.Is(err, unix.ECONNREFUSED))
					continue
				}
				text, _ := io.ReadAll(f)
				f.Close()
				got <- string(text)
			}
		}()
		return nil
	})
	if err != nil || result.ExitCode() != 0 {
		t.Fatal(result, err, out)
	}
	for _, want := range []string{"3002 refused: true", "from inside\n", "from inside\n"} {
		if text := <-got; text != want {
			t.Errorf("got %q, want %q", text, want)
		}
	}
}
