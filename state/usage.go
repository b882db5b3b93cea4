package state

import "time"

// Usage is what the jail of a session takes of the machine, jail's own processes included that are in it.
type Usage struct {
	CPU    time.Duration // of all processors, since it began; what ended counts where somebody waited for it
	Memory int64         // bytes
}
