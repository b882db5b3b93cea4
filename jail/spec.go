// Package jail runs a command behind walls. A Spec says everything about one run: it is plain data, made by package
// plan, printed by the dry run, and carried out step by step by Run. Nothing here makes a policy decision.
package jail

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"jail/mounts"
	"jail/seccomp"
	"jail/terminal"
)

// Network says what of the network a jail reaches. The zero value is no valid mode, and refused.
type Network string

const (
	NetworkNone Network = "none" // a network namespace of its own with nothing but a loopback device
	NetworkHost Network = "host" // the host's network, its loopback services included
	// NetworkAllow is a network namespace as NetworkNone's, with a gate of the parent's that lets through what the rules allow.
	NetworkAllow Network = "allow"
	// NetworkAudit is NetworkAllow with a gate that lets through every public address and writes it down.
	NetworkAudit Network = "audit"
)

// Filtered reports whether connections pass a gate.
func (n Network) Filtered() bool { return n == NetworkAllow || n == NetworkAudit }

// Terminal says what becomes of the caller's terminal.
type Terminal string

const (
	// TerminalNone starts the command in a session of its own: it has no controlling terminal.
	TerminalNone Terminal = "none"
	// TerminalInherit leaves the command in the caller's session, so that a terminal on standard input or output
	// works: job control, resizing and keys reach it as they would outside.
	TerminalInherit Terminal = "inherit"
	// TerminalOwn gives the command a terminal of the jail's own, which is relayed to the caller's and filtered (package
	// terminal), on those of its standard streams that are the caller's terminal. One of them must be.
	TerminalOwn Terminal = "own"
	// TerminalDetached gives the command a terminal of the jail's own that nobody need look at: Run hands its other side over.
	TerminalDetached Terminal = "detached"
)

// shared reports whether the caller's terminal is the command's too, or stands for it: job control then goes through both.
func (t Terminal) shared() bool { return t == TerminalInherit || t == TerminalOwn }

// Relayed reports whether the command's terminal is the jail's own, and shown in others.
func (t Terminal) Relayed() bool { return t == TerminalOwn || t == TerminalDetached }

// Output says what of what is written to a terminal of the jail's own reaches the caller's (package terminal). The zero value is
// the safe one.
type Output string

const (
	OutputFiltered  Output = ""
	OutputAsk       Output = "ask"       // filtered, and what is written to the clipboard passes when the user presses keys for it
	OutputClipboard Output = "clipboard" // filtered, but for what is written to the clipboard
	OutputRaw       Output = "raw"
)

// Policy is what package terminal lets through then; false: everything passes.
func (o Output) Policy() (policy terminal.Policy, filtered bool) {
	switch o {
	case OutputAsk:
		policy.Clipboard = terminal.ClipboardAsked
	case OutputClipboard:
		policy.Clipboard = terminal.ClipboardWritten
	}
	return policy, o != OutputRaw
}

// Screen is what the caller's terminal shows and tells of a run beyond what the command writes.
type Screen struct {
	Bar    terminal.Bar    `json:"bar,omitzero"`
	Redraw byte            `json:"redraw_key,omitempty"` // what the command is sent after its terminal was resized; 0: nothing
	Titles terminal.Titles `json:"titles,omitzero"`      // what its titles tell
	Notify Notify          `json:"notify,omitempty"`
	About  string          `json:"about,omitempty"`          // the jail, for who is told that it waits
	Run    []string        `json:"notify_command,omitempty"` // what NotifyCommand runs
}

// Notify says how the user hears that a command waits.
type Notify string

const (
	NotifyOff     Notify = ""
	NotifyBell    Notify = "bell"
	NotifyOSC9    Notify = "osc9"    // a notification of the desktop, as iTerm2 and most others take it
	NotifyOSC777  Notify = "osc777"  // the same, as urxvt, foot and VTE do
	NotifyCommand Notify = "command" // which View.Waits runs
)

// Wall says whether a wall has to stand. The zero value is the safe one.
type Wall string

const (
	WallRequired Wall = ""    // a jail that cannot have it is not started
	WallOff      Wall = "off" // the user, and nobody else, does without
)

// Syscalls says which system calls the kernel answers (package seccomp).
type Syscalls struct {
	Wall    Wall                 `json:"wall,omitempty"`
	Profile seccomp.Profile      `json:"profile"`
	Relaxed []seccomp.Relaxation `json:"relaxed,omitempty"`
}

// Loss names a protection that this run does not have, so that nobody believes in it.
type Loss struct {
	Name string `json:"name"` // one word for the line that every run prints
	Why  string `json:"why"`  // what is open, and what would close it
	// Reach is ReachHost where whoever uses it is out of the jail, of which each run says so in a line of its own, and ReachGap
	// where the protection is there and has a gap.
	Reach Reach `json:"reach,omitempty"`
}

// Reach says how far what is open goes.
type Reach string

const (
	ReachGap  Reach = "gap"  // to a moment, or to what others do
	ReachPart Reach = ""     // to what it names
	ReachHost Reach = "host" // to everything that the caller can do on the host
)

// Backend says what carries a Spec out. Each refuses the other's.
type Backend string

const (
	BackendNamespaces Backend = ""         // Linux
	BackendSeatbelt   Backend = "seatbelt" // macOS
)

// Spec is everything about one run of one command.
type Spec struct {
	Backend  Backend        `json:"backend,omitempty"`
	Name     string         `json:"name,omitempty"` // of a named jail
	Hostname string         `json:"hostname"`
	Mounts   []mounts.Mount `json:"mounts"`            // sorted: parents first
	Passing  string         `json:"passing,omitempty"` // a folder that is gone after the run, and the user told what was left in it
	Dir      string         `json:"dir"`               // working directory inside
	Program  string         `json:"program"`           // absolute path inside
	Argv     []string       `json:"argv"`              // argv[0] included
	Env      []string       `json:"env"`               // NAME=value, sorted
	UID      int            `json:"uid"`               // inside; mapped to the caller's own
	GID      int            `json:"gid"`
	Network  Network        `json:"network"`
	Gate     Gate           `json:"gate,omitzero"` // of a filtered network
	Terminal Terminal       `json:"terminal"`
	Output   Output         `json:"output,omitempty"` // of a terminal of the jail's own
	Screen   Screen         `json:"screen,omitzero"`  // likewise
	Grace    time.Duration  `json:"grace_ns"`         // from SIGTERM or SIGHUP to SIGKILL
	Landlock Wall           `json:"landlock,omitempty"`
	Syscalls Syscalls       `json:"syscalls"`
	Limits   Limits         `json:"limits"`
	Kept     Kept           `json:"kept"`
	Guard    Guard          `json:"guard,omitzero"`
	Seatbelt Seatbelt       `json:"seatbelt,omitzero"` // macOS only
	Lost     []Loss         `json:"lost"`
	Notes    []string       `json:"notes,omitempty"` // what the user should know, a sentence each
}

// Validate refuses a Spec that cannot be meant: what is missing must never read as permission.
func (s Spec) Validate() error {
	switch {
	case s.Network != NetworkNone && s.Network != NetworkHost && !s.Network.Filtered():
		return fmt.Errorf("network mode %q is none of none, host, allow, audit", s.Network)
	case s.Terminal != TerminalNone && s.Terminal != TerminalDetached && !s.Terminal.shared():
		return fmt.Errorf("terminal mode %q is none of none, inherit, own, detached", s.Terminal)
	case !slices.Contains([]Output{OutputFiltered, OutputAsk, OutputClipboard, OutputRaw}, s.Output):
		return fmt.Errorf("output mode %q is none of filtered, ask, clipboard, raw", s.Output)
	case s.UID == 0 || s.GID == 0:
		return errors.New("a jail must not map anybody to uid 0 or gid 0")
	case s.Landlock != WallRequired && s.Landlock != WallOff:
		return fmt.Errorf("wall mode %q of Landlock is neither required nor off", s.Landlock)
	case s.Syscalls.Wall != WallRequired && s.Syscalls.Wall != WallOff:
		return fmt.Errorf("wall mode %q of the syscall filter is neither required nor off", s.Syscalls.Wall)
	case !path.IsAbs(s.Program) || len(s.Argv) == 0:
		return fmt.Errorf("program %q with %d arguments cannot be started", s.Program, len(s.Argv))
	case !path.IsAbs(s.Dir):
		return fmt.Errorf("working directory %q is not absolute", s.Dir)
	case s.Hostname == "":
		return errors.New("no host name")
	case s.Grace <= 0:
		return errors.New("no grace period")
	case s.Backend == BackendNamespaces && slices.ContainsFunc(s.Gate.HostPorts, func(p HostPort) bool { return p.Jail == dnsPort }):
		return fmt.Errorf("port %d of the jail's localhost is where it asks for names: lead another one to the host's, as 5353:%[1]d does", dnsPort)
	}
	if err := s.Limits.validate(); err != nil {
		return err
	}
	if err := s.Gate.validate(); err != nil {
		return err
	}
	return mounts.Validate(s.Mounts)
}
