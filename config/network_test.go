package config

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// A table of the network says the same as keys with the prefix, at the top and for one command.
func TestNetworkTable(t *testing.T) {
	flat := "network = 'allow'\nnetwork_allow = ['a.example', '@npm']\nnetwork_deny = ['b.example']\nnetwork_host_ports = ['1:2']\nnetwork_publish = ['3']\n"
	const table = "mode = 'allow'\nallow = ['a.example', '@npm']\ndeny = ['b.example']\nhost_ports = ['1:2']\npublish = ['3']\n"
	words := func(l layer) (all []string) {
		all = append(all, string(l.Network))
		for _, key := range NetworkKeys() {
			for _, rule := range *l.Egress.List(key) {
				all = append(all, key+" "+rule.Text)
			}
		}
		return all
	}
	want, err := parseFile("/f", []byte(flat), Places{})
	if err != nil || len(words(want.top)) != 6 {
		t.Fatal(words(want.top), err)
	}
	for _, text := range []string{"[network]\n" + table, "network = { mode = 'allow', allow = ['a.example', '@npm'], deny = ['b.example'], host_ports = ['1:2'], publish = ['3'] }"} {
		got, err := parseFile("/f", []byte(text), Places{})
		if err != nil || !slices.Equal(words(got.top), words(want.top)) {
			t.Errorf("got %q, %v; want %q", words(got.top), err, words(want.top))
		}
	}
	got, err := parseFile("/f", []byte("[commands.x.network]\n"+table), Places{})
	if err != nil || !slices.Equal(words(got.commands["x"]), words(want.top)) || !reflect.DeepEqual(got.top.Egress, Egress{}) {
		t.Errorf("for a command: got %q, %v", words(got.commands["x"]), err)
	}
}

// What each mode of a project file becomes over each mode below it.
func TestProjectNarrowsTheNetwork(t *testing.T) {
	modes := []NetworkMode{NetworkNone, NetworkAllow, NetworkAudit, NetworkHost}
	for i, below := range modes {
		for j, asked := range modes {
			w := newWorld(t)
			w.write("user", fmt.Sprintf("network = %q\nnetwork_allow = ['a.example']", below))
			r := w.request()
			r.Files.Project = w.write("project", fmt.Sprintf("[network]\nmode = %q\nallow = ['b.example']\ndeny = ['c.example']\nhost_ports = ['1']\npublish = ['2']", asked))
			c, err := Load(r)
			if err != nil {
				t.Fatal(err)
			}
			if want := modes[min(i, j)]; c.Network != want {
				t.Errorf("%s asked over %s gives %s, want %s", asked, below, c.Network, want)
			}
			refused := 3
			if j > i {
				refused++
			}
			e := c.Egress
			if len(c.Refused) != refused || len(e.Allow) != 1 || len(e.Deny) != 1 || len(e.HostPorts)+len(e.Publish) != 0 {
				t.Errorf("%s asked over %s gives %+v, refused %v", asked, below, e, c.Refused)
			}
		}
	}
}

// An agent whose hosts are known reaches those and what development needs; others are a matter of the user's.
func TestAgentsNetwork(t *testing.T) {
	w := newWorld(t)
	load := func(command, user string) Config {
		t.Helper()
		w.write("user", user)
		r := w.request()
		r.Command = []string{command}
		c, err := Load(r)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	allows := func(c Config, text string) bool {
		return slices.ContainsFunc(c.Egress.Allow, func(r NetworkRule) bool { return r.Text == text })
	}
	if c := load("claude", ""); c.Network != NetworkAllow || !allows(c, "api.anthropic.com") || !allows(c, "@npm") || c.Origins["network"] != "preset claude" {
		t.Errorf("claude gets %s of %s, %v", c.Network, c.Origins["network"], c.Egress)
	}
	if c := load("claude", "network = 'host'"); c.Network != NetworkHost {
		t.Errorf("the user's host is %s", c.Network)
	}
	if c := load("claude", "network_allow = ['b.example']"); c.Network != NetworkAllow || !allows(c, "b.example") || !allows(c, "api.anthropic.com") {
		t.Errorf("the user adds to %v", c.Egress)
	}
	for _, command := range []string{"make", "bash"} {
		if c := load(command, ""); c.Network != NetworkHost || len(c.Egress.Allow) > 0 {
			t.Errorf("%s gets %s, %v", command, c.Network, c.Egress)
		}
	}
	if c := load("claude", "lockdown = true"); c.Network != NetworkNone || len(c.Egress.Allow) > 0 {
		t.Errorf("in lockdown claude gets %s, %v", c.Network, c.Egress)
	}
}

func TestParsePorts(t *testing.T) {
	for text, want := range map[string]string{"1": "1 1", "65535": "65535 65535", "80:8080": "80 8080", "": "", "0": "", "65536": "", "1:": "", ":1": "", "1:2:3": "", "-1": "", "+1": "", "01": "", "1 ": ""} {
		jail, host, err := ParseHostPort(text)
		if got := fmt.Sprint(jail, host); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("host port %q: %s, %v; want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"1": "127.0.0.1 1 1", "8080:80": "127.0.0.1 8080 80", "0.0.0.0:8080:80": "0.0.0.0 8080 80", "[::1]:8080:80": "::1 8080 80", "::1:8080:80": "::1 8080 80",
		"": "", "x": "", "1:": "", ":1": "", "host:1:2": "", "1.2.3.4:5": "", "[fe80::1%eth0]:1:2": "", "auto": "127.0.0.1 0 0", "auto:1": "",
	} {
		address, host, jail, err := ParsePublish(text)
		if got := fmt.Sprint(address, host, jail); (err != nil) != (want == "") || err == nil && got != want {
			t.Errorf("published port %q: %s, %v; want %q", text, got, err, want)
		}
	}
}
