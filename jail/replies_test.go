package jail

import (
	"bytes"
	"io"
	"runtime"
	"testing"
)

func TestRepliesKeepTheirOrder(t *testing.T) {
	read, write := io.Pipe()
	var r Replies
	var want bytes.Buffer
	for i := range 100 {
		reply := []byte{'0' + byte(i%10), ';'}
		want.Write(reply)
		r.Say(write, reply)
	}
	got := make([]byte, want.Len())
	if _, err := io.ReadFull(read, got); err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("got %q, want %q (%v)", got, want.Bytes(), err)
	}
}

// A command that asks its terminal without end and never reads takes no memory of the host's for that.
func TestRepliesThatNobodyReadsAreBounded(t *testing.T) {
	read, write := io.Pipe()
	defer read.Close()
	var r Replies
	before := runtime.NumGoroutine()
	for range 10_000 {
		r.Say(write, make([]byte, 1<<10))
	}
	r.mutex.Lock()
	kept := len(r.unsaid)
	r.mutex.Unlock()
	if more := runtime.NumGoroutine() - before; more > 10 || kept > maxReplies || kept == 0 {
		t.Errorf("%d goroutines more, and %d bytes are kept", more, kept)
	}
}
