//go:build seccompgen && linux && amd64

// Command gen compiles the policy to one file per architecture and group in the folder that it is given. It needs cgo and
// libseccomp (Debian: libseccomp-dev), hence the build tag: the program itself is built without either. It runs on amd64 only,
// because libseccomp takes syscall numbers as they are only for the machine on which it runs; see compile.
//
//	go generate ./seccomp
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"jail/seccomp"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen FOLDER")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func generate(folder string) error {
	for _, arch := range seccomp.Architectures() {
		for _, group := range seccomp.Groups() {
			if err := write(folder, arch, nil, group); err != nil {
				return err
			}
			if arch.Compat == nil || group == seccomp.Group32Bit {
				continue
			}
			if err := write(folder, *arch.Compat, &arch, group); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(folder string, arch seccomp.Architecture, host *seccomp.Architecture, group seccomp.Group) error {
	program, err := filter(arch, host, group)
	if err != nil {
		return fmt.Errorf("cannot compile group %s for %s: %w", group, arch.Name, err)
	}
	path := filepath.Join(folder, arch.Name+"-"+string(group)+".bpf")
	fmt.Printf("%4d instructions in %s\n", len(program), path)
	return os.WriteFile(path, program.bytes(), 0o644)
}
