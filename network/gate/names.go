package gate

import (
	"hash/fnv"
	"net/netip"
	"strings"
	"sync"

	"jail/network"
)

// pool is where names get addresses that mean nothing outside of the jail. It looks like the world's: tools refuse what looks
// local to protect their users.
var pool = netip.MustParsePrefix("6.6.0.0/16")

// HostName is the name by which a jail reaches those ports of the host that it was given.
const HostName = "host.jail.internal"

const (
	poolSize  = 1 << 16
	mostNames = poolSize * 3 / 4 // so that a free address is near
)

// names gives each name an address of the pool, and remembers whose it is.
type names struct {
	mutex  sync.Mutex
	byName map[string]uint16
	bySlot map[uint16]string
	idle   []string // that no rule is about, the oldest first
}

func newNames() *names { return &names{byName: map[string]uint16{}, bySlot: map[uint16]string{}} }

// address is that of a canonical name: the same in each run, unless another name took it first. A name that is to be kept is
// forgotten only where all are.
func (n *names) address(name string, keep bool) netip.Addr {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	slot, known := n.byName[name]
	if !known {
		if len(n.bySlot) >= mostNames {
			n.forget()
		}
		sum := fnv.New32a()
		sum.Write([]byte(name))
		for slot = uint16(sum.Sum32()); !n.free(slot); slot++ {
		}
		n.byName[name], n.bySlot[slot] = slot, name
		if !keep {
			n.idle = append(n.idle, name)
		}
	}
	base := pool.Addr().As4()
	return netip.AddrFrom4([4]byte{base[0], base[1], byte(slot >> 8), byte(slot)})
}

// free leaves out what looks like a network or a broadcast.
func (n *names) free(slot uint16) bool {
	_, taken := n.bySlot[slot]
	return !taken && slot != 0 && slot != poolSize-1
}

// forget makes room: the name goes that was asked for first and that no rule is about, or any where there are rules about all.
func (n *names) forget() {
	for len(n.idle) > 0 {
		name := n.idle[0]
		n.idle = n.idle[1:]
		if slot, ok := n.byName[name]; ok {
			delete(n.byName, name)
			delete(n.bySlot, slot)
			return
		}
	}
	for slot, name := range n.bySlot {
		delete(n.byName, name)
		delete(n.bySlot, slot)
		return
	}
}

// name is whose an address is.
func (n *names) name(address netip.Addr) (string, bool) {
	if !pool.Contains(address) {
		return "", false
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	four := address.As4()
	name, ok := n.bySlot[uint16(four[2])<<8|uint16(four[3])]
	return name, ok
}

// servable is the canonical form of a name, and whether it gets an address where no rule names it: names of one
// label and those of local networks are nobody's in a jail.
func servable(name string) (string, bool) {
	name, err := network.Canonical(name)
	if err != nil {
		return "", false
	}
	if name == HostName {
		return name, true
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch last {
	case name, "local", "internal", "arpa", "onion", "localhost", "invalid":
		return name, false
	}
	return name, true
}
