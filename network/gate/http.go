package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jail/network"
)

const refusedText = "jail: %s is not let through (%s). The policy of this jail's network is in /run/jail/network.txt; trying again does not help.\n"

// forbidden is a whole answer of HTTP/1.1.
func forbidden(host, reason string) []byte {
	body := fmt.Sprintf(refusedText, host, reason)
	return fmt.Appendf(nil, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(body), body)
}

// passHTTP reads each request, and passes on those whose host is the one that the connection was allowed for.
func (c *connection) passHTTP(first []byte) {
	c.proto = "http"
	c.allowed()
	counted := &counter{Conn: &prefixed{Conn: c.client, first: bytes.NewReader(first)}}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.gate.dial(ctx, c.name, c.to, c.decision)
		},
		DisableCompression: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
	}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", net.JoinHostPort(c.host(), strconv.Itoa(int(c.to.Port())))
			r.Out.Host = r.In.Host
			r.Out.Header["User-Agent"] = r.In.Header["User-Agent"] // none stays none
		},
		Transport: transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			var vetoed *vetoError
			if errors.As(err, &vetoed) {
				c.deny(string(vetoed.reason))
				http.Error(w, fmt.Sprintf(refusedText, c.host(), vetoed.reason), http.StatusForbidden)
				return
			}
			c.deny("dial-error")
			http.Error(w, "jail: cannot reach "+c.host(), http.StatusBadGateway)
		},
	}
	one := &oneListener{conn: counted, closed: make(chan struct{})}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			one.handlers.Add(1) // one that took the connection over outlives the server
			defer one.handlers.Done()
			if !c.hostAllowed(r) {
				c.deny("host-not-allowed")
				w.Header().Set("Connection", "close")
				http.Error(w, fmt.Sprintf(refusedText, r.Host, "host-not-allowed"), http.StatusForbidden)
				return
			}
			proxy.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: firstBytes, ErrorLog: log.New(io.Discard, "", 0),
	}
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed || state == http.StateHijacked {
			one.Close()
		}
	}
	_ = server.Serve(one)
	one.handlers.Wait()
	c.ended(counted.up.Load(), counted.down.Load())
}

// hostAllowed reports whether a request is for where its connection goes: HTTP lets a client ask one server for another.
func (c *connection) hostAllowed(r *http.Request) bool {
	if r.Method == http.MethodConnect || r.URL.IsAbs() && r.URL.Host != r.Host {
		return false
	}
	host, port := r.Host, strconv.Itoa(int(c.to.Port()))
	if h, p, err := net.SplitHostPort(host); err == nil {
		if host = h; p != port {
			return false
		}
	}
	if c.name == "" {
		return strings.Trim(host, "[]") == c.to.Addr().String()
	}
	name, err := network.Canonical(host)
	return err == nil && (name == c.name || c.gate.Policy.Name(name, int(c.to.Port())).Allow)
}

// prefixed is a connection of which some was read already.
type prefixed struct {
	net.Conn
	first *bytes.Reader
}

func (p *prefixed) Read(b []byte) (int, error) {
	if p.first.Len() > 0 {
		return p.first.Read(b)
	}
	return p.Conn.Read(b)
}

// counter counts what passes.
type counter struct {
	net.Conn
	up, down atomic.Int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.up.Add(int64(n))
	return n, err
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.down.Add(int64(n))
	return n, err
}

// oneListener gives one connection to a server, and ends when that does.
type oneListener struct {
	mutex    sync.Mutex
	conn     net.Conn
	closed   chan struct{}
	once     sync.Once
	handlers sync.WaitGroup
}

func (l *oneListener) Accept() (net.Conn, error) {
	l.mutex.Lock()
	conn := l.conn
	l.conn = nil
	l.mutex.Unlock()
	if conn != nil {
		return conn, nil
	}
	<-l.closed
	return nil, net.ErrClosed
}

func (l *oneListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *oneListener) Addr() net.Addr { return &net.TCPAddr{} }
