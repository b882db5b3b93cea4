package plan

import (
	"fmt"

	"jail/jail"
)

// WallError says that a wall cannot be had on this host, and that the jail is therefore not started.
type WallError struct {
	Wall, Why, Fix string
}

func (e *WallError) Error() string { return fmt.Sprintf("%s cannot be had: %s", e.Wall, e.Why) }

// Hint says what to do about it.
func (e *WallError) Hint() string { return e.Fix }

// checkWalls refuses to start without a wall that the caller did not give up by name.
func (b *builder) checkWalls() error {
	have := b.in.Host.Landlock
	switch {
	case b.in.Landlock == jail.WallOff, have >= jail.MinLandlockABI:
		return nil
	case have == 0:
		return &WallError{"Landlock", "it is not built into this kernel, or not switched on at boot", "boot with lsm=landlock,… on Linux 6.2 or newer, or do without: --no-landlock"}
	}
	return &WallError{"Landlock", fmt.Sprintf("this kernel has ABI %d, and %d is needed", have, jail.MinLandlockABI), "run Linux 6.2 or newer, or do without: --no-landlock"}
}
