//go:build seccompgen && linux && amd64

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	libseccomp "github.com/seccomp/libseccomp-golang"
	"golang.org/x/sys/unix"

	"jail/seccomp"
)

// compile has libseccomp make the part of a program that decides on numbers and arguments. It expects the number in the
// accumulator, and ends in a verdict on each way.
//
// Every architecture is compiled as if it were the one that gen runs on, with the numbers of the real one, and libseccomp's own
// check of the architecture is cut off. Otherwise libseccomp would translate the numbers by name, fail on the names that it
// does not know yet, and on 386 turn socket into socketcall. All of them are little-endian and get arguments as 64 bits.
func compile(arch seccomp.Architecture, group seccomp.Group) (program, error) {
	filter, err := libseccomp.NewFilter(libseccomp.ActAllow)
	if err != nil {
		return nil, err
	}
	defer filter.Release()
	if err := errors.Join(filter.SetBadArchAction(libseccomp.ActAllow), filter.SetOptimize(2)); err != nil { // 2: a binary tree
		return nil, err
	}
	added := false
	for _, rule := range seccomp.Rules() {
		if rule.Group != group {
			continue
		}
		for _, name := range rule.Names(arch.Name) {
			if err := add(filter, arch.Name, name, rule); err != nil {
				return nil, fmt.Errorf("cannot add %s: %w", name, err)
			}
			added = true
		}
	}
	if !added {
		return program{allow}, nil
	}
	return export(filter)
}

// export goes through a file because libseccomp writes into memory only from 2.6 on.
func export(filter *libseccomp.ScmpFilter) (program, error) {
	file, err := os.CreateTemp("", "filter")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := errors.Join(os.Remove(file.Name()), filter.ExportBPF(file)); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, err
	}
	return cutHead(parse(raw))
}

// cutHead takes off libseccomp's check for the architecture and for x32.
func cutHead(p program) (program, error) {
	const size = 5
	if len(p) <= size || p[0] != loadArch || p[2] != loadNumber {
		return nil, errors.New("libseccomp's program does not begin as expected")
	}
	for i, want := range []instruction{1: jumpEqual(unix.AUDIT_ARCH_X86_64, 0, 0), 4: jumpEqual(^uint32(0), 0, 0)} {
		if want.code != 0 && (p[i].code != want.code || p[i].k != want.k) {
			return nil, fmt.Errorf("instruction %d of libseccomp's program is not as expected", i)
		}
	}
	return p[size:], nil
}

func add(filter *libseccomp.ScmpFilter, arch, name string, rule seccomp.Rule) error {
	number, err := number(arch, name)
	if err != nil {
		return err
	}
	action := libseccomp.ActErrno.SetReturnCode(int16(rule.Errno))
	// libseccomp knows no "or" in a rule and, masked, nothing but equality: one rule for each way to meet all conditions.
	ways := [][]libseccomp.ScmpCondition{nil}
	for _, condition := range rule.When {
		var longer [][]libseccomp.ScmpCondition
		for _, bits := range patterns(condition) {
			c, err := libseccomp.MakeCondition(condition.Arg, libseccomp.CompareMaskedEqual, uint64(bits.Mask), uint64(bits.Value))
			if err != nil {
				return err
			}
			for _, way := range ways {
				longer = append(longer, append(slices.Clone(way), c))
			}
		}
		ways = longer
	}
	for _, way := range ways {
		if len(way) == 0 {
			return filter.AddRuleExact(number, action)
		}
		if err := filter.AddRuleConditionalExact(number, action, way); err != nil {
			return err
		}
	}
	return nil
}
