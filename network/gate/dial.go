package gate

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"jail/network"
)

const dialTimeout = 15 * time.Second

// vetoError says that an address must not be reached, although the name that led to it may be.
type vetoError struct {
	address netip.Addr
	reason  network.Reason
}

func (e *vetoError) Error() string {
	return fmt.Sprintf("%v must not be reached: %s", e.address, e.reason)
}

// dial connects to where the client wants to go.
func (c *connection) dial() (*net.TCPConn, error) {
	to, err := c.gate.dial(c.gate.context, c.name, c.to, c.decision)
	if err == nil && !c.gate.Upstream.leads(c.name, c.to) {
		c.ip = addrPort(to.RemoteAddr()).Addr().String()
	}
	return to, err
}

// dial connects to a name, or to an address where there is none. Each address is looked at in the moment in which it is
// connected to: what was resolved before does not count.
func (g *Gate) dial(ctx context.Context, name string, to netip.AddrPort, d network.Decision) (*net.TCPConn, error) {
	target := to.String()
	if name != "" {
		target = net.JoinHostPort(name, strconv.Itoa(int(to.Port())))
	}
	if g.Upstream.leads(name, to) {
		if reason, ok := g.mayReach(to, d); name == "" && !ok {
			return nil, &vetoError{to.Addr(), reason} // of a name the proxy learns the address, and not the gate
		}
		return g.Upstream.dial(ctx, target)
	}
	if name != "" {
		target = net.JoinHostPort(name+".", strconv.Itoa(int(to.Port()))) // no search domains
	}
	dialer := net.Dialer{Timeout: dialTimeout, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if reason, ok := g.mayReach(at, d); !ok {
			return &vetoError{at.Addr(), reason}
		}
		return nil
	}}
	dialer.SetMultipathTCP(false)
	conn, err := g.connect(ctx, &dialer, target)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// reach is Policy.MayReach, for which the addresses of this very machine are private: what listens at one of them may take who
// comes from there for its own.
func (g *Gate) reach(to netip.AddrPort, d network.Decision) (network.Reason, bool) {
	reason, ok := g.Policy.MayReach(to, d)
	if !ok || d.Private {
		return reason, ok
	}
	own, err := g.addresses()
	if err != nil {
		return network.PrivateAddress, false // nobody can tell
	}
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Unmap() == to.Addr().Unmap().WithZone("") {
			return network.PrivateAddress, false
		}
	}
	return "", true
}
