// Package network decides which connections of a jail are let through: the grammar of rules, and the policy that they make.
// It opens no connection; package gate does.
package network

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Rule says what connections it is about: to one name, to all names below one, to any name, or to addresses of a network.
type Rule struct {
	Text   string       // as it was written
	name   string       // canonical; of a wildcard, what stands behind the star
	below  bool         // names below name, and not name itself
	any    bool         // every name
	prefix netip.Prefix // where it is about addresses
	ports  []int
	bare   bool // no ports were written
}

// defaultPorts are those of a rule that names none.
var defaultPorts = []int{443, 80, 22}

// ParseRule reads NAME, *.NAME, *, ADDRESS, NETWORK/BITS, each with :PORT,PORT where others than 443, 80 and 22 are meant, or
// @SET, which stands for the rules of a set. IPv6 with ports is written in brackets: [2001:db8::/32]:443.
func ParseRule(text string) ([]Rule, error) {
	if set, ok := strings.CutPrefix(text, "@"); ok {
		return expand(text, set)
	}
	if strings.Contains(text, "://") {
		return nil, fmt.Errorf("rule %q: a rule is no URL; %s", text, hostOf(text))
	}
	r := Rule{Text: text, ports: defaultPorts, bare: true}
	host, ports, err := splitPorts(text)
	if err != nil {
		return nil, fmt.Errorf("rule %q: %w", text, err)
	}
	if ports != "" {
		r.bare = false
		if r.ports, err = parsePorts(ports); err != nil {
			return nil, fmt.Errorf("rule %q: %w", text, err)
		}
	}
	if err := r.setHost(host); err != nil {
		return nil, fmt.Errorf("rule %q: %w", text, err)
	}
	return []Rule{r}, nil
}

// hostOf says what to write for a URL.
func hostOf(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return "name the host alone: " + u.Host
	}
	return "name the host alone"
}

func expand(text, set string) (all []Rule, err error) {
	hosts, ok := sets[set]
	if !ok {
		return nil, fmt.Errorf("rule %q: there is no such set; there are @%s", text, strings.Join(Sets(), " @"))
	}
	for _, host := range hosts {
		rules, err := ParseRule(host)
		if err != nil {
			return nil, err
		}
		rules[0].Text = text
		all = append(all, rules...)
	}
	return all, nil
}

// splitPorts cuts the ports off.
func splitPorts(text string) (host, ports string, err error) {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		host, ports, ok = strings.Cut(rest, "]")
		if !ok || ports != "" && ports[0] != ':' {
			return "", "", errors.New("write [ADDRESS]:PORT")
		}
		if !strings.Contains(host, ":") {
			return "", "", errors.New("brackets are for IPv6")
		}
		if ports == ":" {
			return "", "", errors.New("the port is missing")
		}
		return host, strings.TrimPrefix(ports, ":"), nil
	}
	if strings.Count(text, ":") > 1 { // IPv6 without ports
		return text, "", nil
	}
	host, ports, found := strings.Cut(text, ":")
	if found && ports == "" {
		return "", "", errors.New("the port is missing")
	}
	return host, ports, nil
}

func parsePorts(text string) (ports []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q is no port", part)
		}
		ports = append(ports, int(n))
	}
	return ports, nil
}

func (r *Rule) setHost(host string) (err error) {
	if host == "*" {
		r.any = true
		return nil
	}
	if prefix, err := netip.ParsePrefix(host); err == nil {
		if prefix.Addr().Is4In6() {
			return errors.New("write an IPv4 network in its own form, 10.0.0.0/8") // connections are compared in that
		}
		r.prefix = prefix.Masked()
		return nil
	}
	if address, err := netip.ParseAddr(host); err == nil && address.Zone() == "" {
		r.prefix = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen())
		return nil
	}
	name, below := strings.CutPrefix(host, "*.")
	if r.name, err = Canonical(name); err != nil {
		return err
	}
	if r.below = below; below && !strings.Contains(r.name, ".") {
		return errors.New("a whole top-level domain is too much; write * for everything")
	}
	return nil
}

// Canonical is the one form of a name in which names are compared: in lower case, without a dot at the end. Names beyond ASCII
// are to be given in their ASCII form, xn--….
func Canonical(name string) (string, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" || len(name) > 253 {
		return "", fmt.Errorf("%q is no host name", name)
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", fmt.Errorf("%q is no host name", name)
		}
		for i := range len(label) {
			if c := label[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				if c >= 0x80 {
					return "", fmt.Errorf("%q: write a name beyond ASCII in its form xn--…", name)
				}
				return "", fmt.Errorf("%q is no host name", name)
			}
		}
	}
	if endsInNumber(name) {
		return "", fmt.Errorf("%q: no name ends in a number, and no address looks like this", name)
	}
	return name, nil
}

// endsInNumber reports whether something may take a name for an IPv4 address, as 127.1 or 0x7f.1 (WHATWG URL 4.3): the policy
// would have decided about a name, and an address would be connected to.
func endsInNumber(name string) bool {
	last := name[strings.LastIndexByte(name, '.')+1:]
	if digits, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// matchesName reports whether the rule is about a canonical name; ports are another question.
func (r Rule) matchesName(name string) bool {
	switch {
	case r.any:
		return true
	case r.prefix.IsValid():
		return false
	case r.below:
		return strings.HasSuffix(name, "."+r.name)
	}
	return name == r.name
}

func (r Rule) matchesAddress(address netip.Addr) bool {
	return r.prefix.IsValid() && r.prefix.Contains(address.Unmap())
}

// exact reports whether the rule names one host or network, so that the user knows what they let through: 0.0.0.0/0 is every
// host, as * is.
func (r Rule) exact() bool {
	return !r.any && !r.below && !(r.prefix.IsValid() && r.prefix.Bits() == 0)
}

func (r Rule) hasPort(port int) bool { return slices.Contains(r.ports, port) }
