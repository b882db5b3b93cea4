package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// bulk is what is sent in one go, as the probe knows it too.
const bulk = 64 << 20

// networkCosts prints what a filtered network costs.
func networkCosts(box *sandbox, runs int) error {
	run := func(args ...string) measure {
		return whole(func() *exec.Cmd {
			return box.command(box.jail, append(append([]string{"run"}, args...), "--", "true")...)
		})
	}
	m, err := inTurn(runs, run("--network", "allow", "--allow-host", "example.com"), run("--network", "host"))
	if err != nil {
		return err
	}
	const most = 4 * time.Millisecond
	fmt.Printf("start-up with network allow against host: %.2f, %.2f ms more, bound %.1f ms: %s\n", m.ratio, milliseconds(m.difference), milliseconds(most), verdict(m.difference <= most))

	server, err := net.Listen("tcp4", net.JoinHostPort(ownAddress(), "0"))
	if err != nil {
		return err
	}
	defer server.Close()
	go serve(server)
	for _, work := range []traffic{
		{"connect and round trip", "r", 20, 60, 0},
		{"64 MiB down", "d", 1, 20, 1 / 0.6},
		{"64 MiB up", "u", 1, 20, 1 / 0.6},
	} {
		if err := work.compare(box, server.Addr().String()); err != nil {
			return err
		}
	}
	return networkMemory(box, server.Addr().String())
}

// filtered prepares a probe in a jail that reaches one address.
func (b *sandbox) filtered(address string, words ...string) *exec.Cmd {
	let := []string{"--allow-host", address}
	if host, port, _ := net.SplitHostPort(address); host == "127.0.0.1" {
		let = []string{"--host-port", port}
	}
	return b.command(b.jail, slices.Concat([]string{"run", "--network", "allow"}, let, []string{"--", b.probe}, words, []string{address})...)
}

// ownAddress is one of this machine's that is none of the loopback, so that a jail's connections take the way of every other:
// redirected by the kernel, looked at by the gate. Where there is none it is the loopback's.
func ownAddress() string {
	all, _ := net.InterfaceAddrs()
	for _, a := range all {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() && prefix.Addr().IsGlobalUnicast() {
			return prefix.Addr().String()
		}
	}
	return "127.0.0.1"
}

// traffic is what a program does over connections to the server.
type traffic struct {
	name, letter string
	rounds, runs int
	bound        float64 // of the ratio; 0 where the difference counts
}

// compare does it in a jail and outside, in turn.
func (t traffic) compare(box *sandbox, address string) error {
	kind, rounds := "net-"+t.letter, strconv.Itoa(t.rounds)
	in, err := open(box.filtered(address, kind, rounds))
	if err != nil {
		return err
	}
	defer in.close()
	out, err := open(box.command(box.probe, kind, rounds, address))
	if err != nil {
		return err
	}
	defer out.close()
	m, err := inTurn(t.runs, in.measure, out.measure)
	if err != nil {
		return err
	}
	if t.bound == 0 {
		const most = 1200 * time.Microsecond
		each := m.difference / time.Duration(t.rounds)
		fmt.Printf("%-36s %12s %12s  %.2f ms more each, bound %.1f ms: %s\n", t.name, round(m.a), round(m.b), milliseconds(each), milliseconds(most), verdict(each <= most))
		return nil
	}
	fmt.Printf("%-36s %12s %12s  %.2f of the host's speed, bound 0.60: %s\n", t.name, round(m.a), round(m.b), 1/m.ratio, verdict(m.ratio <= t.bound))
	return nil
}

// serve does what the first byte of each connection asks for; the second one keeps it from looking like the begin of a request.
func serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			letter := make([]byte, 2)
			if _, err := io.ReadFull(conn, letter); err != nil {
				return
			}
			switch letter[0] {
			case 'd':
				block := make([]byte, 256<<10)
				for left := bulk; left > 0; left -= len(block) {
					if _, err := conn.Write(block); err != nil {
						return
					}
				}
				return
			case 'u':
				if _, err := io.CopyN(io.Discard, conn, bulk); err != nil {
					return
				}
			}
			_, _ = conn.Write(letter[:1])
			if letter[0] == 'h' {
				_, _ = conn.Read(letter) // until the client ends it
			}
		}()
	}
}
