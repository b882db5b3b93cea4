package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ParseHostPort reads PORT or JAIL:HOST.
func ParseHostPort(text string) (jail, host int, err error) {
	first, second, both := strings.Cut(text, ":")
	if jail, err = parsePort(first); err == nil {
		host = jail
		if both {
			host, err = parsePort(second)
		}
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%q: %w; write PORT, or PORT_OF_THE_JAIL:PORT_OF_THE_HOST", shorten(text), err)
	}
	return jail, host, nil
}

// publishAll publishes whatever programs of a jail listen at.
const publishAll = "auto"

// ParsePublish reads PORT, HOST:JAIL or ADDRESS:HOST:JAIL, or auto, of which the ports are 0. The address is the loopback's unless
// it is written out.
func ParsePublish(text string) (address netip.Addr, host, jail int, err error) {
	address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if text == publishAll {
		return address, 0, 0, nil
	}
	last := strings.LastIndexByte(text, ':')
	if jail, err = parsePort(text[last+1:]); err != nil {
		return address, 0, 0, publishError(text, err)
	}
	if host = jail; last >= 0 {
		rest := text[:last]
		at := strings.LastIndexByte(rest, ':')
		if host, err = parsePort(rest[at+1:]); err == nil && at >= 0 {
			address, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(rest[:at], "["), "]"))
		}
	}
	if err == nil && address.Zone() != "" {
		err = errors.New("an address with a zone cannot be used")
	}
	if err != nil {
		return address, 0, 0, publishError(text, err)
	}
	return address, host, jail, nil
}

func publishError(text string, err error) error {
	return fmt.Errorf("%q: %w; write PORT, PORT_OF_THE_HOST:PORT_OF_THE_JAIL, ADDRESS:PORT_OF_THE_HOST:PORT_OF_THE_JAIL, or auto", shorten(text), err)
}

func parsePort(text string) (int, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 || text[0] == '0' {
		return 0, fmt.Errorf("%q is no port", shorten(text))
	}
	return int(port), nil
}
