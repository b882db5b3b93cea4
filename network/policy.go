package network

import (
	"cmp"
	"net/netip"
	"slices"
)

// Reason says why a connection was not let through. The words are those of the audit log.
type Reason string

const (
	NotAllowed     Reason = "not-in-allow-list"
	DenyRule       Reason = "deny-rule"
	OtherPort      Reason = "port" // the host is allowed, at other ports
	DirectIP       Reason = "direct-ip"
	PrivateAddress Reason = "private-address"
	BadName        Reason = "bad-name"
)

// Decision is what a policy says of one connection.
type Decision struct {
	Allow  bool
	Reason Reason // where it is not allowed
	Rule   string // the rule that decided; empty where none did
	// Private lets the name lead to a private address: the user has named this very host.
	Private bool
}

// Policy decides about connections. The zero value lets nothing through.
type Policy struct {
	allow, deny []Rule
	audit       bool
	private     bool // local networks are like any other
}

// OpenPrivate lets wildcards, and an audit, lead to local networks.
func (p *Policy) OpenPrivate() { p.private = true }

// Compile makes a policy of rules. An audit lets every name and every public address through that no rule denies.
func Compile(allow, deny []string, audit bool) (*Policy, error) {
	p := &Policy{audit: audit}
	for _, list := range []struct {
		texts []string
		to    *[]Rule
	}{{allow, &p.allow}, {deny, &p.deny}} {
		for _, text := range list.texts {
			rules, err := ParseRule(text)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, rules...)
		}
	}
	return p, nil
}

// Ports are those of all rules that allow something, and of the web and ssh.
func (p *Policy) Ports() []int {
	ports := slices.Clone(defaultPorts)
	for _, r := range p.allow {
		ports = append(ports, r.ports...)
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

const auditRule = "audit"

// Name decides about a name and a port. The name need not be canonical; one that cannot be a name is refused.
func (p *Policy) Name(name string, port int) Decision {
	name, err := Canonical(name)
	if err != nil {
		return Decision{Reason: BadName}
	}
	return p.decide(port, NotAllowed, func(r Rule) bool { return r.matchesName(name) })
}

// Names reports whether a rule allows anything, at whatever port, to this very name, which is canonical.
func (p *Policy) Names(name string) bool {
	return slices.ContainsFunc(p.allow, func(r Rule) bool { return r.exact() && r.matchesName(name) })
}

// Mentions reports whether a rule allows anything, at whatever port, to a canonical name.
func (p *Policy) Mentions(name string) bool {
	return slices.ContainsFunc(p.allow, func(r Rule) bool { return r.matchesName(name) })
}

// Address decides about an address that was asked for without a name.
func (p *Policy) Address(address netip.Addr, port int) Decision {
	d := p.decide(port, DirectIP, func(r Rule) bool { return r.matchesAddress(address) })
	if d.Rule == auditRule && Private(address) && !p.private {
		return Decision{Reason: PrivateAddress}
	}
	return d
}

func (p *Policy) decide(port int, otherwise Reason, matches func(Rule) bool) Decision {
	for _, r := range p.deny {
		if matches(r) && (r.bare || r.hasPort(port)) {
			return Decision{Reason: DenyRule, Rule: r.Text}
		}
	}
	at := Decision{Reason: otherwise}
	for _, r := range p.allow {
		switch {
		case !matches(r):
		case r.hasPort(port):
			if r.exact() {
				return Decision{Allow: true, Rule: r.Text, Private: true}
			}
			at.Allow, at.Reason, at.Rule = true, "", cmp.Or(at.Rule, r.Text)
		case !at.Allow:
			at.Reason = OtherPort
		}
	}
	if !at.Allow && p.audit {
		return Decision{Allow: true, Rule: auditRule}
	}
	return at
}

// MayReach decides about the address that an allowed name has led to, or that was asked for itself. A deny rule for addresses
// holds for it too.
func (p *Policy) MayReach(to netip.AddrPort, d Decision) (Reason, bool) {
	address := to.Addr().Unmap()
	for _, r := range p.deny {
		if r.matchesAddress(address) && (r.bare || r.hasPort(int(to.Port()))) {
			return DenyRule, false
		}
	}
	if Forbidden(address) || Private(address) && !d.Private && !p.private {
		return PrivateAddress, false
	}
	return "", true
}

// never are addresses that lead to this very machine, to what tells a cloud machine its keys, or by another form to either.
var never = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("168.63.129.16/32"), netip.MustParsePrefix("255.255.255.255/32"),
	netip.MustParsePrefix("fd00:ec2::/32"), netip.MustParsePrefix("fd20:ce::254/128"), netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), netip.MustParsePrefix("fd00:42::42/128"),
	netip.MustParsePrefix("::ffff:0:0:0/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("::/96"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("192.0.0.192/32"), netip.MustParsePrefix("100.100.100.200/32"),
}

// Forbidden reports whether no rule lets an address through: loopback, link-local, multicast, metadata services.
func Forbidden(address netip.Addr) bool {
	address = address.Unmap()
	return !address.IsValid() || address.IsLoopback() || address.IsUnspecified() || address.IsMulticast() || address.IsLinkLocalUnicast() ||
		slices.ContainsFunc(never, func(p netip.Prefix) bool { return p.Contains(address) })
}

// inside are networks that no public host is in: what carriers and tunnels use behind one address (RFC 6598), and what was kept for
// the future (RFC 1112 4), which networks of containers and of clouds use since.
var inside = []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("240.0.0.0/4")}

// Private reports whether an address is of a local network.
func Private(address netip.Addr) bool {
	address = address.Unmap()
	return address.IsPrivate() || slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(address) })
}
