package gate

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"
)

// Entry is a line of the audit log.
type Entry struct {
	Time    time.Time `json:"ts"`
	ID      int64     `json:"id,omitempty"`
	Verdict string    `json:"verdict"` // start, allow, end, deny, log-full
	Reason  string    `json:"reason,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Via     string    `json:"via,omitempty"`   // tcp, dns or udp
	Proto   string    `json:"proto,omitempty"` // tls, http or tcp
	Host    string    `json:"host,omitempty"`
	Port    int       `json:"port,omitempty"`
	SNI     string    `json:"sni,omitempty"`
	IP      string    `json:"ip,omitempty"`
	Times   int       `json:"n,omitempty"`   // how often, where more than once
	PID     int       `json:"pid,omitempty"` // of a process that was refused, on the host: a guess
	Command string    `json:"cmd,omitempty"` // what it calls itself
	Up      int64     `json:"up,omitempty"`
	Down    int64     `json:"down,omitempty"`
	MS      int64     `json:"ms,omitempty"`
}

const (
	logLimit   = 32 << 20
	mostPassed = logLimit * 3 / 4 // of it is for what passed: a jail can make as much of that as it likes
	foldFor    = 10 * time.Second // equal denials within this are one line
	mostFolds  = 1024             // different denials that are kept in mind
)

// reasonUDP is that of datagrams. Browsers try them wherever they go, and do without: they are in the log alone.
const reasonUDP = "udp"

// Unreachable is the reason of a denial that is none of policy: the destination may be reached, and does not answer.
const Unreachable = "dial-error"

// Denial is what was refused at one place, for the lines at the end of a run.
type Denial struct {
	Host   string
	Port   int
	Reason string // the first one
	Times  int
}

// Log writes what is decided. A log that cannot be written stops, and the gate goes on.
type Log struct {
	mutex   sync.Mutex
	to      io.Writer // nil where nothing is to be written
	size    int
	told    map[bool]bool // of denials or of the others: that there is no more room for them
	err     error
	start   []byte // the first line, which waits for a second: a run that reaches for nothing has no log
	denials []Denial
	more    int // denials beyond those
	folded  map[foldKey]*fold
}

type foldKey struct {
	host, reason, sni string
	port              int
}

type fold struct {
	since time.Time
	entry Entry
}

// NewLog writes to a file, or only counts where to is nil.
func NewLog(to io.Writer) *Log {
	return &Log{to: to, folded: map[foldKey]*fold{}, told: map[bool]bool{}}
}

// Write adds a line.
func (l *Log) Write(e Entry) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e.Time = time.Now().UTC().Truncate(time.Millisecond)
	if e.Verdict != "deny" {
		l.line(e)
		return
	}
	if e.Reason != reasonUDP {
		l.count(e)
	}
	key := foldKey{e.Host, e.Reason, e.SNI, e.Port}
	if f, ok := l.folded[key]; ok && e.Time.Sub(f.since) < foldFor {
		f.entry.Times++
		return
	}
	l.flush(key)
	if len(l.folded) >= mostFolds {
		for other := range l.folded { // any: their order does not show
			l.flush(other)
		}
	}
	l.line(e)
	l.folded[key] = &fold{since: e.Time, entry: e}
}

// flush writes how often more a denial came.
func (l *Log) flush(key foldKey) {
	f, ok := l.folded[key]
	if !ok {
		return
	}
	delete(l.folded, key)
	if f.entry.Times > 0 {
		f.entry.Time = time.Now().UTC().Truncate(time.Millisecond)
		l.line(f.entry)
	}
}

func (l *Log) count(e Entry) {
	at := slices.IndexFunc(l.denials, func(d Denial) bool { return d.Host == e.Host && d.Port == e.Port })
	switch {
	case at >= 0:
		l.denials[at].Times++
	case len(l.denials) < mostFolds:
		l.denials = append(l.denials, Denial{e.Host, e.Port, e.Reason, 1})
	default:
		l.more++
	}
}

// line writes one line, unless the log is full or broken.
func (l *Log) line(e Entry) {
	if l.to == nil || l.err != nil {
		return
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if l.err = encoder.Encode(e); l.err != nil {
		return
	}
	if e.Verdict == "start" {
		l.start = line.Bytes()
		return
	}
	limit, denial := mostPassed, e.Verdict == "deny"
	if denial {
		limit = logLimit
	}
	if l.size+line.Len() > limit {
		if l.told[denial] {
			return
		}
		l.told[denial] = true
		line.Reset()
		line.WriteString(`{"ts":"` + e.Time.Format(time.RFC3339Nano) + `","verdict":"log-full"}` + "\n")
	}
	text := append(l.start, line.Bytes()...)
	l.start, l.size = nil, l.size+len(text)
	_, l.err = l.to.Write(text)
}

// Finish writes what is still folded, and returns what was refused and why the log is not whole, where it is not.
func (l *Log) Finish() (denials []Denial, more int, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for key := range l.folded {
		l.flush(key)
	}
	return slices.Clone(l.denials), l.more, l.err
}
