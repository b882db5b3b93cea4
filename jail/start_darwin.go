package jail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync/atomic"
	"syscall"
)

// sandboxExec applies a profile to itself and becomes the command (sandbox-exec(1)). By its path: another program of that name
// on PATH would apply none.
const sandboxExec = "/usr/bin/sandbox-exec"

// IsInit reports whether this process is the child stage of a jail, which only Linux has.
func IsInit() bool { return false }

// Init is never reached: there is no child stage here.
func Init() {}

// Prepared is what is known of a run before its Spec.
type Prepared struct {
	outline Spec
	streams Streams
	leader  atomic.Int64 // of the command's process group, while it runs
}

// Prepare checks what can be checked before the plan is made. The outline is a Spec of which Backend, UID, GID, Network, Gate and
// Limits count.
func Prepare(outline Spec, streams Streams) (*Prepared, error) {
	if err := streams.check(); err != nil {
		return nil, err
	}
	if info, err := os.Stat(sandboxExec); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not there: %w", sandboxExec, errors.Join(err, ErrUnsupported))
	}
	return &Prepared{outline: outline, streams: streams}, nil
}

// Discard does nothing: nothing was started.
func (*Prepared) Discard() {}

// Run runs the command of a Spec in Apple's sandbox, passes the caller's signals on to it, and returns how it ended. When Run
// returns, the command's process group is gone; what left it goes on, in the jail. Errors: *UnfitError, *StepError, *StartError
// and those of a.Serve; they mean that the command did not run.
func (p *Prepared) Run(s Spec, a Attendance) (Result, error) {
	if err := p.accept(s); err != nil {
		return Result{}, fmt.Errorf("invalid plan: %w", err)
	}
	c := confined{applier: sandboxExec, streams: p.streams, spec: s, signals: true, leader: &p.leader, waits: a.Waits}
	if s.Network.Filtered() {
		if a.Serve == nil {
			return Result{}, errors.New("invalid plan: nobody serves its network")
		}
		if err := c.openProxy(a.Serve); err != nil {
			return Result{}, err
		}
	}
	return c.run(context.Background(), func() {
		if a.Ready != nil {
			a.Ready(Walls{})
		}
	})
}

// Start refuses: nothing in the jail could start a further command.
func (*Prepared) Start(Process) (*Started, error) { return nil, ErrUnsupported }

// Signal signals the command's process group, where it runs.
func (p *Prepared) Signal(s syscall.Signal) {
	if leader := p.leader.Load(); leader > 1 {
		_ = syscall.Kill(-int(leader), s)
	}
}

// Kill ends the command's process group.
func (p *Prepared) Kill() { p.Signal(syscall.SIGKILL) }

// Read is Run for a command of the program's own: signals are not passed on, and the end of ctx ends the jail at once. The
// error is the context's then.
func (p *Prepared) Read(ctx context.Context, s Spec) (Result, error) {
	if err := p.accept(s); err != nil {
		return Result{}, fmt.Errorf("invalid plan: %w", err)
	}
	c := confined{applier: sandboxExec, streams: p.streams, spec: s, leader: &p.leader}
	result, err := c.run(ctx, func() {})
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	return result, err
}

// accept checks a Spec. No process of the run dumps core, ours included: it would hold what the command had in memory.
func (p *Prepared) accept(s Spec) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if s.UID != os.Geteuid() || s.Backend != p.outline.Backend || s.Network != p.outline.Network || s.Limits != p.outline.Limits || !reflect.DeepEqual(s.Gate, p.outline.Gate) {
		return errors.New("it differs from its outline")
	}
	return os.NewSyscallError("setrlimit", syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}))
}

// Diagnose knows nothing here.
func Diagnose(error) (why, fix string) { return "", "" }

// AppArmorProfile is for Linux only.
func AppArmorProfile() string { return "" }
