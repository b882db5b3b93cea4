package seccomp

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// program386 is a 32-bit program that makes one call and exits with its errno.
func program386(number, ebx, ecx uint32) []byte {
	const base, header = 0x10000, 52 + 32
	var code []byte
	for i, value := range []uint32{number, ebx, ecx, 0xffffffff, 0xffffffff, 0xffffffff} {
		code = append(code, []byte{0xB8, 0xBB, 0xB9, 0xBA, 0xBE, 0xBF}[i]) // mov eax, ebx, ecx, edx, esi, edi
		code = binary.LittleEndian.AppendUint32(code, value)
	}
	code = append(code, 0xCD, 0x80, 0xF7, 0xD8, 0x89, 0xC3)                                  // int 0x80; neg eax; mov ebx, eax
	code = append(code, 0xB8, 1, 0, 0, 0, 0xCD, 0x80)                                        // mov eax, 1 (exit); int 0x80
	out := []byte("\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x03\x00") // 32 bits, executable, i386
	for _, v := range []uint32{1, base + header, 52, 0, 0, 52 | 32<<16, 1, 0} {
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	size := uint32(header + len(code))
	for _, v := range []uint32{1, 0, base, base, size, size, 5, 0x1000} { // PT_LOAD, read and execute
		out = binary.LittleEndian.AppendUint32(out, v)
	}
	return append(out, code...)
}

// run386 is the status of a 32-bit program under a profile.
func run386(t *testing.T, profile string, number, ebx, ecx uint32) syscall.WaitStatus {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, program386(number, ebx, ecx), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, profile+": "+path, "")
	var exit *exec.ExitError
	if err == nil {
		return 0
	}
	if !errors.As(err, &exit) || exit.ExitCode() == 125 {
		t.Fatalf("%v\n%s", err, out)
	}
	return exit.Sys().(syscall.WaitStatus)
}

func Test32BitPrograms(t *testing.T) {
	if status := run386(t, "free", 6, 0xffffffff, 0); status.ExitStatus() != int(syscall.EBADF) { // close(-1)
		t.Skipf("this kernel runs no 32-bit programs: status %#x", status)
	}
	for _, profile := range []string{"normal", "strict"} {
		if status := run386(t, profile, 6, 0xffffffff, 0); status.Signal() != syscall.SIGSYS {
			t.Errorf("%s: status %#x, want death by SIGSYS", profile, status)
		}
	}
	const invalidType, invalidClone = 0x40000000, syscall.CLONE_NEWUSER | syscall.CLONE_THREAD
	tests := []struct {
		name                  string
		number, ebx, ecx      uint32
		free, normal, relaxed syscall.Errno
	}{
		{"close", 6, 0xffffffff, 0, syscall.EBADF, syscall.EBADF, syscall.EBADF},
		{"unshare", 310, 0xffffffff, 0, syscall.EINVAL, syscall.EPERM, syscall.EINVAL},
		{"clone", 120, invalidClone, 0, syscall.EINVAL, syscall.EPERM, syscall.EINVAL},
		{"socket", 359, 38, invalidType, syscall.EINVAL, syscall.EAFNOSUPPORT, syscall.EAFNOSUPPORT},
		{"socketcall SOCKET", 102, 1, 0xffffffff, syscall.EFAULT, syscall.ENOSYS, syscall.ENOSYS},
		{"socketcall BIND", 102, 2, 0xffffffff, syscall.EFAULT, syscall.EFAULT, syscall.EFAULT},
		{"ioctl TIOCSTI", 54, 0xffffffff, 0x5412, syscall.EBADF, syscall.EPERM, syscall.EPERM},
		{"mount", 21, 0xffffffff, 0xffffffff, syscall.EFAULT, syscall.EPERM, syscall.EPERM},
	}
	for _, test := range tests {
		for profile, want := range map[string]syscall.Errno{
			"free": test.free, "normal,32bit": test.normal, "normal,32bit,userns": test.relaxed,
		} {
			if status := run386(t, profile, test.number, test.ebx, test.ecx); status.ExitStatus() != int(want) {
				t.Errorf("%s under %s: status %#x, want exit with %d (%v)", test.name, profile, status, int(want), want)
			}
		}
	}
}
