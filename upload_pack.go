package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

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
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, wait, err := counted(maxPack, cancel)
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
	result, err := prepared.Read(ctx, spec)
	// The last writer: the end of the stream is seen.
	if closeErr := syscall.Close(1); err == nil {
		err = closeErr
	}
	if countErr := wait(); countErr != nil {
		err = countErr
	}
	if err != nil {
		return err
	}
	return exitWith(result.ExitCode())
}

// counted puts a pipe in place of standard output, and copies what comes out of it to where standard output led, up to a
// limit. The file is the write end, standard output a copy of it. When nothing comes for too long, stalled is called.
func counted(limit int64, stalled func()) (out *os.File, wait func() error, err error) {
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
		n, err := io.Copy(to, io.LimitReader(lively{read}, limit+1))
		switch copyErr = err; {
		case errors.Is(err, os.ErrDeadlineExceeded):
			copyErr = fmt.Errorf("git could not read what the jail made: nothing came for %s", patience)
			stalled()
		case n > limit:
			copyErr = fmt.Errorf("what the jail made is larger than %d MiB", limit>>20)
			fmt.Fprintln(os.Stderr, copyErr)
		}
		read.Close() // whoever still writes ends
	})
	return write, func() error { copied.Wait(); return copyErr }, nil
}

// patience is how long upload-pack may say nothing. While it makes a pack it sends an empty packet every five seconds
// (git-config(1), uploadpack.keepAlive); one that waits for a FIFO in the jail's git directory says nothing for ever.
const patience = 30 * time.Second

// lively reads a pipe whose other end must not fall silent.
type lively struct{ *os.File }

// Read returns os.ErrDeadlineExceeded when patience is over.
func (l lively) Read(b []byte) (int, error) {
	if err := l.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	return l.File.Read(b)
}
