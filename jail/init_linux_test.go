package jail

import "testing"

// A parent that died before the kernel was told to end init with it is noticed by its end of the socket.
func TestParentAlive(t *testing.T) {
	parent, child, err := controlPair()
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	if err := parentAlive(int32(child.Fd())); err != nil {
		t.Errorf("alive: %v", err)
	}
	parent.Close()
	if err := parentAlive(int32(child.Fd())); err == nil {
		t.Error("a parent that is gone was not noticed")
	}
}
