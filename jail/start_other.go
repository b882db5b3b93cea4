//go:build !linux && !darwin

package jail

import (
	"context"
	"syscall"
)

// IsInit reports whether this process is the child stage of a jail, which only Linux has.
func IsInit() bool { return false }

// Init is never reached: there is no child stage here.
func Init() {}

// Prepared stands for nothing here.
type Prepared struct{}

// Prepare refuses: this platform has no back end yet.
func Prepare(Spec, Streams) (*Prepared, error) { return nil, ErrUnsupported }

// Discard does nothing.
func (*Prepared) Discard() {}

// Run is never reached.
func (*Prepared) Run(Spec, Attendance) (Result, error) { return Result{}, ErrUnsupported }

// Start is never reached.
func (*Prepared) Start(Process) (*Started, error) { return nil, ErrUnsupported }

// Show is never reached.
func (View) Show() error { return ErrUnsupported }

// Signal does nothing.
func (*Prepared) Signal(syscall.Signal) {}

// Kill does nothing.
func (*Prepared) Kill() {}

// Read is never reached.
func (*Prepared) Read(context.Context, Spec) (Result, error) { return Result{}, ErrUnsupported }

// Doctor has nothing to try here.
func Doctor() []Check {
	return []Check{{"back end", Missing, ErrUnsupported.Error(), "run it on Linux"}}
}

// Diagnose knows nothing here.
func Diagnose(error) (why, fix string) { return "", "" }

// AppArmorProfile is for Linux only.
func AppArmorProfile() string { return "" }
