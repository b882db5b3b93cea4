package session

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"jail/jail"
)

// Client talks to a run. Each connection is for one thing that is asked.
type Client struct {
	link   *link
	writes sync.Mutex
}

// Dial connects to the run of a jail. An error means that nothing runs there, or nothing that answers.
func (f Folder) Dial() (*Client, error) {
	conn, err := f.dial()
	if err != nil {
		return nil, err
	}
	if !ours(conn) {
		conn.Close()
		return nil, errors.New("the socket is another user's")
	}
	return &Client{link: newLink(conn)}, nil
}

// Close ends what was asked for: whoever has attached detaches, and a further command is ended.
func (c *Client) Close() { c.link.conn.Close() }

// ErrGone means that the run ended without a word.
var ErrGone = errors.New("the run ended without a word: it was killed")

func (c *Client) ask(r request) (reply, error) {
	if err := c.say(r); err != nil {
		return reply{}, ErrGone
	}
	return c.answer()
}

func (c *Client) say(r request) error {
	c.writes.Lock()
	defer c.writes.Unlock()
	return c.link.send(r)
}

func (c *Client) answer() (reply, error) {
	var r reply
	err := c.link.receive(&r)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return r, err
	case err != nil:
		return r, ErrGone
	}
	return r, r.err()
}

// statusTimeout is how long a run that is busy may take to say what it is doing.
const statusTimeout = 2 * time.Second

// Status asks what the run is doing.
func (c *Client) Status() (Status, error) {
	_ = c.link.conn.SetDeadline(time.Now().Add(statusTimeout))
	return c.status(request{Verb: verbStatus})
}

func (c *Client) status(r request) (Status, error) {
	got, err := c.ask(r)
	if err == nil && got.Status == nil {
		err = ErrGone
	}
	if err != nil {
		return Status{}, err
	}
	return *got.Status, nil
}

// Stop ends the run: with SIGTERM, and by force when the grace period is over, which may be none. It returns how it ended.
func (c *Client) Stop(grace time.Duration) (Status, error) {
	return c.status(request{Verb: verbStop, Grace: grace})
}

// Send types a text at the terminal of a detached run, and presses Enter behind it.
func (c *Client) Send(text string, enter bool) error {
	_, err := c.ask(request{Verb: verbSend, Text: text, Enter: enter})
	return err
}

// Wait waits until the run does one of those, or ends. It returns what it does then.
func (c *Client) Wait(states ...State) (Status, error) {
	return c.status(request{Verb: verbWait, For: states})
}

// Attached is a terminal of a run's, or the pipes of a further command.
type Attached struct {
	Files  []*os.File
	Output jail.Output // what of it is for the user's terminal
	Screen jail.Screen // what that is to show beyond it
}

// Attach begins to look at a detached run, and to type unless only looking.
func (c *Client) Attach(w jail.Window, readOnly bool) (Attached, error) {
	return c.attached(request{Verb: verbAttach, Window: w, ReadOnly: readOnly}, 1)
}

// Start starts a further command in the jail. Errors: *jail.StartError.
func (c *Client) Start(p jail.Process) (Attached, error) {
	files := 1
	if p.Window == (jail.Window{}) {
		files = 3
	}
	return c.attached(request{Verb: verbStart, Process: &p}, files)
}

func (c *Client) attached(r request, want int) (Attached, error) {
	got, err := c.ask(r)
	files := c.link.take()
	if err == nil && len(files) != want {
		err = ErrGone
	}
	if err != nil {
		for _, f := range files {
			f.Close()
		}
		return Attached{}, err
	}
	return Attached{files, got.Output, got.Screen}, nil
}

// Resize tells that the terminal which has attached has another size.
func (c *Client) Resize(w jail.Window) { _ = c.say(request{Window: w}) }

// Pass passes a signal on to a further command.
func (c *Client) Pass(s syscall.Signal) { _ = c.say(request{Signal: s}) }

// Ended waits for the end of what was attached to, or started, and returns the exit code.
func (c *Client) Ended() (code int, err error) {
	got, err := c.answer()
	switch {
	case err != nil:
		return 0, err
	case got.Ended != nil:
		return got.Ended.ExitCode(), nil
	case got.Status != nil && got.Status.ExitCode != nil:
		return *got.Status.ExitCode, nil
	}
	return 0, ErrGone
}
