package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

// network talks to the benchmark's server as often as it is told for each line that it reads: a letter, and a zero, say what.
func network(letter string, args []string) error {
	rounds, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		start := time.Now()
		for range rounds {
			if err := talk(letter[0], args[1]); err != nil {
				return err
			}
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
	return nil
}

// bulk is what is sent in one go.
const bulk = 64 << 20

func talk(letter byte, address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{letter, 0}); err != nil {
		return err
	}
	buffer := make([]byte, 256<<10)
	if letter == 'u' {
		for left := bulk; left > 0; left -= len(buffer) {
			if _, err := conn.Write(buffer); err != nil {
				return err
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
			return nil
		}
		if err == io.EOF {
			return fmt.Errorf("%d of %d bytes", got, want)
		}
		if err != nil {
			return err
		}
	}
}
