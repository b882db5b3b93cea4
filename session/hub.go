package session

import (
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"jail/jail"
	"jail/terminal"
)

// hub is the terminal of a detached run: it shows what the run writes to whoever has attached, and passes on what they type.
type hub struct {
	master  *os.File
	filter  *terminal.Filter // for the terminal of who leads
	quiet   *terminal.Filter // for the others, and for later
	notice  *jail.Notice
	replies jail.Replies
	changed func()        // is told when the run begins or ceases to wait
	ended   chan struct{} // the run closed its terminal
	mutex   sync.Mutex
	output  *output
	viewers []*viewer // the last of those who may type leads
	window  jail.Window
	seq     int64 // of the last that was written
	wrote   time.Time
}

// newHub takes over the other side of a run's terminal, and closes it where it fails. Waits is that of jail.View.
func newHub(master *os.File, spec jail.Spec, to *output, waits func(terminal.Status)) (*hub, error) {
	master, err := jail.Pollable(master)
	if err != nil {
		return nil, err
	}
	h := &hub{
		master: master, output: to, ended: make(chan struct{}), wrote: time.Now(), window: jail.UsualWindow,
		quiet: terminal.New(terminal.Policy{Audience: terminal.Watching}),
	}
	// A terminal is told by whoever shows it.
	if h.notice, err = jail.NewNotice(spec.Screen, nil, waits); err != nil {
		master.Close()
		return nil, err
	}
	if policy, filtered := spec.Output.Policy(); filtered {
		if spec.Output == jail.OutputAsk {
			policy.Clipboard = terminal.ClipboardWritten // whoever looks is asked
		}
		h.filter = terminal.New(policy)
	}
	return h, nil
}

// serve shows what the run writes until it has closed its terminal.
func (h *hub) serve() {
	said := make([]byte, 64<<10)
	for {
		n, err := h.master.Read(said)
		h.show(said[:n])
		if err != nil { // EIO: nobody has the other side any more
			break
		}
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	close(h.ended)
	h.notice.Stop()
	for _, v := range h.viewers {
		v.end()
	}
	h.output.close()
}

// show gives every viewer what was written.
func (h *hub) show(said []byte) {
	if len(said) == 0 {
		return
	}
	h.mutex.Lock()
	scrolled := !h.quiet.Alternate()
	var loud []byte
	if h.filter == nil {
		loud = slices.Clone(said)
	} else {
		loud = h.filter.Filter(make([]byte, 0, len(said)), said)
	}
	quiet := h.quiet.Filter(make([]byte, 0, len(said)), said)
	events, answers := h.quiet.Events(), h.quiet.Replies()
	h.seq++
	h.wrote = time.Now()
	h.output.write(quiet, scrolled || !h.quiet.Alternate())
	seq, viewers, leader := h.seq, slices.Clone(h.viewers), h.leader()
	h.mutex.Unlock()
	h.follow(func() { h.notice.Wrote(events) })
	if leader == nil {
		h.replies.Say(h.master, answers)
	}
	for _, v := range viewers {
		if v == leader {
			v.push(seq, loud)
		} else {
			v.push(seq, quiet)
		}
	}
}

// follow tells of it where something changes what the run is doing.
func (h *hub) follow(something func()) {
	before := h.notice.Status().State
	something()
	if h.notice.Status().State != before {
		h.changed()
	}
}

// leader is whose terminal answers what the run asks of its terminal: several would answer several times.
func (h *hub) leader() *viewer {
	for _, v := range slices.Backward(h.viewers) {
		if !v.readOnly {
			return v
		}
	}
	return nil
}

// redraw is how long a program may take to notice that its window has another size, before it gets its size back.
const redraw = 50 * time.Millisecond

// attach shows the run to somebody more, who sits at the other end of a socket.
func (h *hub) attach(socket *os.File, window jail.Window, readOnly bool) *viewer {
	v := newViewer(h, socket, window, readOnly)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	v.queue <- h.picture(v)
	select {
	case <-h.ended:
		v.end()
		return v
	default:
	}
	h.viewers = append(h.viewers, v)
	before := h.window
	h.resize()
	if h.quiet.Alternate() && before == h.window {
		// What stands there only the program knows: it draws anew when its window changes. By a column and not a row, which would
		// scroll.
		go func() {
			h.setWindow(jail.Window{Rows: before.Rows, Columns: before.Columns - 1})
			time.Sleep(redraw)
			h.mutex.Lock()
			defer h.mutex.Unlock()
			h.setWindow(h.window)
		}()
	}
	return v
}

// repaint is a picture for a viewer that fell behind.
func (h *hub) repaint(v *viewer) []byte {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	v.behind.Store(false)
	return h.picture(v)
}

// picture is what brings a fresh terminal to where the run has its own.
//
// Preconditions: the mutex is held.
func (h *hub) picture(v *viewer) []byte {
	v.seen.Store(h.seq)
	text := []byte("\x1b[0m\x1b[H\x1b[2J")
	if !h.quiet.Alternate() {
		text = append(text, h.output.again()...)
	}
	return append(text, h.quiet.Restore()...)
}

// detach forgets a viewer.
func (h *hub) detach(v *viewer) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if i := slices.Index(h.viewers, v); i >= 0 {
		h.viewers = slices.Delete(h.viewers, i, i+1)
		h.resize()
	}
	v.end()
}

// input passes keys on.
func (h *hub) input(v *viewer, keys []byte) error {
	h.follow(func() { h.notice.Typed(keys) })
	h.mutex.Lock()
	if i := slices.Index(h.viewers, v); i >= 0 && h.leader() != v { // -1 of nobody
		h.viewers = append(slices.Delete(h.viewers, i, i+1), v) // who types leads
	}
	h.mutex.Unlock()
	_, err := h.master.Write(keys)
	return err
}

// resize makes the run's terminal as large as the smallest of those that type, and leaves it so when they have gone.
//
// Preconditions: the mutex is held.
func (h *hub) resize() {
	var smallest jail.Window
	for _, v := range h.viewers {
		if v.readOnly || v.window == (jail.Window{}) {
			continue
		}
		if smallest == (jail.Window{}) {
			smallest = v.window
		}
		smallest.Rows, smallest.Columns = min(smallest.Rows, v.window.Rows), min(smallest.Columns, v.window.Columns)
	}
	if smallest != (jail.Window{}) && smallest != h.window {
		h.window = smallest
		h.setWindow(smallest)
	}
}

func (h *hub) setWindow(w jail.Window) {
	conn, err := h.master.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: w.Rows, Col: w.Columns})
	})
}
