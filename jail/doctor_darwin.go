package jail

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"jail/mounts"
)

// Doctor tries what a jail is built from: that a program runs under a profile, and that one file is shown and another is not.
func Doctor() []Check {
	const name, fix = "seatbelt", "look for the reason: log show --last 1m --predicate 'sender == \"Sandbox\"'"
	dir, err := os.MkdirTemp("", "jail-doctor")
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return []Check{{name, Missing, err.Error(), "look at $TMPDIR"}}
	}
	defer os.RemoveAll(dir)
	shown, hidden := filepath.Join(dir, "shown"), filepath.Join(dir, "hidden")
	for _, file := range []string{shown, hidden} {
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			return []Check{{name, Missing, err.Error(), "look at $TMPDIR"}}
		}
	}
	read := func(file string) int {
		result, err := tryReading(shown, file)
		if err != nil {
			return -1
		}
		return result.ExitCode()
	}
	switch reads, leaks := read(shown), read(hidden); {
	case reads != 0:
		return []Check{{name, Missing, "no program runs under a profile", fix}}
	case leaks == 0:
		return []Check{{name, Missing, "a file is read that no rule shows", "do not use jail on this machine"}}
	}
	return []Check{{name, Works, "a program runs under a profile, and reads what it shows and nothing else", ""}}
}

// tryReading runs cat under a profile that shows one file.
func tryReading(shown, file string) (Result, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return Result{}, err
	}
	defer null.Close()
	s := Spec{
		Backend: BackendSeatbelt, Hostname: "jail", Dir: "/", Program: "/bin/cat", Argv: []string{"cat", file}, Env: []string{"PATH=/usr/bin:/bin"},
		UID: os.Geteuid(), GID: os.Getegid(), Network: NetworkNone, Terminal: TerminalNone, Grace: time.Second, Landlock: WallOff, Syscalls: Syscalls{Wall: WallOff},
	}
	for _, p := range []string{"/System/Cryptexes", "/System/Library", "/System/Volumes/Preboot/Cryptexes", "/bin", shown, "/usr/lib"} {
		s.Mounts = append(s.Mounts, mounts.Mount{Kind: mounts.Bind, Source: p, Target: p})
	}
	mounts.Sort(s.Mounts)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return confined{applier: sandboxExec, streams: Streams{In: null, Out: null, Err: null}, spec: s, leader: new(atomic.Int64)}.run(ctx, func() {})
}
