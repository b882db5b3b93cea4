package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"jail/jail"
)

// publishing is a port of the host that leads to one of the jail's.
type publishing struct {
	listener net.Listener
	jail     int
}

// publish listens at the host's ports, before anything is started: one that is taken ends the run.
func publish(ports []jail.Publish) (published, error) {
	var all published
	for _, p := range ports {
		config := net.ListenConfig{}
		config.SetMultipathTCP(false)
		address := net.JoinHostPort(p.Address, strconv.Itoa(p.Host))
		l, err := config.Listen(context.Background(), "tcp", address)
		if err != nil {
			all.close()
			return nil, &hinted{fmt.Errorf("cannot publish port %d of the jail at %s: %w", p.Jail, address, err), "publish it at another one: --publish PORT_OF_THE_HOST:" + strconv.Itoa(p.Jail)}
		}
		all = append(all, publishing{l, p.Jail})
	}
	return all, nil
}

type published []publishing

func (p published) close() {
	for _, one := range p {
		one.listener.Close()
	}
}

// serve connects what comes to the jail's ports until the listeners are closed.
func (p published) serve(dial func(port int) (*os.File, error)) {
	for _, one := range p {
		go accepting(one.listener, func(conn *net.TCPConn) {
			inside, err := dialFile(dial, one.jail)
			if err != nil {
				_ = conn.SetLinger(0) // as when nobody listens
				conn.Close()
				return
			}
			join(conn, inside)
		})
	}
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
func accepting(l net.Listener, each func(*net.TCPConn)) {
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
			each(conn.(*net.TCPConn))
		}()
	}
}

// join copies in both directions until both ended, and closes both connections.
func join(a, b *net.TCPConn) {
	defer a.Close()
	defer b.Close()
	var both sync.WaitGroup
	both.Go(func() { carry(a, b) })
	both.Go(func() { carry(b, a) })
	both.Wait()
}

// carry copies until the source ends, and tells the destination.
func carry(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = from.CloseRead() // nobody takes what still comes
	}
	_ = to.CloseWrite()
}
