package git

import "syscall"

func (p process) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
