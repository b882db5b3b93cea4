package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"time"
)

// network talks to the benchmark's server as often as it is told for each line that it reads: a letter, and a zero, say what.
func network(letter string, args []string) error {
	rounds, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	var held []net.Conn // what nobody refers to is closed
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		start := time.Now()
		for range rounds {
			conn, err := talk(letter[0], args[1])
			if err != nil {
				return err
			}
			if letter == "h" {
				held = append(held, conn)
				continue
			}
			conn.Close()
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
	runtime.KeepAlive(held)
	return nil
}

// bulk is what is sent in one go.
const bulk = 64 << 20

// talk returns the connection, which is still open.
func talk(letter byte, address string) (net.Conn, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte{letter, 0}); err != nil {
		return nil, err
	}
	buffer := make([]byte, 256<<10)
	if letter == 'u' {
		for left := bulk; left > 0; left -= len(buffer) {
			if _, err := conn.Write(buffer); err != nil {
				return nil, err
			}
		}
	}
	want := 1
	if letter == 'd' {
		want = bulk
	}
	got := 0
	for {
		n, err := conn.Read(buffer)
		if got += n; got >= want {
			return conn, nil
		}
		if err == io.EOF {
			return nil, fmt.Errorf("%d of %d bytes", got, want)
		}
		if err != nil {
			return nil, err
		}
	}
}
