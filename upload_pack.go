package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"jail/git"
	"jail/jail"
	"jail/plan"
)

// These verbs are for git only: it starts this program as the other end of a fetch, from a jail's git directory or from
// what is staged there.
const (
	uploadPackVerb  = "__upload-pack"
	uploadIndexVerb = "__upload-index"
)

// maxPack is how much a fetch may bring.
const maxPack = 2 << 30

// uploadPack runs git upload-pack on a jail's git directory in a throw-away jail, on the standard streams. What comes out is
// counted: a jail must not fill the disk.
func uploadPack(verb, dir string) error {
	places, err := findPlaces()
	if err != nil {
		return err
	}
	if dir, err = places.folderOf(dir); err != nil {
		return err
	}
	view, err := git.LoadView(dir)
	if err != nil {
		return err
	}
	// git ends us with SIGPIPE or SIGTERM, and the jail ends with us.
	signal.Ignore(syscall.SIGHUP)
	out, wait, err := counted(maxPack)
	if err != nil {
		return err
	}
	host := places.host()
	what := plan.UploadRefs
	if verb == uploadIndexVerb {
		what = plan.UploadIndex
	}
	spec, err := plan.UploadPack(host, *gitView(view), what)
	if err != nil {
		return err
	}
	prepared, err := jail.Prepare(spec, jail.Standard())
	if err != nil {
		return err
	}
	out.Close()
	result, err := prepared.Run(spec, func(jail.Walls) {})
	// The last writer: the end of the stream is seen.
	if closeErr := syscall.Close(1); err == nil {
		err = closeErr
	}
	if countErr := wait(); err == nil {
		err = countErr
	}
	if err != nil {
		return err
	}
	return exitWith(result.ExitCode())
}

// counted puts a pipe in place of standard output, and copies what comes out of it to where standard output led, up to a
// limit. The file is the write end, standard output a copy of it.
func counted(limit int64) (out *os.File, wait func() error, err error) {
	real, err := syscall.Dup(1)
	if err != nil {
		return nil, nil, err
	}
	syscall.CloseOnExec(real)
	to := os.NewFile(uintptr(real), "output")
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Dup2(int(write.Fd()), 1); err != nil {
		return nil, nil, err
	}
	var copied sync.WaitGroup
	var copyErr error
	copied.Go(func() {
		defer to.Close()
		n, err := io.Copy(to, io.LimitReader(read, limit+1))
		if copyErr = err; n > limit {
			copyErr = fmt.Errorf("what the jail made is larger than %d MiB", limit>>20)
			fmt.Fprintln(os.Stderr, copyErr)
		}
		read.Close() // whoever still writes ends
	})
	return write, func() error { copied.Wait(); return copyErr }, nil
}
