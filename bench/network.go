package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"time"
)

// bulk is what is sent in one go, as the probe knows it too.
const bulk = 64 << 20

// networkCosts prints what a filtered network costs. The gate leads to a server on the host's loopback, by a port that the
// jail was given: the way of every connection but for the look at its first bytes.
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

	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	go serve(server)
	address := server.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	for _, work := range []struct {
		name, letter string
		rounds, runs int
		bound        float64 // of the ratio; 0 where the difference counts
	}{
		{"connect and round trip", "r", 20, 60, 0},
		{"64 MiB down", "d", 1, 20, 1 / 0.6},
		{"64 MiB up", "u", 1, 20, 1 / 0.6},
	} {
		probe := []string{box.probe, "net-" + work.letter, strconv.Itoa(work.rounds), address}
		in, err := open(box.command(box.jail, append([]string{"run", "--network", "allow", "--host-port", port, "--"}, probe...)...))
		if err != nil {
			return err
		}
		defer in.close()
		out, err := open(box.command(probe[0], probe[1:]...))
		if err != nil {
			return err
		}
		defer out.close()
		m, err := inTurn(work.runs, in.measure, out.measure)
		if err != nil {
			return err
		}
		if work.bound == 0 {
			const most = 1200 * time.Microsecond
			each := m.difference / time.Duration(work.rounds)
			fmt.Printf("%-36s %12s %12s  %.2f ms more each, bound %.1f ms: %s\n", work.name, round(m.a), round(m.b), milliseconds(each), milliseconds(most), verdict(each <= most))
			continue
		}
		fmt.Printf("%-36s %12s %12s  %.2f of the host's speed, bound 0.60: %s\n", work.name, round(m.a), round(m.b), 1/m.ratio, verdict(m.ratio <= work.bound))
	}
	return nil
}

// serve does what the first byte of each connection asks for.
func serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			letter := make([]byte, 1)
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
			_, _ = conn.Write(letter)
		}()
	}
}
