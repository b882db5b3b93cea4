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
	"time"
)

// Proxy is one that everything but its exceptions is connected by, with CONNECT (RFC 9110 9.3.6). It resolves names, and so
// decides itself what is private.
type Proxy struct {
	url    *url.URL
	direct []exception
}

// exception is what is connected to without the proxy.
type exception struct {
	all    bool
	prefix netip.Prefix // where it is about addresses
	name   string       // and all names below it
	below  bool         // and not itself
	port   int          // 0 for any
}

// ParseProxy reads http://[USER:PASSWORD@]HOST[:PORT], and exceptions as NO_PROXY has them: names, each for those below it too,
// addresses, networks and *, between commas, each with :PORT where one alone is meant. An exception that is none of those is
// about nothing, as for every program that reads NO_PROXY.
func ParseProxy(text, exceptions string) (*Proxy, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		return nil, errors.New("a proxy must be http://HOST:PORT") // the text may hold a password
	}
	p := &Proxy{url: u}
	for one := range strings.SplitSeq(exceptions, ",") {
		if e, ok := parseException(strings.ToLower(strings.TrimSpace(one))); ok {
			p.direct = append(p.direct, e)
		}
	}
	return p, nil
}

func parseException(text string) (e exception, ok bool) {
	if text == "*" {
		return exception{all: true}, true
	}
	var err error
	if e.prefix, err = netip.ParsePrefix(text); err == nil {
		return e, true
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		if e.port, err = strconv.Atoi(port); err != nil {
			return e, false
		}
		text = host
	}
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		e.prefix = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		return e, true
	}
	text = strings.TrimPrefix(text, "*")
	e.name = strings.TrimSuffix(strings.TrimPrefix(text, "."), ".")
	e.below = strings.HasPrefix(text, ".")
	return e, e.name != ""
}

// leads reports whether a name, or an address where there is none, is connected to by the proxy. None leads nowhere.
func (p *Proxy) leads(name string, to netip.AddrPort) bool {
	if p == nil {
		return false
	}
	for _, e := range p.direct {
		switch {
		case e.all:
			return false
		case e.port != 0 && e.port != int(to.Port()):
		case name == "" && e.prefix.IsValid() && e.prefix.Contains(to.Addr()):
			return false
		case name != "" && e.name != "" && (strings.HasSuffix(name, "."+e.name) || name == e.name && !e.below):
			return false
		}
	}
	return true
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
