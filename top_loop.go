package main

import (
	"cmp"
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"jail/dashboard"
)

// top is jail top: a board on the screen, what is looked at in the background, and the commands that keys start.
type top struct {
	screen  *fullScreen
	board   dashboard.Board
	looks   *lookout
	news    chan []dashboard.Jail
	said    chan string // by what works in the background
	signals chan os.Signal
	working sync.WaitGroup
}

func newTop(p places, colours palette) *top {
	return &top{
		screen: &fullScreen{palette: colours, typed: make(chan []byte, 16)}, looks: newLookout(p),
		news: make(chan []dashboard.Jail), said: make(chan string), signals: make(chan os.Signal, 16),
	}
}

// run shows the jails until its user has seen enough.
func (t *top) run(parent context.Context) error {
	if err := waitForForeground(); err != nil {
		return err
	}
	signal.Notify(t.signals, unix.SIGWINCH, unix.SIGCONT, unix.SIGTSTP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGHUP)
	defer signal.Stop(t.signals)
	ctx, stop := context.WithCancel(parent)
	defer t.working.Wait() // nothing of ours is left
	defer stop()
	if err := t.screen.take(); err != nil {
		return err
	}
	defer t.screen.give() // also when this panics
	t.background(func() { t.looks.changes.run(ctx) })
	t.background(func() { t.look(ctx) })
	for {
		t.screen.show(&t.board)
		select {
		case jails := <-t.news:
			t.board.Show(jails)
		case text := <-t.said:
			t.board.Say(text)
		case got := <-t.signals:
			if err := t.signalled(got.(syscall.Signal)); err != nil {
				return err
			}
		case typed, there := <-t.screen.typed:
			if !there {
				return hungUp
			}
			if ended, err := t.press(ctx, typed); ended || err != nil {
				return err
			}
		}
	}
}

// background runs something beside the screen.
func (t *top) background(do func()) {
	t.working.Go(func() { t.screen.guard(do) })
}

// look looks at all jails again and again.
func (t *top) look(ctx context.Context) {
	for {
		jails, err := t.looks.look(ctx)
		if err != nil && ctx.Err() == nil {
			t.say(ctx, err.Error())
		} else {
			select {
			case t.news <- jails:
			case <-ctx.Done():
			}
		}
		if !t.looks.pause(ctx) {
			return
		}
	}
}

// say shows a message from the background.
func (t *top) say(ctx context.Context, text string) {
	select {
	case t.said <- printable(text):
	case <-ctx.Done():
	}
}

// signalled returns an error where the signal ends us.
func (t *top) signalled(got syscall.Signal) error {
	switch got {
	case unix.SIGWINCH: // all is drawn anyway
	case unix.SIGCONT: // somebody else may have had the terminal
		t.screen.give()
		return t.screen.take()
	case unix.SIGTSTP:
		return t.suspend()
	default:
		return exitWith(128 + int(got))
	}
	return nil
}

func (t *top) suspend() error {
	err := t.screen.suspend()
	return cmp.Or(t.drain(), err) // SIGCONT was waited for already
}

// press does what keys are for.
func (t *top) press(ctx context.Context, typed []byte) (ended bool, err error) {
	for _, key := range dashboard.Keys(typed) {
		switch action := t.board.Press(key); action.Verb {
		case dashboard.Quit:
			return true, nil
		case dashboard.Suspend:
			err = t.suspend()
		case dashboard.Redraw:
			t.screen.spoilt()
		case dashboard.Refresh:
			t.looks.again("")
		case dashboard.Ask:
			return false, nil // what else was typed, or pasted, is no answer
		case dashboard.Stop:
			t.stop(ctx, action.Jail)
		case dashboard.Attach, dashboard.Enter, dashboard.Diff, dashboard.Logs:
			err = t.command(action)
			t.looks.again(action.Jail)
		}
		if err != nil {
			return true, err
		}
	}
	return false, nil
}

// stop ends a run beside the screen: it may take a while.
func (t *top) stop(ctx context.Context, name string) {
	t.board.Say("ending what runs in " + name + " …")
	go t.screen.guard(func() { // not waited for: it goes on without us
		ended, err := end(name, usualGrace)
		if err != nil {
			ended = err.Error()
		}
		t.say(ctx, ended)
		t.looks.again(name)
	})
}
