package jail

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
)

// Gate says what of a filtered network passes. Init knows of it only where it has to listen: the rules stay with the parent,
// which resolves, decides and connects.
type Gate struct {
	Allow     []string   `json:"allow,omitempty"` // rules, as package network reads them
	Deny      []string   `json:"deny,omitempty"`  // rules that win over those
	Ports     []int      `json:"ports,omitempty"` // of the rules: where init listens if the kernel redirects nothing
	HostPorts []HostPort `json:"host_ports,omitempty"`
	Publish   []Publish  `json:"publish,omitempty"`
	Relax     []string   `json:"relax,omitempty"` // what is not looked at, as package config names it
	Log       string     `json:"log,omitempty"`   // the file of the audit log; none where it is empty
}

// HostPort leads from a port of the jail's own loopback to one of the host's.
type HostPort struct {
	Jail int `json:"jail"`
	Host int `json:"host"`
}

func (p HostPort) String() string { return fmt.Sprintf("%d:%d", p.Jail, p.Host) }

// Publish leads from an address of the host to a port of the jail's own loopback. One whose ports are 0 stands for whatever the jail's
// programs listen at.
type Publish struct {
	Address string `json:"address"` // of the host: an IP address
	Host    int    `json:"host"`
	Jail    int    `json:"jail"`
}

// maxDoors bounds the listeners of a jail. The kernel passes 253 descriptors in one message (SCM_MAX_FD).
const maxDoors = 250

// dnsPort is where the jail's programs ask for names.
const dnsPort = 53

func (g Gate) validate() error {
	for _, p := range g.Ports {
		if !isPort(p) {
			return fmt.Errorf("%d is no port", p)
		}
	}
	for _, p := range g.HostPorts {
		if !isPort(p.Jail) || !isPort(p.Host) {
			return fmt.Errorf("host port %s is no port", p)
		}
	}
	if need := 2 * (len(g.Ports) + len(g.HostPorts)); need > maxDoors-4 {
		return fmt.Errorf("%d ports are more than a jail can listen at, %d", need, maxDoors-4)
	}
	return nil
}

// ports are those of the rules and of the host's, each once.
func (g Gate) ports() []int {
	all := slices.Clone(g.Ports)
	for _, p := range g.HostPorts {
		if !slices.Contains(all, p.Jail) {
			all = append(all, p.Jail)
		}
	}
	return all
}

func isPort(n int) bool { return n > 0 && n < 1<<16 }

// Level says how connections get from the programs of a filtered jail to the gate. What passes is the same at both.
type Level string

const (
	LevelNetfilter Level = "netfilter"    // the kernel redirects every TCP port (nft tproxy)
	LevelProxy     Level = "proxy"        // the kernel lets programs reach the gate alone, which they have to ask as a proxy
	LevelListeners Level = "no-netfilter" // init listens at the ports of the rules; others are refused by the kernel, and not logged
)

// Doors are the listeners in a filtered jail, made by its init, that are to be served from outside. There is nothing else
// through which the jail reaches anything.
type Doors struct {
	Level Level
	Why   string // what the kernel lacks for netfilter; empty at that level
	// TCP takes connections to any address and port: the local address of a connection is where it wanted to go.
	TCP []*os.File
	// HostPorts take connections to the ports of the jail's own loopback that lead to the host's. Without netfilter TCP takes
	// those too: the local address is then a loopback's.
	HostPorts []*os.File
	DNS       *os.File // takes connections to port 53
	DNSPacket *os.File // takes datagrams to port 53 of any address
	// Datagrams tells of those that were sent to other addresses than the jail's own and led nowhere, in messages of NFLOG
	// (linux/netfilter/nfnetlink_log.h); nil where the kernel does not.
	Datagrams *os.File
	// Proxy takes connections whose clients say where they want to go. At LevelProxy it is all there is; elsewhere it is nil.
	Proxy *os.File
	// Dial connects to a port of the jail's own loopback. It may be called until Run returns, by several at a time.
	Dial func(port int) (*os.File, error)
	// Who guesses which process of the jail has a connection, by the client's end of it: its pid on the host and the name that
	// it goes by, which is its own choice; 0 where nobody is found.
	Who func(client netip.AddrPort) (pid int, command string)
	// Listening lists the ports of the jail's loopback at which its programs listen, sorted.
	Listening func() []int
}

// files are all of them, in the order in which they travel.
func (d Doors) files() []*os.File {
	if d.Level == LevelProxy {
		return []*os.File{d.Proxy}
	}
	files := append([]*os.File{d.DNSPacket, d.DNS}, d.TCP...)
	files = append(files, d.HostPorts...)
	if d.Datagrams != nil {
		files = append(files, d.Datagrams)
	}
	return files
}

// Close closes them; who serves has them twice (net.FileListener).
func (d Doors) Close() {
	for _, f := range d.files() {
		f.Close()
	}
}
