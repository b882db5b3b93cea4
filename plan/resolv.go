package plan

import (
	"net/netip"
	"strings"

	"jail/jail"
)

const (
	stubResolver = "127.0.0.53" // systemd-resolved(8)
	upstreamConf = "/run/systemd/resolve/resolv.conf"
)

// resolvConf is the host's list of name servers, and for a filtered network the one that its gate answers as. A local stub is replaced
// by the servers behind it, which work without the host's loopback, except where the stub splits names between networks: then the
// servers alone would not do.
func (b *builder) resolvConf() string {
	switch {
	case b.in.network().Filtered():
		return "nameserver 127.0.0.1\n"
	case b.in.network() == jail.NetworkNone:
		return "# no network\n"
	}
	real, _, _ := b.in.Host.resolve("/etc/resolv.conf")
	stub := string(b.in.Host.Files.Head(real, 64<<10))
	if !strings.Contains(stub, stubResolver) {
		return stub
	}
	upstream := string(b.in.Host.Files.Head(upstreamConf, 64<<10))
	if upstream == "" || splitsNames(stub) || splitsNames(upstream) {
		return stub
	}
	return upstream
}

var (
	carrierNAT = netip.MustParsePrefix("100.64.0.0/10") // Tailscale's servers; RFC 6598
	linkLocal  = netip.MustParsePrefix("169.254.0.0/16")
)

// splitsNames reports whether a resolv.conf(5) shows that a tunnel answers for a part of the names.
func splitsNames(conf string) bool {
	for line := range strings.Lines(conf) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			addr, err := netip.ParseAddr(fields[1])
			if err == nil && (carrierNAT.Contains(addr) || linkLocal.Contains(addr)) {
				return true
			}
		case "search", "domain":
			for _, domain := range fields[1:] {
				if domain = strings.TrimSuffix(domain, "."); domain == "ts.net" || strings.HasSuffix(domain, ".ts.net") {
					return true
				}
			}
		}
	}
	return false
}
