package config

import (
	"fmt"
	"slices"
	"strings"
)

// NetworkMode says what of the network the jail reaches. The zero value says nothing, and is found in layers only.
type NetworkMode string

const (
	NetworkNone  NetworkMode = "none"  // a loopback device of its own and nothing else
	NetworkAllow NetworkMode = "allow" // what the rules allow
	NetworkAudit NetworkMode = "audit" // every public address, written down
	NetworkHost  NetworkMode = "host"  // the network of the host
)

// networkModes are all of them, the narrowest first.
var networkModes = []string{string(NetworkNone), string(NetworkAllow), string(NetworkAudit), string(NetworkHost)}

// ParseNetwork reads a network mode.
func ParseNetwork(text string) (NetworkMode, error) {
	return parseWord[NetworkMode]("network mode ", text, networkModes)
}

// wider reports whether a mode reaches more than another.
func (m NetworkMode) wider(than NetworkMode) bool {
	return slices.Index(networkModes, string(m)) > slices.Index(networkModes, string(than))
}

// Filtered reports whether connections pass a gate.
func (m NetworkMode) Filtered() bool { return m == NetworkAllow || m == NetworkAudit }

// The keys of the network but its mode. In a file they may stand in a table [network] too, without the prefix.
const (
	keyNetwork   = "network"
	keyAllowHost = "network_allow"
	keyDenyHost  = "network_deny"
	keyHostPorts = "network_host_ports"
	keyPublish   = "network_publish"
	keyNetRelax  = "network_relax"
	keyMode      = "mode" // of the network, in a table
)

// NetworkRule is one word of a list about the network, whose meaning package plan knows.
type NetworkRule struct {
	Text   string `json:"text"`
	Origin string `json:"origin"` // where it is said
}

// Egress is what of a filtered network passes.
type Egress struct {
	Allow     []NetworkRule `json:"allow,omitempty"`
	Deny      []NetworkRule `json:"deny,omitempty"`       // wins
	HostPorts []NetworkRule `json:"host_ports,omitempty"` // ports of the host's loopback that the jail reaches on its own
	Publish   []NetworkRule `json:"publish,omitempty"`    // ports of the jail that the host reaches
	Relax     []NetworkRule `json:"relax,omitempty"`      // what is not looked at
}

// NetworkKeys are the keys of its lists, in the order of a file.
func NetworkKeys() []string {
	return []string{keyAllowHost, keyDenyHost, keyHostPorts, keyPublish, keyNetRelax}
}

// List is the list of a key.
func (e *Egress) List(key string) *[]NetworkRule {
	switch key {
	case keyAllowHost:
		return &e.Allow
	case keyDenyHost:
		return &e.Deny
	case keyHostPorts:
		return &e.HostPorts
	case keyPublish:
		return &e.Publish
	case keyNetRelax:
		return &e.Relax
	}
	return nil
}

// Add puts words from one origin into the list of a key.
func (e *Egress) Add(key, origin string, words ...string) error {
	for _, word := range words {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return fmt.Errorf("%q is empty or has spaces", shorten(word))
		}
		if err := checkPorts(key, word); err != nil {
			return err
		}
		list := e.List(key)
		*list = append(*list, NetworkRule{word, origin})
	}
	return nil
}

func checkPorts(key, word string) (err error) {
	switch key {
	case keyHostPorts:
		_, _, err = ParseHostPort(word)
	case keyPublish:
		_, _, _, err = ParsePublish(word)
	case keyNetRelax:
		_, err = parseWord[string]("", word, netRelaxations)
	}
	return err
}

// What of a filtered network may be relaxed.
const (
	RelaxECH     = "ech"     // clients may hide the server name (RFC 9849), as browsers claim to in every connection
	RelaxPrivate = "private" // wildcards, and an audit, may lead to addresses of a local network
)

var netRelaxations = []string{RelaxECH, RelaxPrivate}

// addTo puts all words on top of those of another, once each.
func (e Egress) addTo(below *Egress) {
	for _, key := range NetworkKeys() {
		list := below.List(key)
		for _, rule := range *e.List(key) {
			if !slices.ContainsFunc(*list, func(old NetworkRule) bool { return old.Text == rule.Text }) {
				*list = append(*list, rule)
			}
		}
	}
}

// clone shares nothing with the original. Words without an origin get one.
func (e Egress) clone(origin string) (c Egress) {
	for _, key := range NetworkKeys() {
		for _, rule := range *e.List(key) {
			if rule.Origin == "" {
				rule.Origin = origin
			}
			*c.List(key) = append(*c.List(key), rule)
		}
	}
	return c
}

// developmentHosts are the rules that an agent's jail has beside its own: where code and packages come from.
var developmentHosts = []string{"@github", "@npm", "@pypi", "@go", "@crates", "@debian", "@ubuntu"}
