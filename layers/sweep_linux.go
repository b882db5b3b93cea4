package layers

import "golang.org/x/sys/unix"

// sweep removes from the host what a killed Apply had not completed: it lies in a folder that the layer still has a change in.
// What cannot be removed is left.
//
// Preconditions: the caller has the lock.
func (l Layer) sweep() {
	upper, lower, err := l.open()
	if err != nil || upper < 0 {
		return
	}
	defer closeDir(upper)
	defer closeDir(lower)
	sweepFolder(upper, lower, 0)
}

func sweepFolder(upper, lower, depth int) {
	if lower < 0 || closed(upper) || depth > maxDepth {
		return
	}
	if what, _, err := look(lower, temporary); err == nil && (what == file || what == link) {
		_ = unix.Unlinkat(lower, temporary, 0)
	}
	list, _ := names(upper)
	for _, name := range list {
		if what, _, err := look(upper, name); err == nil && what == folder {
			sweepBelow(upper, lower, name, depth+1)
		}
	}
}

func sweepBelow(upper, lower int, name string, depth int) {
	up, err := openDir(upper, name)
	if err != nil {
		return
	}
	defer closeDir(up)
	low, err := openDir(lower, name)
	if err != nil {
		return
	}
	defer closeDir(low)
	sweepFolder(up, low, depth)
}
