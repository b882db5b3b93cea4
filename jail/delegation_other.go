//go:build !linux

package jail

import "errors"

// FindCgroup finds nothing: only Linux has cgroups.
func FindCgroup() (Cgroup, error) { return Cgroup{}, errors.New("only Linux has cgroups") }
