package jailtest

import (
	"errors"
	"os/exec"
)

func probe(feature Feature) error {
	if feature != Seatbelt {
		return errors.New("macOS has it not")
	}
	return exec.Command("/usr/bin/sandbox-exec", "-p", "(version 1)(allow default)", "/usr/bin/true").Run()
}
