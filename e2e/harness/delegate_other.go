//go:build !linux

package harness

import "syscall"

// delegation is nothing here: only Linux has cgroups.
type delegation struct{}

func delegate(*syscall.SysProcAttr) (delegation, error) { return delegation{}, nil }

func (delegation) remove() {}
