// Package workers looks at what is found while it is looked at: the folders of a tree.
package workers

import (
	"runtime"
	"slices"
	"sync"
)

// Limits of what one worker takes at once, and of the workers: a disk serves no more at a time.
const (
	atOnce = 16 // to take one item costs as much as to look at it
	most   = 4
)

// bufferSize is of the buffer that each worker has for itself, in bytes: one call of getdents64(2) fills it.
const bufferSize = 64 << 10

// Drain calls look for first and for all that look returns, a few items at once, from several goroutines, until there is no more.
// The last one found is looked at first: of a tree of folders, that keeps few open.
func Drain[T any](first T, look func(items []T, buffer []byte) []T) {
	d := drain[T]{found: []T{first}, look: look}
	d.waiting = sync.NewCond(&d.mu)
	var all sync.WaitGroup
	for range min(runtime.NumCPU(), most) {
		all.Go(d.work)
	}
	all.Wait()
}

type drain[T any] struct {
	look    func([]T, []byte) []T
	mu      sync.Mutex
	waiting *sync.Cond
	found   []T
	busy    int
}

// work takes items until there are none and nobody finds more.
func (d *drain[T]) work() {
	buffer := make([]byte, bufferSize)
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		for len(d.found) == 0 && d.busy > 0 {
			d.waiting.Wait()
		}
		if len(d.found) == 0 {
			return
		}
		rest := len(d.found) - min(len(d.found), atOnce)
		items := slices.Clone(d.found[rest:])
		d.found = d.found[:rest]
		d.busy++
		d.mu.Unlock()
		more := d.look(items, buffer)
		d.mu.Lock()
		d.busy--
		if d.found = append(d.found, more...); len(more) > 0 || d.busy == 0 {
			d.waiting.Broadcast()
		}
	}
}
