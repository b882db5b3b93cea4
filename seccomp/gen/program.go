//go:build seccompgen && linux && amd64

package main

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"jail/seccomp"
)

// instruction is a struct sock_filter of linux/filter.h.
type instruction struct {
	code          uint16
	ifTrue, ifNot uint8 // instructions to skip
	k             uint32
}

type program []instruction

func (p program) bytes() []byte {
	var out []byte
	for _, i := range p {
		out = binary.LittleEndian.AppendUint16(out, i.code)
		out = append(out, i.ifTrue, i.ifNot)
		out = binary.LittleEndian.AppendUint32(out, i.k)
	}
	return out
}

func parse(raw []byte) program {
	var p program
	for ; len(raw) >= 8; raw = raw[8:] {
		p = append(p, instruction{binary.LittleEndian.Uint16(raw), raw[2], raw[3], binary.LittleEndian.Uint32(raw[4:])})
	}
	return p
}

// The offsets are those of struct seccomp_data.
var (
	loadNumber  = instruction{code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, k: 0}
	loadArch    = instruction{code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, k: 4}
	allow       = instruction{code: unix.BPF_RET | unix.BPF_K, k: unix.SECCOMP_RET_ALLOW}
	killProcess = instruction{code: unix.BPF_RET | unix.BPF_K, k: unix.SECCOMP_RET_KILL_PROCESS}
)

func refuse(errno seccomp.Errno) instruction {
	return instruction{code: unix.BPF_RET | unix.BPF_K, k: unix.SECCOMP_RET_ERRNO | uint32(errno)}
}

func jump(skip uint32) instruction {
	return instruction{code: unix.BPF_JMP | unix.BPF_JA, k: skip}
}

func jumpEqual(value uint32, ifTrue, ifNot uint8) instruction {
	return instruction{unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, ifTrue, ifNot, value}
}

func jumpAbove(value uint32, ifTrue, ifNot uint8) instruction {
	return instruction{unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, ifTrue, ifNot, value}
}
