package jail

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// further are the commands that init was asked to start beside the first, by pid.
type further struct {
	spec    Spec
	control *os.File
	serials map[int]int
	more    chan<- struct{} // tells who reaps
	ending  bool            // the jail was asked to end
}

// begin starts one and answers with the other side of its terminal or of its pipes: no descriptor of the host's comes into a
// jail whose command runs already.
func (f *further) begin(r request) {
	pid, files, step, err := f.start(*r.Start)
	if err != nil {
		answer := failure(phaseAnswer, step, err)
		answer.Serial = r.Serial
		send(f.control, answer)
		return
	}
	defer closeFDs(files)
	f.serials[pid] = r.Serial
	select {
	case f.more <- struct{}{}:
	default: // it will be seen with the one before
	}
	_ = sendFiles(f.control, report{Phase: phaseAnswer, Serial: r.Serial}, files) // the parent is gone otherwise
}

// start returns the descriptors that are for the parent. Where it is not the command that cannot be started, step says what else.
func (f *further) start(p Process) (pid int, files []int, step string, err error) {
	if len(p.Argv) == 0 {
		p.Argv = []string{variable(f.spec.Env, "SHELL")}
	}
	program, err := findProgram(p.Argv, f.spec.Env)
	if err != nil {
		return 0, nil, "", err
	}
	env := f.spec.Env
	if p.Window == (Window{}) {
		pid, files, err = startPiped(program, p.Argv, env)
		return pid, files, "", err
	}
	if p.Term != "" {
		env = withVariable(env, "TERM", p.Term)
	}
	master, slave, err := openTerminal(p.Window)
	if err != nil {
		return 0, nil, openTerminals, err
	}
	defer unix.Close(slave)
	if pid, err = startAt(slave, program, p.Argv, env); err != nil {
		unix.Close(master)
		return 0, nil, "", err
	}
	return pid, []int{master}, "", nil
}

// startAt starts a command in a session of its own, whose terminal is the slave. It leads an orphaned process group there: no
// shell could continue it, and so the kernel does not let Ctrl-Z stop it (setpgid(2)).
func startAt(slave int, program string, argv, env []string) (pid int, err error) {
	at := uintptr(slave)
	return syscall.ForkExec(program, argv, &syscall.ProcAttr{
		Env: env, Files: []uintptr{at, at, at}, Sys: &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0},
	})
}

// startPiped starts a command with three pipes and returns our ends of them.
func startPiped(program string, argv, env []string) (pid int, ours []int, err error) {
	var theirs []int
	defer func() {
		closeFDs(theirs)
		if err != nil {
			closeFDs(ours)
		}
	}()
	files := make([]uintptr, 3)
	for i := range files {
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return 0, ours, fmt.Errorf("pipe2: %w", err)
		}
		read, write := ends[0], ends[1]
		if i == 0 {
			read, write = write, read
		}
		ours, theirs = append(ours, read), append(theirs, write)
		files[i] = uintptr(write)
	}
	pid, err = syscall.ForkExec(program, argv, &syscall.ProcAttr{Env: env, Files: files, Sys: &syscall.SysProcAttr{Setsid: true}})
	return pid, ours, err
}

func closeFDs(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

// ended tells the parent how a further command ended. Other children of init's are not its business.
func (f *further) ended(c child) {
	serial, ours := f.serials[c.pid]
	if !ours {
		return
	}
	delete(f.serials, c.pid)
	send(f.control, report{Phase: phaseEnded, Serial: serial, Result: resultOf(c.status)})
}

// signal signals the group of the command that was started by the request of that number, and every group for 0.
func (f *further) signal(serial int, sig syscall.Signal) {
	for pid, of := range f.serials {
		if serial == 0 || of == serial {
			_ = syscall.Kill(-pid, sig) // ESRCH: it just ended
		}
	}
}

// findProgram resolves a command's first word as execvp(3) does. Errors: ENOENT, EACCES.
func findProgram(argv, env []string) (string, error) {
	if len(argv) == 0 || argv[0] == "" {
		return "", unix.ENOENT
	}
	if strings.Contains(argv[0], "/") {
		return argv[0], nil // the kernel says what is wrong with it
	}
	found := error(unix.ENOENT)
	for _, dir := range strings.Split(variable(env, "PATH"), ":") {
		if dir == "" {
			continue // the working directory is the agent's to fill
		}
		candidate := path.Join(dir, argv[0])
		var st unix.Stat_t
		if unix.Stat(candidate, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
			continue
		}
		if err := unix.Access(candidate, unix.X_OK); err == nil {
			return candidate, nil
		} else if errors.Is(err, unix.EACCES) {
			found = err
		}
	}
	return "", found
}

// variable returns the value of a variable in NAME=value pairs.
func variable(env []string, name string) string {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// withVariable returns the pairs with one variable set anew.
func withVariable(env []string, name, value string) []string {
	with := []string{name + "=" + value}
	for _, pair := range env {
		if !strings.HasPrefix(pair, name+"=") {
			with = append(with, pair)
		}
	}
	return with
}
