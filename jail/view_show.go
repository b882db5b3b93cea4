//go:build linux || darwin

package jail

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Show returns when Far has said all. Errors: ErrLeft.
func (v View) Show() error {
	s, err := newScreen(v)
	if err != nil {
		return err
	}
	left := make(chan struct{})
	leave := sync.OnceFunc(func() { close(left) })
	if v.Resized != nil {
		s.larger = func(w *unix.Winsize) { v.Resized(Window{w.Row, w.Col}) }
	}
	if s.leaves = v.Typed != nil; s.leaves {
		s.typed = func(keys []byte) []byte {
			pass, last := v.Typed(keys)
			if last {
				leave()
			}
			return pass
		}
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGWINCH, unix.SIGCONT, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(signals)
	s.start()
	defer s.end()
	for {
		select {
		case <-s.drained:
			return nil
		case <-v.Over:
			return nil
		case <-left:
			s.master.Close()
			return ErrLeft
		case got := <-signals:
			switch {
			case got == unix.SIGWINCH:
				go s.resize()
			case got == unix.SIGCONT:
				s.again()
			case v.Signalled != nil && got != unix.SIGHUP:
				v.Signalled(got.(syscall.Signal))
			default:
				leave()
			}
		}
	}
}
