package gate

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
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
	if err == nil && c.gate.Upstream == nil {
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
	if g.Upstream != nil {
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

// Proxy is one that everything is connected by, with CONNECT (RFC 9110 9.3.6). It resolves names, and so decides itself what is
// private.
type Proxy struct{ url *url.URL }

// ParseProxy reads http://[USER:PASSWORD@]HOST[:PORT].
func ParseProxy(text string) (*Proxy, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		return nil, errors.New("a proxy must be http://HOST:PORT") // the text may hold a password
	}
	return &Proxy{u}, nil
}

func (p *Proxy) dial(ctx context.Context, target string) (*net.TCPConn, error) {
	port := p.url.Port()
	if port == "" {
		port = "80"
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(p.url.Hostname(), port))
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	tcp := conn.(*net.TCPConn)
	request := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\n", target, target)
	if user := p.url.User; user != nil {
		password, _ := user.Password()
		request += "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)) + "\r\n"
	}
	stop := context.AfterFunc(ctx, func() { _ = tcp.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := tcp.Write([]byte(request + "\r\n")); err != nil {
		tcp.Close()
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := readConnected(tcp); err != nil {
		tcp.Close()
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if !stop() { // its deadline is over, or about to be
		tcp.Close()
		return nil, ctx.Err()
	}
	return tcp, nil
}

// readConnected reads the answer to CONNECT, and not a byte of what follows.
func readConnected(conn net.Conn) error {
	one := bufio.NewReaderSize(oneByOne{conn}, 16)
	for i := 0; ; i++ {
		line, err := one.ReadString('\n')
		if err != nil || i > 100 {
			return errors.Join(err, errors.New("no answer to CONNECT"))
		}
		if i == 0 {
			fields := strings.Fields(line)
			if len(fields) < 2 || fields[1] != "200" {
				return fmt.Errorf("it answers %.60q", strings.TrimSpace(line))
			}
		}
		if strings.TrimSpace(line) == "" {
			return nil
		}
	}
}

// oneByOne keeps a buffer from reading ahead.
type oneByOne struct{ net.Conn }

func (o oneByOne) Read(p []byte) (int, error) { return o.Conn.Read(p[:1]) }
