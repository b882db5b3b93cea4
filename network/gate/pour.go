package gate

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

const (
	smallBuffer = 16 << 10
	largeBuffer = 512 << 10
	mostLarge   = 8 // at a time, of all connections
)

// buffers are those that bytes pass through. A connection has one only while it has bytes, and a large one while it has many and
// few others do.
type buffers struct {
	small, large sync.Pool
	room         chan struct{} // of large ones
}

type buffer struct {
	bytes []byte
	large bool
}

func newBuffers() *buffers {
	fresh := func(size int, large bool) func() any {
		return func() any { return &buffer{make([]byte, size), large} }
	}
	return &buffers{
		small: sync.Pool{New: fresh(smallBuffer, false)},
		large: sync.Pool{New: fresh(largeBuffer, true)},
		room:  make(chan struct{}, mostLarge),
	}
}

func (b *buffers) take(large bool) *buffer {
	if large {
		select {
		case b.room <- struct{}{}:
			return b.large.Get().(*buffer)
		default:
		}
	}
	return b.small.Get().(*buffer)
}

func (b *buffers) giveBack(taken *buffer) {
	if taken.large {
		b.large.Put(taken)
		<-b.room
		return
	}
	b.small.Put(taken)
}

// pour sends on what comes from one connection to another until its end, and returns how many bytes that was.
//
// It copies. Moving pages by a pipe for each direction (splice(2)) is no faster here and takes three times the descriptors; and a
// user has few pages of pipes (pipe-user-pages-soft of pipe(7)): beyond some thirty connections every pipe of every other program
// of theirs would be a tiny one.
func (b *buffers) pour(to, from *net.TCPConn) (total int64, err error) {
	raw, err := from.SyscallConn()
	if err != nil {
		return 0, err
	}
	for much := false; ; {
		taken, n, err := b.read(raw, much)
		if err != nil {
			return total, err
		}
		if n == 0 {
			b.giveBack(taken)
			return total, nil
		}
		written, err := to.Write(taken.bytes[:n])
		b.giveBack(taken)
		if total += int64(written); err != nil {
			return total, err
		}
		much = n >= smallBuffer
	}
}

// read waits for bytes, and takes a buffer when there are some. At the end there are none.
func (b *buffers) read(raw syscall.RawConn, much bool) (taken *buffer, n int, err error) {
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		taken = b.take(much)
		for failed = syscall.EINTR; errors.Is(failed, syscall.EINTR); {
			n, failed = syscall.Read(int(fd), taken.bytes)
		}
		if failed != nil {
			b.giveBack(taken)
		}
		return !errors.Is(failed, syscall.EAGAIN)
	})
	return taken, n, errors.Join(err, failed)
}
