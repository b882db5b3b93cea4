package git

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// memory is what a walk remembers of each folder, by its path. A folder that has the same times as before has the same
// names and kinds in it: a change sets its change time, which nobody can choose. So the next walk need not open it.
type memory map[string]remembered

type remembered struct {
	Inode         uint64
	Changed, Made int64    // ctime and mtime in ns
	Below         []string // folders in it
	Found         []Risk   // what was found in it; paths from the top
	Rules         string   // the stamp of the rule files in it; empty where there are none
}

// fresh is how long a folder is not remembered after it was changed: changes of the same tick of the clock leave no trace.
const fresh = 2 * time.Second

// stands returns what is known of a folder, if it is as it was.
func (m memory) stands(path string, st *unix.Stat_t) (remembered, bool) {
	r, ok := m[path]
	return r, ok && r.Inode == st.Ino && r.Changed == unix.TimespecToNsec(st.Ctim) && r.Made == unix.TimespecToNsec(st.Mtim)
}

// settled reports whether a folder that was read after now has not changed shortly before.
func settled(st *unix.Stat_t, now time.Time) bool {
	return now.UnixNano()-max(unix.TimespecToNsec(st.Ctim), unix.TimespecToNsec(st.Mtim)) > int64(fresh)
}

const walkFile = "folders"

// recall reads the memory of the last walk from a folder of ours, and the stamp of its file. Without one there is none, and
// the walk finds everything anew.
func recall(dir string) (memory, string) {
	if dir == "" {
		return memory{}, ""
	}
	f, err := os.Open(filepath.Join(dir, walkFile))
	if err != nil {
		return memory{}, ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return memory{}, ""
	}
	data, err := io.ReadAll(f)
	if err != nil {
		return memory{}, ""
	}
	m, err := parseMemory(data)
	if err != nil {
		return memory{}, ""
	}
	return m, indexStamp(info)
}

// keep writes the memory for the next walk, and returns the stamp of its file.
func (m memory) keep(dir string) (string, error) {
	temp, err := os.CreateTemp(dir, walkFile+"-")
	if err != nil {
		return "", err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(m.encode())
	var stamp string
	if info, statErr := temp.Stat(); statErr == nil {
		stamp = indexStamp(info)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return "", err
	}
	return stamp, os.Rename(temp.Name(), filepath.Join(dir, walkFile))
}

// The file of a memory: memoryMagic, the number of folders, for each its path and what is remembered, and a checksum of all that. Numbers
// are varints, strings and lists have their length before them.
const memoryMagic = "jail folders 2\n"

var errMemory = errors.New("not the memory of a walk")

func (m memory) encode() []byte {
	b := binary.AppendUvarint([]byte(memoryMagic), uint64(len(m)))
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for path, r := range m {
		text(path)
		b = binary.AppendUvarint(b, r.Inode)
		b = binary.AppendVarint(b, r.Changed)
		b = binary.AppendVarint(b, r.Made)
		text(r.Rules)
		b = binary.AppendUvarint(b, uint64(len(r.Below)))
		for _, name := range r.Below {
			text(name)
		}
		b = binary.AppendUvarint(b, uint64(len(r.Found)))
		for _, risk := range r.Found {
			text(risk.Path)
			text(risk.Why)
		}
	}
	return summed(b)
}

func summed(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) }

// parseMemory is the reverse of encode. A file that was cut off, or is another's, is an error.
func parseMemory(data []byte) (memory, error) {
	const sum = 4
	if len(data) < len(memoryMagic)+sum || !bytes.HasPrefix(data, []byte(memoryMagic)) {
		return nil, errMemory
	}
	rest := data[len(memoryMagic) : len(data)-sum]
	if crc32.ChecksumIEEE(data[:len(data)-sum]) != binary.LittleEndian.Uint32(data[len(data)-sum:]) {
		return nil, errMemory
	}
	// One string for all: its parts cost nothing.
	p := memoryParser{rest: string(rest)}
	m := make(memory, p.length())
	for p.rest != "" && !p.bad {
		path := p.text()
		r := remembered{Inode: p.number(), Changed: p.signed(), Made: p.signed(), Rules: p.text()}
		n := p.length()
		if n > 0 {
			r.Below = make([]string, 0, n)
		}
		for range n {
			r.Below = append(r.Below, p.text())
		}
		for range p.length() {
			r.Found = append(r.Found, Risk{p.text(), p.text()})
		}
		m[path] = r
	}
	if p.bad {
		return nil, errMemory
	}
	return m, nil
}

// memoryParser takes values from the front. After one that is none, all are zero.
type memoryParser struct {
	rest string
	bad  bool
}

func (p *memoryParser) number() uint64 {
	var n uint64
	for i := 0; i < len(p.rest) && i < binary.MaxVarintLen64; i++ {
		n |= uint64(p.rest[i]&0x7f) << (7 * i)
		if p.rest[i] < 0x80 {
			p.rest = p.rest[i+1:]
			return n
		}
	}
	p.rest, p.bad = "", true
	return 0
}

func (p *memoryParser) signed() int64 {
	n := p.number()
	return int64(n>>1) ^ -int64(n&1)
}

// length is that of what follows: every part of it takes a byte at least.
func (p *memoryParser) length() int {
	n := p.number()
	if n > uint64(len(p.rest)) {
		p.rest, p.bad = "", true
		return 0
	}
	return int(n)
}

func (p *memoryParser) text() string {
	n := p.length()
	s := p.rest[:n]
	p.rest = p.rest[n:]
	return s
}
