package jail

import (
	"os"
	"testing"
	"time"

	"github.com/creack/pty"

	"jail/terminal"
)

// Of a command whose terminal cannot be shown nothing would be seen: it ends for want of one.
func TestScreenThatFailsLeavesNoTerminal(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	view := View{Streams: Streams{In: slave, Out: slave, Err: slave}, Far: master}
	view.Screen.Titles = terminal.Titles{Waiting: "("}
	if _, err := newScreen(view); err == nil {
		t.Fatal("a title that is no regular expression is taken")
	}
	if _, err := slave.Write([]byte("x")); err == nil {
		t.Error("the terminal has another side still")
	}
}

// What a jail is answered comes when it comes, and not only for a moment after a key.
func TestAnswersPassLongAfterKeys(t *testing.T) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	defer theirs.Close()
	s := &screen{master: theirs, leaves: true, deaf: true}
	if err := s.pass([]byte("k")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * stillUnread)
	if _, err := s.master.Write([]byte("answer")); err != nil {
		t.Error(err)
	}
}
