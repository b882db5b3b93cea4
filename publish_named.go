package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"jail/state"
)

// Named jails may publish the same port: http://NAME.localhost:PORT leads to each. One of their supervisors listens at the port, and
// hands what is for another jail over to that one's socket; when it ends, another takes its place. There is no daemon.

// sharedPort is a port of 127.0.0.1 that a named jail publishes.
type sharedPort struct {
	dir  string // of the sockets of all jails that publish the port, NAME each
	name string
	port int

	socket net.Listener // the jail's own
	folder *os.File     // dir, open: the path of a socket has 108 bytes at most (unix(7)), and that of dir may be longer
}

// path is how a jail's socket is reached.
func (s *sharedPort) path(name string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", s.folder.Fd(), name)
}

func (s *sharedPort) close() {
	s.socket.Close()
	s.folder.Close()
}

const (
	// firstRequest is how long a client may take to say which host it wants, and how much it may say before; others are for the jail
	// whose supervisor listens.
	firstRequest     = 2 * time.Second
	mostFirstRequest = 16 << 10
	// retaken is how often it is tried to take the place of a supervisor that has ended.
	retaken = time.Second
)

// listen listens at the jail's own socket, so that others can hand connections over.
func (s *sharedPort) listen() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	var err error
	if s.folder, err = os.Open(s.dir); err != nil {
		return err
	}
	path := s.path(s.name)
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		s.folder.Close()
		return fmt.Errorf("another run of jail %s publishes it", s.name)
	}
	_ = os.Remove(path) // of a supervisor that was killed
	if s.socket, err = net.Listen("unix", path); err != nil {
		s.folder.Close()
	}
	return err
}

// held reports whether the supervisor of another named jail has the port.
func (s *sharedPort) held() bool {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return false
	}
	if s.folder, err = os.Open(s.dir); err != nil {
		return false
	}
	defer s.folder.Close()
	for _, e := range entries {
		if e.Name() == s.name {
			continue
		}
		if conn, err := net.Dial("unix", s.path(e.Name())); err == nil {
			conn.Close()
			return true
		}
	}
	return false
}

// hold serves the port, by a listener or as soon as nobody else listens there, until the context ends.
func (s *sharedPort) hold(ctx context.Context, l net.Listener, own func(stream)) {
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	for l == nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(retaken):
		}
		l, _ = config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)))
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	s.route(l, own)
}

// route leads each connection to the jail whose name its first request has, and to this one where that is none.
func (s *sharedPort) route(l net.Listener, own func(stream)) {
	accepting(l, func(conn stream) {
		first := readHost(conn)
		client := replayed{conn, bytes.NewReader(first)}
		name := hostLabel(first)
		if name == "" || name == s.name {
			own(client)
			return
		}
		other, err := net.Dial("unix", s.path(name))
		if err != nil {
			_, _ = conn.Write([]byte("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nno jail of that name publishes this port\n"))
			conn.Close()
			return
		}
		join(client, other.(*net.UnixConn))
	})
}

// readHost reads what a client says until it has named a host, or is not going to.
func readHost(conn stream) []byte {
	_ = conn.SetReadDeadline(time.Now().Add(firstRequest))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	var all []byte
	buffer := make([]byte, 4096)
	for len(all) < mostFirstRequest && !bytes.Contains(all, []byte("\r\n\r\n")) {
		n, err := conn.Read(buffer)
		all = append(all, buffer[:n]...)
		if err != nil || len(all) > 0 && (all[0] < 'A' || all[0] > 'Z') { // no method of HTTP
			break
		}
	}
	return all
}

// hostLabel is NAME of a request's "Host: NAME.localhost:PORT", and empty where it has another or none.
func hostLabel(request []byte) string {
	for line := range bytes.Lines(request) {
		key, value, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		if !ok || !strings.EqualFold(key, "host") {
			continue
		}
		host, _, _ := strings.Cut(strings.TrimSpace(value), ":")
		name, ok := strings.CutSuffix(strings.ToLower(host), ".localhost")
		if !ok || state.ValidName(name) != nil {
			return ""
		}
		return name
	}
	return ""
}

// replayed is a connection of which something was read already. What it embeds has no WriteTo, which io.Copy would prefer to Read.
type replayed struct {
	stream
	first *bytes.Reader
}

func (r replayed) Read(p []byte) (int, error) {
	if r.first.Len() > 0 {
		return r.first.Read(p)
	}
	return r.stream.Read(p)
}
