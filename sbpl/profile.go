// Package sbpl writes, reads and evaluates the part of Apple's sandbox profile language that jail uses. The language is a
// Scheme, and Apple documents it nowhere: every operation and filter here stands in a table with the public source that it
// was taken from, and nothing else is written. What is read is checked against the same table.
//
// A profile denies everything by default, and of the rules that match, the last decides.
package sbpl

// Action is what a rule does.
type Action string

const (
	Allow Action = "allow"
	Deny  Action = "deny"
)

// Operation is what a process asks the kernel for. One that ends in a star stands for all whose names begin so.
type Operation string

const (
	FileRead          Operation = "file-read*"
	FileReadData      Operation = "file-read-data"
	FileReadMetadata  Operation = "file-read-metadata"
	FileWrite         Operation = "file-write*"
	FileWriteCreate   Operation = "file-write-create"
	FileWriteData     Operation = "file-write-data"
	FileWriteSetugid  Operation = "file-write-setugid"
	FileWriteUnlink   Operation = "file-write-unlink" // removing, and the old name in renaming
	FileIoctl         Operation = "file-ioctl"
	FileMapExecutable Operation = "file-map-executable"
	IOKitOpen         Operation = "iokit-open"
	IPCSemaphore      Operation = "ipc-posix-sem"
	IPCMemory         Operation = "ipc-posix-shm"
	IPCMemoryRead     Operation = "ipc-posix-shm-read-data"
	IPCMemoryCreate   Operation = "ipc-posix-shm-write-create"
	IPCMemoryWrite    Operation = "ipc-posix-shm-write-data"
	MachHost          Operation = "mach-host*"
	MachLookup        Operation = "mach-lookup"
	NetworkBind       Operation = "network-bind"
	NetworkInbound    Operation = "network-inbound"
	NetworkOutbound   Operation = "network-outbound"
	ProcessExec       Operation = "process-exec"
	ProcessFork       Operation = "process-fork"
	ProcessInfo       Operation = "process-info*"
	PseudoTTY         Operation = "pseudo-tty"
	Signal            Operation = "signal"
	SysctlRead        Operation = "sysctl-read"
	SystemSocket      Operation = "system-socket"
)

// Kind is what a filter looks at.
type Kind string

const (
	Literal      Kind = "literal" // the path itself
	Subpath      Kind = "subpath" // the path and everything below it
	Regex        Kind = "regex"   // Tail, after Value where that is not empty, from the beginning of the path to its end
	Extension    Kind = "extension"
	GlobalName   Kind = "global-name"
	IPCName      Kind = "ipc-posix-name"
	Local        Kind = "local"  // local ip "HOST:PORT"
	Remote       Kind = "remote" // remote ip "HOST:PORT"
	SocketDomain Kind = "socket-domain"
	Target       Kind = "target"
	RequireAll   Kind = "require-all" // each of All
)

// Filter narrows a rule.
type Filter struct {
	Kind  Kind
	Value string   // a path (any bytes but NUL), a name or an address
	Tail  string   // Regex: in the syntax that POSIX's extended regular expressions and Go's share
	All   []Filter // RequireAll
	Why   string   // for people
}

// Rule allows or denies operations where one of its filters matches, and everywhere if it has none.
type Rule struct {
	Action     Action
	Operations []Operation
	Filters    []Filter
	Why        string // for people
}

// Profile is a list of rules behind (deny default).
type Profile []Rule

// Param is a string that a profile takes from outside: sandbox-exec -D NAME=VALUE.
type Param struct{ Name, Value string }
