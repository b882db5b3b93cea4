package git

import (
	"os"
	"syscall"
)

func (p process) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// namelessFile is a file that goes with its last descriptor.
func namelessFile() (*os.File, error) {
	f, err := os.CreateTemp("", "jail-git-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
