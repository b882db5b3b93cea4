package config

import "fmt"

// NetworkMode says what of the network the jail reaches. The zero value says nothing, and is found in layers only.
type NetworkMode string

const (
	NetworkNone NetworkMode = "none" // a loopback device of its own and nothing else
	NetworkHost NetworkMode = "host" // the network of the host
)

// ParseNetwork reads a network mode.
func ParseNetwork(text string) (NetworkMode, error) {
	switch mode := NetworkMode(text); mode {
	case NetworkNone, NetworkHost:
		return mode, nil
	}
	valid := []string{string(NetworkNone), string(NetworkHost)}
	return "", fmt.Errorf("unknown network mode %q; %s", shorten(text), advice(text, valid))
}
