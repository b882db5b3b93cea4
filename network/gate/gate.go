// Package gate lets connections of a jail through, as a policy says: it answers names with addresses of its own, knows by them
// where a connection wants to go, compares that with the server name of TLS and the host of each HTTP request, and connects.
// What it serves are listeners that lie in the jail's network namespace; it runs outside.
package gate

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"jail/network"
)

// Config is what a gate works by.
type Config struct {
	Policy         *network.Policy
	HostPorts      map[int]int // ports of the jail's loopback that lead to the host's
	MaxConnections int         // at a time; 0 for 1024
	Log            *Log
	Upstream       *Proxy // by which it connects; nil for none
	ECH            ECH
	// Who guesses which process has a connection, for the log; nil: nobody is asked.
	Who func(client netip.AddrPort) (pid int, command string)
}

// ECH says what becomes of a client that hides the server's name.
type ECH string

const (
	ECHRefused ECH = ""
	ECHPasses  ECH = "passes" // by the name that it shows
)

// Listeners are the ways into a gate. It closes them.
type Listeners struct {
	TCP       []net.Listener // whose connections' local address is where they want to go
	HostPorts []net.Listener // at the jail's loopback
	DNS       net.Listener
	Packets   *net.UDPConn
	Datagrams *os.File // tells of those that led nowhere, in messages of NFLOG; nil where nothing does
	// Proxy takes connections whose clients say where they want to go, where a jail has no network of its own. The others are nil
	// then.
	Proxy net.Listener
}

const defaultConnections = 1024

// Gate is one that serves.
type Gate struct {
	Config
	listeners Listeners
	names     *names
	queries   limiter
	room      chan struct{}
	buffers   *buffers
	asked     struct {
		sync.Mutex
		second int64
		times  int
	}
	next    atomic.Int64
	context context.Context
	stop    context.CancelFunc
	serving sync.WaitGroup

	addresses func() ([]net.Addr, error) // of this machine

	// Tests put their own here: their servers are at the loopback, which nothing else reaches.
	mayReach func(netip.AddrPort, network.Decision) (network.Reason, bool)
	connect  func(context.Context, *net.Dialer, string) (net.Conn, error)
}

func newGate(c Config) *Gate {
	if c.MaxConnections == 0 {
		c.MaxConnections = defaultConnections
	}
	g := &Gate{Config: c, names: newNames(), room: make(chan struct{}, c.MaxConnections), buffers: newBuffers(), addresses: net.InterfaceAddrs}
	g.mayReach = g.reach
	g.connect = func(ctx context.Context, d *net.Dialer, target string) (net.Conn, error) {
		return d.DialContext(ctx, "tcp", target)
	}
	g.queries.left, g.queries.last = queriesBurst, time.Now()
	g.context, g.stop = context.WithCancel(context.Background())
	return g
}

// Serve begins, and returns at once.
func Serve(c Config, l Listeners) *Gate {
	g := newGate(c)
	g.listeners = l
	if l.Proxy != nil {
		g.serving.Go(func() { g.accept(l.Proxy, g.serveProxy) })
		return g
	}
	for _, one := range l.TCP {
		g.serving.Go(func() { g.accept(one, g.handle) })
	}
	for _, one := range l.HostPorts {
		g.serving.Go(func() { g.accept(one, g.handle) })
	}
	g.serving.Go(func() { g.accept(l.DNS, g.serveStream) })
	g.serving.Go(func() { g.servePackets(l.Packets) })
	if l.Datagrams != nil {
		g.serving.Go(func() { g.serveDatagrams(l.Datagrams) })
	}
	return g
}

// Close ends all connections, and returns when the log has the ends of all. It may be called again.
func (g *Gate) Close() {
	g.stop()
	if l := g.listeners.Proxy; l != nil {
		l.Close()
		g.serving.Wait()
		return
	}
	for _, l := range append(append([]net.Listener{g.listeners.DNS}, g.listeners.TCP...), g.listeners.HostPorts...) {
		l.Close()
	}
	g.listeners.Packets.Close()
	if g.listeners.Datagrams != nil {
		_ = g.listeners.Datagrams.SetReadDeadline(time.Unix(1, 0))
	}
	g.serving.Wait()
}

// mostAsked is how often a second it is asked who has a connection: a jail decides how many are refused.
const mostAsked = 20

// who is Config.Who, if there is one and it was not asked too often.
func (g *Gate) who(client netip.AddrPort) (pid int, command string) {
	second := time.Now().Unix()
	if g.Who == nil {
		return 0, ""
	}
	g.asked.Lock()
	if g.asked.second != second {
		g.asked.second, g.asked.times = second, 0
	}
	g.asked.times++
	often := g.asked.times > mostAsked
	g.asked.Unlock()
	if often {
		return 0, ""
	}
	return g.Who(client)
}

func (g *Gate) closing() bool { return g.context.Err() != nil }

// accept hands each connection over, as long as there is room.
func (g *Gate) accept(l net.Listener, handle func(*net.TCPConn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if g.closing() || errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(20 * time.Millisecond) // out of descriptors: later
			continue
		}
		tcp := conn.(*net.TCPConn)
		select {
		case g.room <- struct{}{}:
			g.serving.Go(func() {
				defer func() { <-g.room }()
				defer tcp.Close()
				defer context.AfterFunc(g.context, func() { tcp.Close() })()
				handle(tcp)
			})
		default:
			to := addrPort(conn.LocalAddr())
			host := to.Addr().String()
			if name, ok := g.names.name(to.Addr()); ok {
				host = name
			}
			g.Log.Write(Entry{Verdict: "deny", Reason: "limit", Via: "tcp", Host: host, Port: int(to.Port())})
			reset(tcp)
		}
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}

// reset ends a connection as a port does at which nobody listens.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	c.Close()
}
