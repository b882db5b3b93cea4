package main

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// dial connects, and for datagrams sends one: a UDP socket alone connects to anything. What is listened for on the other end
// answers nothing, so that a datagram that was refused is known by the error of the second.
func dial(network, address string) error {
	conn, err := net.DialTimeout(network, address, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if network != "udp" {
		return nil
	}
	for range 2 {
		if _, err := conn.Write([]byte("x")); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nil
}

func socket(family, kind, protocol uintptr) error {
	fd, err := unix.Socket(int(family), int(kind), int(protocol))
	if err == nil {
		unix.Close(fd)
	}
	return err
}
