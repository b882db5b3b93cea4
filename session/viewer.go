package session

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"jail/jail"
)

const (
	// queued is how many reads of output a viewer may be behind.
	queued = 16
	// stalled is how long the run waits for a viewer that takes nothing, before it goes on without.
	stalled = time.Second
)

// viewer is somebody who has attached.
type viewer struct {
	hub      *hub
	socket   *os.File
	window   jail.Window // guarded by the hub's mutex
	readOnly bool
	queue    chan []byte
	seen     atomic.Int64 // the number of the last that was in a picture
	behind   atomic.Bool  // it took nothing for too long, and is shown no more until it does
	once     sync.Once
	gone     chan struct{} // nothing more is pushed
	shown    chan struct{} // and all is written
}

func newViewer(h *hub, socket *os.File, window jail.Window, readOnly bool) *viewer {
	v := &viewer{
		hub: h, socket: socket, window: window, readOnly: readOnly,
		queue: make(chan []byte, queued), gone: make(chan struct{}), shown: make(chan struct{}),
	}
	go v.write()
	go v.read()
	return v
}

// push shows the viewer what the run wrote as number seq, and waits for one that is slow.
func (v *viewer) push(seq int64, data []byte) {
	if v.behind.Load() || len(data) == 0 || seq <= v.seen.Load() {
		return
	}
	select {
	case v.queue <- data:
		return
	default:
	}
	patience := time.NewTimer(stalled)
	defer patience.Stop()
	select {
	case v.queue <- data:
	case <-v.gone:
	case <-patience.C:
		v.fallBehind()
	}
}

// fallBehind pushes nothing more until a picture was shown. The viewer may have taken the rest of the queue just now, and wait: it is
// woken by nothing.
func (v *viewer) fallBehind() {
	v.behind.Store(true)
	select {
	case v.queue <- nil:
	default:
	}
}

// write ends with the viewer.
func (v *viewer) write() {
	defer close(v.shown)
	defer v.socket.Close()
	for {
		data, more := v.next()
		if !more {
			return
		}
		if _, err := v.socket.Write(data); err != nil {
			go v.hub.detach(v)
			return
		}
	}
}

// next waits for what is to be shown next.
func (v *viewer) next() (data []byte, more bool) {
	select {
	case data := <-v.queue:
		return data, true
	default:
	}
	if v.behind.Load() { // it takes again
		return v.hub.repaint(v), true
	}
	select {
	case data := <-v.queue:
		return data, true
	case <-v.gone:
	}
	select {
	case data := <-v.queue:
		return data, true
	default:
		return nil, false
	}
}

// read passes on what the viewer types, unless it only looks.
func (v *viewer) read() {
	typed := make([]byte, 4096)
	for {
		n, err := v.socket.Read(typed)
		if n > 0 && !v.readOnly {
			if err := v.hub.input(v, typed[:n]); err != nil {
				return
			}
		}
		if err != nil {
			v.hub.detach(v)
			return
		}
	}
}

// end lets the viewer see what there is still, and go.
func (v *viewer) end() {
	v.once.Do(func() {
		close(v.gone)
		_ = v.socket.SetWriteDeadline(time.Now().Add(stalled))
	})
}
