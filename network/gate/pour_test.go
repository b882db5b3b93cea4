package gate

import (
	"bytes"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"testing"
)

// What is poured arrives whole and in order, however it is cut, by buffers of both sizes; and all of those are given back.
func TestPour(t *testing.T) {
	source := rand.NewChaCha8([32]byte{1})
	for _, tt := range []struct {
		name  string
		sizes []int // of the writes
	}{
		{"nothing", nil},
		{"a byte", []int{1}},
		{"as much as a small buffer", []int{smallBuffer}},
		{"small, large and small again", []int{10, 4 * largeBuffer, 10, smallBuffer + 1, 10}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from, in := connected(t)
			out, to := connected(t)
			b := newBuffers()
			done := make(chan int64, 1)
			go func() {
				n, err := b.pour(to, in)
				if err != nil {
					t.Error(err)
				}
				to.Close()
				done <- n
			}()
			sent, want := sha256.New(), int64(0)
			go func() {
				for _, size := range tt.sizes {
					data := make([]byte, size)
					_, _ = source.Read(data)
					sent.Write(data)
					if _, err := from.Write(data); err != nil {
						t.Error(err)
					}
				}
				from.Close()
			}()
			heard := sha256.New()
			if _, err := io.Copy(heard, out); err != nil {
				t.Fatal(err)
			}
			for _, size := range tt.sizes {
				want += int64(size)
			}
			if got := <-done; got != want {
				t.Errorf("got %d bytes, want %d", got, want)
			}
			if !bytes.Equal(heard.Sum(nil), sent.Sum(nil)) {
				t.Error("what arrived is not what was sent")
			}
			if n := len(b.room); n != 0 {
				t.Errorf("%d large buffers are not given back", n)
			}
		})
	}
}

// Where all large buffers are taken bytes pass by small ones.
func TestLargeBuffersAreFew(t *testing.T) {
	b := newBuffers()
	for range mostLarge {
		if got := len(b.take(true).bytes); got != largeBuffer {
			t.Fatalf("got %d bytes, want %d", got, largeBuffer)
		}
	}
	last := b.take(true)
	if got := len(last.bytes); got != smallBuffer {
		t.Errorf("got %d bytes, want %d", got, smallBuffer)
	}
	b.giveBack(last)
	if got := len(b.room); got != mostLarge {
		t.Errorf("%d large buffers are taken, want %d", got, mostLarge)
	}
}

// A receiver that is gone ends it with an error.
func TestPourTellsOfAReceiverThatIsGone(t *testing.T) {
	from, in := connected(t)
	out, to := connected(t)
	_ = out.SetLinger(0)
	out.Close()
	go func() {
		for { // until the test ends
			if _, err := from.Write(make([]byte, smallBuffer)); err != nil {
				return
			}
		}
	}()
	b := newBuffers()
	if _, err := b.pour(to, in); err == nil {
		t.Error("got no error")
	}
	if n := len(b.room); n != 0 {
		t.Errorf("%d large buffers are not given back", n)
	}
}

// connected are both ends of a connection.
func connected(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	l := listen4(t)
	a = dialTCP(t, l.Addr().String()).(*net.TCPConn)
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); other.Close() })
	return a, other.(*net.TCPConn)
}
