package git

import "syscall"

// attributes let git end with us, so that no checkout goes on behind the back of the next process, which rolls it
// back. SIGTERM, because git then removes what it has half made.
func (p process) attributes() *syscall.SysProcAttr {
	if p.outlives {
		return &syscall.SysProcAttr{Setpgid: true}
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
