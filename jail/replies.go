package jail

import (
	"io"
	"sync"
)

// maxReplies bounds what a command may leave unread of what its terminal would answer, in bytes beyond what the kernel holds. Linux
// drops what is typed to a program that does not read, too.
const maxReplies = 64 << 10

// Replies writes to a command what its terminal would answer. The command may read only when it could write, and so nobody waits for
// it; and it may never read, and so what does not fit is dropped. The zero value is ready, and may be used by several at a time.
type Replies struct {
	mutex   sync.Mutex
	unsaid  []byte
	writing bool
}

// Say sends a reply, behind those before. All replies of one value go to the same writer.
func (r *Replies) Say(to io.Writer, reply []byte) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(reply) == 0 || len(r.unsaid)+len(reply) > maxReplies {
		return
	}
	r.unsaid = append(r.unsaid, reply...)
	if !r.writing {
		r.writing = true
		go r.write(to)
	}
}

// write ends when all is said, or when nobody can hear it any more.
func (r *Replies) write(to io.Writer) {
	for {
		r.mutex.Lock()
		saying := r.unsaid
		r.unsaid, r.writing = nil, len(saying) > 0
		r.mutex.Unlock()
		if len(saying) == 0 {
			return
		}
		_, _ = to.Write(saying) // an error: the next one has it too
	}
}
