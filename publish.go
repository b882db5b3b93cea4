package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"jail/jail"
)

// publishing is a port of the host that leads to one of the jail's.
type publishing struct {
	listener net.Listener // nil as long as another jail's supervisor has the port
	jail     int
	shared   *sharedPort // of a named jail; else nil
}

// published is everything that a run publishes. Its zero value is nothing.
type published struct {
	all  []publishing
	stop context.CancelFunc
}

// publisher knows whose ports are published.
type publisher struct {
	name string // of the jail; empty without one
	dir  string // below which named jails find each other
}

func (p places) publisher(name string) publisher {
	dir := p.state
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		dir = filepath.Join(runtime, "jail")
	}
	return publisher{strings.ToLower(name), filepath.Join(dir, "ports")}
}

// publish listens at the host's ports, before anything is started: one that is taken ends the run.
func (p publisher) publish(ports []jail.Publish) (published, error) {
	var all published
	for _, port := range ports {
		if port.Jail == 0 {
			continue // see serveOpened
		}
		one, err := p.one(port)
		if err != nil {
			all.close()
			address := net.JoinHostPort(port.Address, strconv.Itoa(port.Host))
			return published{}, &hinted{fmt.Errorf("cannot publish port %d of the jail at %s: %w", port.Jail, address, err), "publish it at another one: --publish PORT_OF_THE_HOST:" + strconv.Itoa(port.Jail)}
		}
		all.all = append(all.all, one)
	}
	return all, nil
}

// one listens at one port. Named jails may have the same one.
func (p publisher) one(port jail.Publish) (publishing, error) {
	config := net.ListenConfig{}
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", net.JoinHostPort(port.Address, strconv.Itoa(port.Host)))
	one := publishing{listener: l, jail: port.Jail}
	if p.name == "" || port.Address != "127.0.0.1" {
		return one, err
	}
	shared := &sharedPort{dir: filepath.Join(p.dir, strconv.Itoa(port.Host)), name: p.name, port: port.Host}
	if err != nil && (!errors.Is(err, syscall.EADDRINUSE) || !shared.held()) {
		return one, err
	}
	one.listener = l
	if socketErr := shared.listen(); socketErr != nil {
		if err == nil {
			return one, nil // alone, as there is no place for a socket
		}
		return one, socketErr
	}
	one.shared = shared
	return one, nil
}

func (p published) close() {
	if p.stop != nil {
		p.stop()
	}
	for _, one := range p.all {
		if one.listener != nil {
			one.listener.Close()
		}
		if one.shared != nil {
			one.shared.close()
		}
	}
}

// serve connects what comes to the jail's ports until it is closed.
func (p *published) serve(dial func(port int) (*os.File, error)) {
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	for _, one := range p.all {
		own := func(conn stream) {
			inside, err := dialFile(dial, one.jail)
			if err != nil {
				if tcp, ok := conn.(*net.TCPConn); ok {
					_ = tcp.SetLinger(0) // as when nobody listens
				}
				conn.Close()
				return
			}
			join(conn, inside)
		}
		if one.shared == nil {
			go accepting(one.listener, own)
			continue
		}
		go accepting(one.shared.socket, own)
		go one.shared.hold(ctx, one.listener, own)
	}
}

// stream is a connection whose directions end by themselves.
type stream interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
}

// dialFile makes a connection of the descriptor that init gives.
func dialFile(dial func(port int) (*os.File, error), port int) (*net.TCPConn, error) {
	f, err := dial(port)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		conn.Close()
		return nil, errors.New("no TCP connection")
	}
	return tcp, nil
}

// accepting hands each connection to a function of its own goroutine, at most so many at a time, until the listener is closed.
func accepting(l net.Listener, each func(stream)) {
	const most = 256
	room := make(chan struct{}, most)
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(50 * time.Millisecond) // out of descriptors: later
			continue
		}
		room <- struct{}{}
		go func() {
			defer func() { <-room }()
			each(conn.(stream))
		}()
	}
}

// join copies in both directions until both ended, and closes both connections.
func join(a, b stream) {
	defer a.Close()
	defer b.Close()
	var both sync.WaitGroup
	both.Go(func() { carry(a, b) })
	both.Go(func() { carry(b, a) })
	both.Wait()
}

// carry copies until the source ends, and tells the destination.
func carry(to, from stream) {
	// The wrappers keep splice(2) away: its pipes count against those that the user's other programs may have (pipe(7)).
	if _, err := io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from}); err != nil {
		_ = from.CloseRead() // nobody takes what still comes
	}
	_ = to.CloseWrite()
}
