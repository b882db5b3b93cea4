package plan

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/mounts"
	"jail/network"
)

// network is what the configuration asks for. What is unknown is nothing.
func (in Input) network() jail.Network {
	switch in.Config.Network {
	case config.NetworkHost:
		return jail.NetworkHost
	case config.NetworkAllow:
		return jail.NetworkAllow
	case config.NetworkAudit:
		return jail.NetworkAudit
	}
	return jail.NetworkNone
}

// gate is what of a filtered network passes.
func (in Input) gate() jail.Gate {
	if !in.network().Filtered() {
		return jail.Gate{}
	}
	var g jail.Gate
	e := in.Config.Egress
	g.Allow, g.Deny = words(e.Allow), words(e.Deny)
	for _, rule := range e.HostPorts {
		if inside, host, err := config.ParseHostPort(rule.Text); err == nil { // package config takes no other
			g.HostPorts = append(g.HostPorts, jail.HostPort{Jail: inside, Host: host})
		}
	}
	for _, rule := range e.Publish {
		if address, host, inside, err := config.ParsePublish(rule.Text); err == nil {
			g.Publish = append(g.Publish, jail.Publish{Address: address.String(), Host: host, Jail: inside})
		}
	}
	g.Relax = words(e.Relax)
	for _, service := range in.services() {
		if !service.local {
			g.Allow = append(g.Allow, service.host+":"+strconv.Itoa(service.port))
			continue
		}
		taken := func(p jail.HostPort) bool { return p.Jail == service.port }
		if !slices.ContainsFunc(g.HostPorts, taken) {
			g.HostPorts = append(g.HostPorts, jail.HostPort{Jail: service.port, Host: service.port})
		}
	}
	if policy, err := network.Compile(g.Allow, g.Deny, false); err == nil { // or else CheckNetwork refuses
		g.Ports = policy.Ports()
	}
	return g
}

// CheckNetwork refuses rules that cannot be understood, and names where they are said. Build does so too.
func (in Input) CheckNetwork() error {
	e := in.Config.Egress
	for _, rule := range slices.Concat(e.Allow, e.Deny) {
		if _, err := network.ParseRule(rule.Text); err != nil {
			return fmt.Errorf("%s: %w", rule.Origin, err)
		}
	}
	return nil
}

func words(rules []config.NetworkRule) (all []string) {
	for _, rule := range rules {
		all = append(all, rule.Text)
	}
	return all
}

// service is what a variable of the agent's preset, as the user has set it, tells the agent to talk to instead of its maker's.
type service struct {
	host  string
	port  int
	local bool // on the host's loopback
}

// serviceSuffixes end the names of variables that hold such an address.
var serviceSuffixes = []string{"_BASE_URL", "_API_BASE", "_ENDPOINT"}

func (in Input) services() (all []service) {
	for _, name := range in.Config.Agent.Env {
		if !slices.ContainsFunc(serviceSuffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
			continue
		}
		for _, v := range in.Config.Env {
			if v.Name != name {
				continue
			}
			value := v.Value
			if !v.HasValue {
				value = in.Host.getenv(name)
			}
			if s, ok := parseService(value); ok {
				all = append(all, s)
			}
		}
	}
	return all
}

func parseService(text string) (s service, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return s, false
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if u.Port() != "" {
		port = u.Port()
	}
	s.host = u.Hostname()
	s.local = s.host == "localhost" || s.host == "127.0.0.1" || s.host == "::1"
	if strings.Contains(s.host, ":") {
		s.host = "[" + s.host + "]"
	}
	s.port, err = strconv.Atoi(port)
	return s, err == nil && s.port > 0 && s.port < 1<<16
}

// describeGate tells what of a filtered network passes, a line each.
func describeGate(s jail.Spec) (lines []string) {
	add := func(name string, what []string) {
		if len(what) > 0 {
			lines = append(lines, fmt.Sprintf("%-9s %s", name, strings.Join(what, ", ")))
		}
	}
	add("allowed", s.Gate.Allow)
	add("denied", s.Gate.Deny)
	var ports, published []string
	for _, p := range s.Gate.HostPorts {
		ports = append(ports, fmt.Sprintf("localhost:%d to the host's %d", p.Jail, p.Host))
	}
	for _, p := range s.Gate.Publish {
		if p.Jail == 0 {
			published = append(published, "every port that programs open")
			continue
		}
		published = append(published, fmt.Sprintf("the host's %s to %d", hostPort(p.Address, p.Host), p.Jail))
	}
	add("leads", ports)
	add("published", published)
	add("unchecked", s.Gate.Relax)
	return lines
}

func hostPort(address string, port int) string {
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	return address + ":" + strconv.Itoa(port)
}

// networkNotePath is where an agent finds what its network is like.
const networkNotePath = "/run/jail/network.txt"

// networkNote tells the programs in the jail what of the network they reach, so that they do not try what cannot work.
func (b *builder) networkNote() {
	s := Outline(b.in)
	if !s.Network.Filtered() {
		return
	}
	if policy, err := network.Compile(s.Gate.Allow, s.Gate.Deny, false); err == nil {
		for _, rule := range policy.Shared() {
			b.note("network rule %s lets anybody's hosts through: everybody can have one there; name the host that is meant", rule)
		}
	}
	text := "Programs in this jail reach the network through a gate, by name and port. No proxy has to be set.\n" +
		"What is not allowed is refused at once, by a TLS alert \"access denied\", HTTP status 403 or a closed connection, and written\n" +
		"down. Trying again does not help. The user can allow more: --allow-host NAME, or network_allow in the user's configuration.\n"
	if s.Network == jail.NetworkAudit {
		text = "Programs in this jail reach every public address through a gate that writes down where they go. No proxy has to be set.\n"
	}
	text += "Names of this jail's own ports are localhost. UDP and ICMP lead nowhere.\n"
	for _, line := range describeGate(s) {
		text += line + "\n"
	}
	b.add(mounts.Mount{Kind: mounts.File, Target: networkNotePath, Text: text, Why: "tells the agent what it reaches"})
}
