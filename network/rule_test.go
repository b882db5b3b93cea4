package network

import (
	"net/netip"
	"strings"
	"testing"
)

func policy(t *testing.T, allow, deny string, audit bool) *Policy {
	t.Helper()
	p, err := Compile(strings.Fields(allow), strings.Fields(deny), audit)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNames(t *testing.T) {
	const allow = "example.com *.npmjs.org db.example:5432 10.2.0.0/16:443 @go many.example:1,2"
	p := policy(t, allow, "gist.example.com bad.npmjs.org half.npmjs.org:22", false)
	for _, tt := range []struct {
		name string
		port int
		want Decision
	}{
		{"example.com", 443, Decision{Allow: true, Rule: "example.com", Private: true}},
		{"EXAMPLE.com.", 22, Decision{Allow: true, Rule: "example.com", Private: true}},
		{"example.com", 8443, Decision{Reason: OtherPort}},
		{"xexample.com", 443, Decision{Reason: NotAllowed}},
		{"www.example.com", 443, Decision{Reason: NotAllowed}},
		{"example.com.evil.test", 443, Decision{Reason: NotAllowed}},
		{"registry.npmjs.org", 443, Decision{Allow: true, Rule: "*.npmjs.org"}},
		{"a.b.npmjs.org", 443, Decision{Allow: true, Rule: "*.npmjs.org"}},
		{"npmjs.org", 443, Decision{Reason: NotAllowed}},
		{"xnpmjs.org", 443, Decision{Reason: NotAllowed}},
		{"x.npmjs.org.", 443, Decision{Allow: true, Rule: "*.npmjs.org"}},
		{"bad.npmjs.org", 8443, Decision{Reason: DenyRule, Rule: "bad.npmjs.org"}},
		{"half.npmjs.org", 22, Decision{Reason: DenyRule, Rule: "half.npmjs.org:22"}},
		{"half.npmjs.org", 443, Decision{Allow: true, Rule: "*.npmjs.org"}},
		{"db.example", 5432, Decision{Allow: true, Rule: "db.example:5432", Private: true}},
		{"db.example", 443, Decision{Reason: OtherPort}},
		{"many.example", 2, Decision{Allow: true, Rule: "many.example:1,2", Private: true}},
		{"proxy.golang.org", 443, Decision{Allow: true, Rule: "@go", Private: true}},
		{"10.2.0.1", 443, Decision{Reason: BadName}},
		{"example.com\x00.evil", 443, Decision{Reason: BadName}},
		{"example.com%2e", 443, Decision{Reason: BadName}},
		{"example.com..", 443, Decision{Reason: BadName}},
		{"user@example.com", 443, Decision{Reason: BadName}},
		{"exam\tple.com", 443, Decision{Reason: BadName}},
		{"exämple.com", 443, Decision{Reason: BadName}},
		{"*.npmjs.org", 443, Decision{Reason: BadName}},
		{"", 443, Decision{Reason: BadName}},
	} {
		if got := p.Name(tt.name, tt.port); got != tt.want {
			t.Errorf("%q at %d: got %+v, want %+v", tt.name, tt.port, got, tt.want)
		}
	}
	if got := (&Policy{}).Name("example.com", 443); got.Allow {
		t.Error("the zero policy allows something")
	}
}

func TestAddresses(t *testing.T) {
	p := policy(t, "10.2.0.0/16:443 [2001:db8::/32]:443 203.0.113.5 *", "10.2.3.4", false)
	for _, tt := range []struct {
		address string
		port    int
		allow   bool
	}{
		{"10.2.0.1", 443, true}, {"10.2.0.1", 80, false}, {"10.3.0.1", 443, false}, {"10.2.3.4", 443, false}, {"::ffff:10.2.0.1", 443, true},
		{"2001:db8::1", 443, true}, {"2001:db9::1", 443, false}, {"203.0.113.5", 22, true}, {"203.0.113.6", 443, false},
	} {
		if got := p.Address(netip.MustParseAddr(tt.address), tt.port); got.Allow != tt.allow {
			t.Errorf("%s at %d: got %+v, want %v", tt.address, tt.port, got, tt.allow)
		}
	}
	audit := policy(t, "", "denied.example 203.0.113.66", true)
	for address, allow := range map[string]bool{"203.0.113.5": true, "203.0.113.66": false, "10.0.0.1": false, "100.64.0.1": false, "fd00::1": false, "2001:db8::1": true} {
		if got := audit.Address(netip.MustParseAddr(address), 443); got.Allow != allow {
			t.Errorf("audit of %s: got %+v, want %v", address, got, allow)
		}
	}
	if !audit.Name("any.example", 25).Allow || audit.Name("denied.example", 443).Allow {
		t.Error("an audit lets names through but those that are denied")
	}
}

// What a name leads to counts in the end: no rule opens this machine or what tells a cloud machine its keys, and only a rule that
// names the host opens a local network.
func TestMayReach(t *testing.T) {
	p := policy(t, "exact.example *.wide.example 10.0.0.0/8 127.0.0.0/8 169.254.169.254", "10.6.6.6 10.7.7.7:443 10.7.7.8:22", false)
	exact, wide := p.Name("exact.example", 443), p.Name("a.wide.example", 443)
	for _, tt := range []struct {
		address     string
		exact, wide bool
	}{
		{"203.0.113.5", true, true}, {"2001:db8::1", true, true}, {"198.18.0.9", true, true},
		{"10.0.0.1", true, false}, {"192.168.1.1", true, false}, {"100.64.0.1", true, false}, {"fd00::1", true, false}, {"10.6.6.6", false, false},
		{"10.7.7.7", false, false}, {"10.7.7.8", true, false}, {"192.0.0.192", false, false}, {"192.0.0.193", true, true},
		{"127.0.0.1", false, false}, {"127.9.9.9", false, false}, {"::1", false, false}, {"::ffff:127.0.0.1", false, false}, {"0.0.0.0", false, false}, {"::", false, false},
		{"169.254.169.254", false, false}, {"fd00:ec2::254", false, false}, {"168.63.129.16", false, false}, {"100.100.100.200", false, false}, {"fe80::1", false, false},
		{"fd00:ec2::23", false, false}, {"fd20:ce::254", false, false}, {"fd20:ce::255", true, false}, {"fd00:c1::a9fe:a9fe", false, false}, {"fd00:42::42", false, false},
		{"240.1.2.3", true, false}, {"223.255.255.254", true, true}, {"::ffff:0:127.0.0.1", false, false},
		{"224.0.0.1", false, false}, {"ff02::1", false, false}, {"64:ff9b::7f00:1", false, false}, {"2002:7f00:1::", false, false}, {"::127.0.0.1", false, false}, {"255.255.255.255", false, false},
	} {
		address := netip.AddrPortFrom(netip.MustParseAddr(tt.address), 443)
		if _, got := p.MayReach(address, exact); got != tt.exact {
			t.Errorf("an exact rule to %s: %v, want %v", tt.address, got, tt.exact)
		}
		if _, got := p.MayReach(address, wide); got != tt.wide {
			t.Errorf("a wildcard to %s: %v, want %v", tt.address, got, tt.wide)
		}
	}
	if _, ok := p.MayReach(netip.MustParseAddrPort("169.254.169.254:80"), p.Address(netip.MustParseAddr("169.254.169.254"), 80)); ok {
		t.Error("a rule opens the metadata service")
	}
}

// Every address is no named host: a rule for all of them opens the world, as * does, and no local network.
func TestAllAddressesAreNoLocalNetwork(t *testing.T) {
	p := policy(t, "0.0.0.0/0:443 [::/0]:443 10.0.0.0/8:22", "", false)
	for _, tt := range []struct {
		to   string
		want bool
	}{{"203.0.113.5:443", true}, {"[2001:db8::1]:443", true}, {"10.1.2.3:22", true}, {"10.1.2.3:443", false}, {"192.168.1.1:443", false}, {"[fd00::1]:443", false}} {
		to := netip.MustParseAddrPort(tt.to)
		d := p.Address(to.Addr(), int(to.Port()))
		if _, got := p.MayReach(to, d); !d.Allow || got != tt.want {
			t.Errorf("%v: got %+v and %v, want %v", to, d, got, tt.want)
		}
	}
}

func TestNamesThatAreAddresses(t *testing.T) {
	p := policy(t, "*", "", true)
	for _, name := range []string{"127.0.0.1", "127.0.0.1.", "2130706433", "0x7f000001", "0x7f.1", "127.0x1", "169.254.169.254", "a.b.0X7F", "a.0x"} {
		if d := p.Name(name, 80); d.Allow {
			t.Errorf("%q is let through as a name", name)
		}
	}
	for _, name := range []string{"127.0.0.1.example", "1.example", "0x7f.example", "a.0xyz"} {
		if d := p.Name(name, 80); !d.Allow {
			t.Errorf("%q: %+v", name, d)
		}
	}
}

func TestParseRuleRefuses(t *testing.T) {
	for _, text := range []string{
		"", "@", "@nothing", "*.", "*.com", "a*.example.com", "**.example.com", "example.com:", "example.com:0", "example.com:65536", "example.com:x", "example.com:1,",
		"exa mple.com", "example..com", "-a.example", "http://example.com", "example.com/path", "1.2.3", "1.2.3.4.5", "0x7f.1", "1.2.3.4/33", "[::1", "[1.2.3.4]:80",
		"[::1]x", "fe80::1%eth0", "exämple.com", "a.example\x00", "10.0.0.0/8:x",
		"[::ffff:10.0.0.0/104]", "0x7f000001", "a.0x7f",
	} {
		if rules, err := ParseRule(text); err == nil {
			t.Errorf("%q is taken: %+v", text, rules)
		}
	}
}

func TestURLIsNoRule(t *testing.T) {
	for text, want := range map[string]string{
		"https://example.com/x": "name the host alone: example.com", "ssh://u@example.com:2222": "name the host alone: example.com:2222", "x://": "name the host alone",
	} {
		if _, err := ParseRule(text); err == nil || !strings.HasSuffix(err.Error(), "; "+want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestPorts(t *testing.T) {
	p := policy(t, "a.example:5432,443 b.example", "", false)
	got := p.Ports()
	if len(got) != 4 || got[0] != 22 || got[3] != 5432 {
		t.Errorf("got %v", got)
	}
}

// Whatever a rule and a name are: what is allowed is what the rule says, at label boundaries, and deciding never depends on the
// form of the name.
func FuzzRules(f *testing.F) {
	f.Add("*.example.com", "xexample.com", 443)
	f.Add("example.com:80", "EXAMPLE.COM.", 80)
	f.Add("10.0.0.0/8", "10.1.2.3", 443)
	f.Add("@npm", "registry.npmjs.org\x00.evil", 443)
	f.Fuzz(func(t *testing.T, rule, name string, port int) {
		p, err := Compile([]string{rule}, nil, false)
		if err != nil {
			return
		}
		d := p.Name(name, port)
		canonical, err := Canonical(name)
		if err != nil {
			if d.Allow {
				t.Errorf("%q lets %q through, which is no name", rule, name)
			}
			return
		}
		if again := p.Name(strings.ToUpper(canonical)+".", port); len(canonical) < 253 && again != d {
			t.Errorf("%q: %q gives %+v, and in another form %+v", rule, name, d, again)
		}
		host, _, _ := strings.Cut(rule, ":")
		if suffix, ok := strings.CutPrefix(strings.ToLower(strings.TrimSuffix(host, ".")), "*."); ok && d.Allow && !strings.HasSuffix(canonical, "."+suffix) {
			t.Errorf("%q lets %q through", rule, name)
		} else if !ok && d.Allow && host != "*" && rule[0] != '@' && canonical != strings.ToLower(strings.TrimSuffix(host, ".")) {
			t.Errorf("%q lets %q through", rule, name)
		}
	})
}
