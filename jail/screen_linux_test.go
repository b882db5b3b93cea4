package jail

import (
	"testing"

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
