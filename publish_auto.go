package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"jail/jail"
)

// opened is how often it is looked which ports programs of a jail have opened. Nothing tells it.
const opened = 500 * time.Millisecond

// maxOpened is how many ports are published so at once: a program that opens them all would take the host's.
const maxOpened = 64

// serveOpened publishes each port of the jail that its programs listen at, for as long as they do: at the same port of the host's
// 127.0.0.1, or at any where a stranger has that one. Each is told once.
func (p publisher) serveOpened(ctx context.Context, listening func() []int, dial func(port int) (*os.File, error)) {
	serving := map[int]*published{}
	defer func() {
		for _, one := range serving {
			one.close()
		}
	}()
	told, full := map[int]bool{}, false
	tick := time.NewTicker(opened)
	defer tick.Stop()
	for {
		now := listening()
		for port, one := range serving {
			if !slices.Contains(now, port) {
				one.close()
				delete(serving, port)
			}
		}
		ports, more := newlyOpened(now, serving)
		if more && !full {
			full = true
			warn("the jail listens at more than %d ports, and the others are not published; --publish PORT names one", maxOpened)
		}
		for _, port := range ports {
			one, err := p.near(port)
			if err != nil {
				continue // out of descriptors, or of ports: later
			}
			serving[port] = &published{all: []publishing{one}}
			serving[port].serve(dial)
			if !told[port] {
				told[port] = true
				warn("localhost:%d of the jail is http://%s", port, p.address(one))
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// newlyOpened lists the ports that are to be published beside those that are, and reports whether there are too many.
func newlyOpened(now []int, serving map[int]*published) (ports []int, more bool) {
	for _, port := range now {
		switch {
		case serving[port] != nil:
		case len(serving)+len(ports) == maxOpened:
			return ports, true
		default:
			ports = append(ports, port)
		}
	}
	return ports, false
}

// near listens at a port of 127.0.0.1, or at any where that one cannot be had.
func (p publisher) near(port int) (publishing, error) {
	one, err := p.one(jail.Publish{Address: "127.0.0.1", Host: port, Jail: port})
	if err != nil {
		one, err = publisher{}.one(jail.Publish{Address: "127.0.0.1", Jail: port})
	}
	return one, err
}

// address is where a browser finds what is published.
func (p publisher) address(one publishing) string {
	if one.shared != nil {
		return fmt.Sprintf("%s.localhost:%d", p.name, one.shared.port)
	}
	return one.listener.Addr().String()
}
