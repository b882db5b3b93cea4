package main

import (
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
)

// What is published passes both ways, to the end, and takes no pipes: a user has few pages of them for all their programs.
func TestJoinTakesNoPipes(t *testing.T) {
	config := net.ListenConfig{}
	config.SetMultipathTCP(false) // splice(2) knows TCP alone
	l, err := config.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	pair := func() (outside, inside stream) {
		dialled, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		return dialled.(stream), accepted.(stream)
	}
	before := pipeEnds(t)
	client, a := pair()
	server, b := pair()
	go join(a, b)
	for _, way := range [][2]stream{{client, server}, {server, client}} {
		heard := make([]byte, 4)
		if _, err := io.WriteString(way[0], "ping"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(way[1], heard); err != nil || string(heard) != "ping" {
			t.Fatalf("got %q, %v", heard, err)
		}
	}
	if n := pipeEnds(t) - before; n > 0 {
		t.Errorf("%d ends of pipes more", n)
	}
	_ = client.CloseWrite()
	if rest, err := io.ReadAll(server); len(rest) > 0 || err != nil {
		t.Errorf("at the end: %q, %v", rest, err)
	}
	server.Close()
	client.Close()
}

func pipeEnds(t *testing.T) (count int) {
	t.Helper()
	const dir = "/proc/self/fd/"
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range all {
		if to, err := os.Readlink(dir + fd.Name()); err == nil && strings.HasPrefix(to, "pipe:") {
			count++
		}
	}
	return count
}

// TestOpenedPortsAreBounded holds that a jail that listens everywhere does not take all ports of the host.
func TestOpenedPortsAreBounded(t *testing.T) {
	serving := map[int]*published{1: {}, 2: {}}
	if ports, more := newlyOpened([]int{1, 3, 4}, serving); !slices.Equal(ports, []int{3, 4}) || more {
		t.Errorf("%v, %v", ports, more)
	}
	var all []int
	for port := range 2 * maxOpened {
		all = append(all, 1+port)
	}
	if ports, more := newlyOpened(all, serving); len(ports) != maxOpened-2 || !more {
		t.Errorf("%d ports, %v", len(ports), more)
	}
}
