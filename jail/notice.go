package jail

import (
	"sync"
	"time"

	"jail/terminal"
)

const (
	// idle is how long a command may neither write nor be typed to before it counts as idle.
	idle = 10 * time.Second
	// noticeGap is the shortest time between two notices: what waits again and again must not take the desktop over.
	noticeGap = 5 * time.Second
)

// Notice follows what a command is doing and tells the user when it begins to wait. It may be used by several at a time.
type Notice struct {
	mutex    sync.Mutex
	activity *terminal.Activity
	tell     func(terminal.Status) // nil: nobody is to be told
	told     time.Time             // since when it waited the last time that the user was told
	at       time.Time             // when that was
	later    *time.Timer           // to the end of the gap
}

// NewNotice follows a command. What a terminal of the user's is to show goes to say; waits is View's.
func NewNotice(s Screen, say func([]byte), waits func(terminal.Status)) (*Notice, error) {
	activity, err := terminal.NewActivity(s.Titles, idle, time.Now())
	n := &Notice{activity: activity}
	switch {
	case s.Notify == NotifyOff:
	case s.Notify == NotifyCommand:
		n.tell = waits
	case say != nil:
		n.tell = func(status terminal.Status) { say(notification(s, status)) }
	}
	return n, err
}

// notification is what the caller's terminal is sent, unless it has had as much from the command itself.
func notification(s Screen, status terminal.Status) []byte {
	switch {
	case status.Cause == terminal.EventBell && s.Notify == NotifyBell, status.Cause == terminal.EventNotification && s.Notify != NotifyBell:
		return nil
	case s.Notify == NotifyBell:
		return []byte("\a")
	}
	text := s.About + " waits"
	if status.Text != "" {
		text += ": " + status.Text
	}
	if s.Notify == NotifyOSC777 {
		return terminal.Notification777("jail", text)
	}
	return terminal.Notification9("jail " + text)
}

// Wrote tells that the command wrote something, and what terminal.Filter.Events gave of it.
func (n *Notice) Wrote(events []terminal.Event) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	now := time.Now()
	n.activity.Wrote(now, events)
	if len(events) > 0 {
		n.check(now)
	}
}

// Typed tells that keys were sent to the command.
func (n *Notice) Typed(keys []byte) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.activity.Typed(time.Now(), keys)
}

// check tells the user, at once or at the end of the gap if it still waits then. The caller holds n.mutex.
func (n *Notice) check(now time.Time) {
	status := n.activity.Status(now)
	if n.tell == nil || status.State != terminal.Waiting || status.Since.Equal(n.told) || n.later != nil {
		return
	}
	if wait := n.at.Add(noticeGap).Sub(now); wait > 0 {
		n.later = time.AfterFunc(wait, n.again)
		return
	}
	n.told, n.at = status.Since, now
	go n.tell(status)
}

func (n *Notice) again() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.later != nil {
		n.later = nil
		n.check(time.Now())
	}
}

// Status is what the command is doing.
func (n *Notice) Status() terminal.Status {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.activity.Status(time.Now())
}

// Stop ends the telling.
func (n *Notice) Stop() {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.later != nil {
		n.later.Stop()
	}
	n.tell = nil
}
