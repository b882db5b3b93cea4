package e2e

import (
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"jail/e2e/harness"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// TestNetwork runs what a filtered network promises, at both levels: with the kernel's netfilter, and as on a kernel without.
func TestNetwork(t *testing.T) {
	inInternet(t, func(t *testing.T) {
		t.Run("netfilter", func(t *testing.T) { networkScripts(t, "netfilter") })
		t.Run("no-netfilter", func(t *testing.T) { networkScripts(t, "no-netfilter") })
	})
}

func networkScripts(t *testing.T, level string) {
	run := params("testdata/network")
	run.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		env.Setenv("NODE_EXTRA_CA_CERTS", "/etc/ssl/certs/ca-certificates.crt")
		if level == "netfilter" {
			return nil
		}
		// The same program under a filter that takes netfilter away.
		bin := filepath.Join(env.WorkDir, "bin")
		if err := os.Mkdir(bin, 0o755); err != nil {
			return err
		}
		env.Setenv("PATH", bin+":"+env.Getenv("PATH"))
		text := "#!/bin/sh\nexec " + harness.Bin() + "/probe without-netfilter " + harness.Bin() + "/jail \"$@\"\n"
		return os.WriteFile(filepath.Join(bin, "jail"), []byte(text), 0o755)
	}
	run.Cmds["queried"] = wasQueried
	run.Condition = func(name string) (bool, error) {
		switch name {
		case "cargo":
			return newCargo(), nil
		case "requests":
			return hasRequests()
		case "netfilter":
			return level == "netfilter", nil
		}
		return condition(name)
	}
	testscript.Run(t, run)
}

// hasRequests reports whether the system's Python has the module that most of its programs fetch by.
func hasRequests() (bool, error) {
	err := exec.Command("/usr/bin/python3", "-c", "import requests").Run()
	if err != nil && os.Getenv("JAIL_REQUIRE") == "all" {
		return false, fmt.Errorf("JAIL_REQUIRE demands python3-requests: %w", err)
	}
	return err == nil, nil
}

func newCargo() bool {
	cmd := exec.Command("env", "cargo", "--version")
	cmd.Env = []string{"PATH=" + toolPath(), "HOME=/nonexistent"}
	out, err := cmd.Output()
	var major, minor int
	_, scanErr := fmt.Sscanf(string(out), "cargo %d.%d", &major, &minor)
	return err == nil && scanErr == nil && (major > 1 || minor >= 70)
}

// wasQueried looks for a part of a name that the world's name server was asked for: "queried PART".
func wasQueried(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] queried PART")
	}
	found := false
	queried.Range(func(name, _ any) bool {
		found = found || strings.Contains(name.(string), args[0])
		return true
	})
	if found == neg {
		ts.Fatalf("a name with %q in it was asked for: %v", args[0], found)
	}
}
