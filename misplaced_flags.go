package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// unmistakable are flags of ours that no usual program has. What stands behind a command belongs to it, and is passed on without
// a look; one of these there was meant for us, and a run without it would be another than the user thinks.
var unmistakable = []string{
	"agent-dir", "agent-state", "allow-host", "claude-dir", "deny-host", "deny-path", "host-port", "host-shm", "inherit-env", "lockdown",
	"net-log", "net-relax", "no-landlock", "no-rlimits", "no-seccomp", "overlay-map", "rw-map", "systemd-user", "unprotect",
}

// checkMisplaced refuses a flag of ours behind the command, unless "--" before the command says that everything is the command's.
func checkMisplaced(c *cli.Context, command []string) error {
	if len(command) == 0 || afterTerminator(c) {
		return nil
	}
	for _, word := range command[1:] {
		if word == "--" {
			return nil
		}
		flag, dashed := strings.CutPrefix(word, "--")
		flag, _, _ = strings.Cut(flag, "=")
		if dashed && slices.Contains(unmistakable, flag) {
			return &usage{
				fmt.Sprintf("--%s stands behind the command, and would be a flag of %s's", flag, printable(command[0])),
				fmt.Sprintf("say: jail --%s … %[2]s; if it is %[2]s's: jail -- %[2]s --%[1]s …", flag, printable(command[0])),
			}
		}
	}
	return nil
}
