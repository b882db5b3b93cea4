package sbpl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Where operations and filters are taken from: profiles that run on Macs every day. The commits are those that were read.
const (
	chromium  = "chromium/chromium 0987565 sandbox/policy/mac/common.sb"
	nix       = "NixOS/nix 17fc0f4 src/libstore/unix/build/sandbox-defaults.sb"
	codex     = "openai/codex 04dad11 codex-rs/core/src/seatbelt_base_policy.sbpl"
	codexRead = "openai/codex 2628c0b codex-rs/sandboxing/src/restricted_read_only_platform_defaults.sbpl"
	srt       = "anthropic-experimental/sandbox-runtime 06320cc src/sandbox/macos-sandbox-utils.ts"
	safehouse = "eugene1g/agent-safehouse 02c13e3 profiles/10-system-runtime.sb"
	safeNet   = "eugene1g/agent-safehouse 3ca9d7b profiles/20-network.sb"
	safeKeys  = "eugene1g/agent-safehouse 7261c66 profiles/55-integrations-optional/keychain.sb"
)

// known is an operation, and where it was seen.
type known struct {
	name   Operation
	source string
}

// operations are those that a profile may have. The tables are slices, which cost the start of a program nothing.
var operations = []known{
	{FileRead, chromium},
	{FileReadData, chromium},
	{FileReadMetadata, chromium},
	{FileWrite, chromium},
	{FileWriteData, chromium},
	{FileWriteSetugid, nix},
	{FileWriteUnlink, srt + ", generateMoveBlockingRules: it stops renaming too"},
	{FileIoctl, chromium},
	{FileMapExecutable, codexRead},
	{IOKitOpen, codex},
	{IPCSemaphore, codex},
	{IPCMemory, srt},
	{IPCMemoryRead, safehouse},
	{IPCMemoryCreate, safeKeys},
	{IPCMemoryWrite, safeKeys},
	{MachHost, codex},
	{MachLookup, chromium},
	{NetworkBind, safeNet},
	{NetworkInbound, safeNet},
	{NetworkOutbound, chromium},
	{ProcessExec, codex},
	{ProcessFork, codex},
	{ProcessInfo, codex},
	{PseudoTTY, codex},
	{Signal, codex},
	{SysctlRead, nix},
	{SystemSocket, nix},
}

// use is where a filter may stand, by the beginnings of operations' names, and where it was seen.
type use struct {
	kind   Kind
	on     []string
	value  func(string) bool
	source string
}

var filters = []use{
	{Literal, []string{"file-", "network-", "process-exec"}, isPath, chromium + "; on network operations for sockets that are files"},
	{Subpath, []string{"file-", "network-", "process-exec"}, isPath, nix + ", on network operations and process-exec too"},
	{Regex, []string{"file-"}, func(v string) bool { return v == "" || isPath(v) }, chromium + ", regex-quote and string-append as well"},
	{Extension, []string{"file-"}, isName, codex},
	{GlobalName, []string{"mach-lookup"}, isName, chromium},
	{IPCName, []string{"ipc-posix-"}, isName, safehouse},
	{Local, []string{"network-"}, isAddress, nix},
	{Remote, []string{"network-outbound"}, isAddress, nix},
	{SocketDomain, []string{"system-socket"}, func(v string) bool { return v == "AF_UNIX" }, srt},
	{Target, []string{"signal", "process-info"}, func(v string) bool { return v == "same-sandbox" }, codex},
	{RequireAll, []string{"file-"}, func(v string) bool { return v == "" }, chromium},
}

func isPath(v string) bool { return strings.HasPrefix(v, "/") && !strings.ContainsRune(v, 0) }

func isName(v string) bool {
	const others = "._@-"
	return v != "" && !strings.ContainsFunc(v, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r)
	})
}

// isAddress takes what the language has for a host, * and localhost, with * or a port.
func isAddress(v string) bool {
	host, port, ok := strings.Cut(v, ":")
	if !ok || host != "*" && host != "localhost" {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "*" || err == nil && n > 0 && strconv.FormatUint(n, 10) == port
}

// check refuses a rule that the tables do not know.
func (r Rule) check() error {
	if r.Action != Allow && r.Action != Deny {
		return fmt.Errorf("action %q is neither allow nor deny", r.Action)
	}
	if len(r.Operations) == 0 {
		return fmt.Errorf("a rule about no operation")
	}
	for _, op := range r.Operations {
		if !slices.ContainsFunc(operations, func(k known) bool { return k.name == op }) {
			return fmt.Errorf("operation %q is in no table", op)
		}
		for _, f := range r.Filters {
			if err := f.check(op); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f Filter) check(op Operation) error {
	i := slices.IndexFunc(filters, func(u use) bool { return u.kind == f.Kind })
	if i < 0 {
		return fmt.Errorf("filter %q is in no table", f.Kind)
	}
	switch u := filters[i]; {
	case !slices.ContainsFunc(u.on, func(prefix string) bool { return strings.HasPrefix(string(op), prefix) }):
		return fmt.Errorf("filter %q does not belong to operation %q", f.Kind, op)
	case !u.value(f.Value):
		return fmt.Errorf("filter %q cannot have the value %q", f.Kind, f.Value)
	case (f.Kind == Regex) != (f.Tail != ""), (f.Kind == RequireAll) != (len(f.All) > 0):
		return fmt.Errorf("filter %q is not whole", f.Kind)
	}
	if f.Kind == Regex {
		if !plain(f.Tail) || strings.Contains(f.Tail, `"`) {
			return fmt.Errorf("regex %q cannot be written", f.Tail)
		}
		if _, err := f.pattern(); err != nil {
			return err
		}
	}
	for _, each := range f.All {
		if err := each.check(op); err != nil {
			return err
		}
	}
	return nil
}

// Check refuses a profile that Parse would refuse.
func (p Profile) Check() error {
	for i, r := range p {
		if err := r.check(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return nil
}
