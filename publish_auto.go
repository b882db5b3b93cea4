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

// serveOpened publishes each port of the jail that its programs listen at, for as long as they do: at the same port of the host's
// 127.0.0.1, or at any where a stranger has that one. Each is told once.
func (p publisher) serveOpened(ctx context.Context, listening func() []int, dial func(port int) (*os.File, error)) {
	serving := map[int]*published{}
	defer func() {
		for _, one := range serving {
			one.close()
		}
	}()
	told := map[int]bool{}
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
		for _, port := range now {
			if serving[port] != nil {
				continue
			}
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
