package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// widened lists in which ways a config with a project file allows more than the one without.
func widened(without, with Config, proj string) (wider []string) {
	same := func(what string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			wider = append(wider, fmt.Sprintf("%s changed from %v to %v", what, a, b))
		}
	}
	same("command", without.Command, with.Command)
	same("shell", without.Shell, with.Shell)
	if without.Lockdown == On {
		same("lockdown", without.Lockdown, with.Lockdown)
	}
	if without.Agent.Name != with.Agent.Name || len(with.Bound) != len(without.Bound) {
		wider = append(wider, fmt.Sprintf("preset %q became %q, bound %v became %v", without.Agent.Name, with.Agent.Name, without.Bound, with.Bound))
	}
	if looser(with.Inherit, without.Inherit) {
		wider = append(wider, fmt.Sprintf("environment %q became %q", without.Inherit, with.Inherit))
	}
	if with.Project.Trust == Trusted {
		wider = append(wider, "the file is trusted")
	}
	if without.Landlock == Required {
		same("landlock", without.Landlock, with.Landlock)
	}
	if with.AgentState.wider(without.AgentState) {
		wider = append(wider, fmt.Sprintf("agent state is %q", with.AgentState))
	}
	if without.Review == On {
		same("review", without.Review, with.Review)
	}
	if with.Caches == On {
		same("caches", without.Caches, with.Caches)
	}
	if with.Browser != without.Browser && with.Lockdown == without.Lockdown || with.Browser == BrowserSoft && without.Browser != BrowserSoft {
		same("browser", without.Browser, with.Browser)
	}
	if with.AgentDir != "" {
		same("agent folder", without.AgentDir, with.AgentDir)
	}
	for _, i := range Integrations() {
		if grantsMore(with.Grants[i.Key], without.Grants[i.Key]) {
			wider = append(wider, fmt.Sprintf("%s is %q", i.Key, with.Grants[i.Key]))
		}
	}
	if with.Home == HomeJail {
		same("home", without.Home, with.Home)
	}
	if with.Lockdown == without.Lockdown {
		same("env", without.Env, with.Env)
		same("limits", without.Limits, with.Limits)
		same("relaxations", without.Allow, with.Allow)
	} else if len(with.Env)+len(with.Allow) > 0 {
		wider = append(wider, fmt.Sprintf("lockdown leaves %v and %v", with.Env, with.Allow))
	}
	if with.Secrets == SecretsShow {
		same("secrets", without.Secrets, with.Secrets)
	}
	if with.Lockdown == without.Lockdown {
		same("unprotect", without.Unprotect, with.Unprotect)
	}
	for _, lists := range [][2][]Pattern{{without.Mask, with.Mask}, {without.Deny, with.Deny}} {
		for _, p := range lists[0] {
			if !p.Except && !slices.Contains(lists[1], p) {
				wider = append(wider, fmt.Sprintf("%v is hidden no more", p))
			}
		}
		for _, p := range lists[1] {
			if p.Except && !slices.Contains(lists[0], p) {
				wider = append(wider, fmt.Sprintf("exception %v", p))
			}
		}
	}
	if _, err := ParseNetwork(string(with.Network)); err != nil || with.Network.wider(without.Network) {
		wider = append(wider, fmt.Sprintf("network %q became %q", without.Network, with.Network))
	}
	if with.Lockdown == without.Lockdown {
		for _, rule := range without.Egress.Deny {
			if !slices.Contains(with.Egress.Deny, rule) {
				wider = append(wider, fmt.Sprintf("rule %+v is gone", rule))
			}
		}
		with.Egress.Deny, without.Egress.Deny = nil, nil
		same("network rules", without.Egress, with.Egress)
	} else if with.Egress.Deny = nil; !reflect.DeepEqual(with.Egress, Egress{}) {
		wider = append(wider, fmt.Sprintf("lockdown leaves %+v", with.Egress))
	}
	for _, m := range without.Maps {
		if with.Lockdown == without.Lockdown && !slices.Contains(with.Maps, m) {
			wider = append(wider, fmt.Sprintf("map %+v is gone", m))
		}
	}
	for _, m := range with.Maps {
		if slices.Contains(without.Maps, m) {
			continue
		}
		if m.Mode != MapRO || m.Source != m.Target || !inside(proj, m.Source) || m.Within != proj {
			wider = append(wider, fmt.Sprintf("map %+v is new", m))
		}
		for _, old := range without.Maps {
			if old.Target == m.Target {
				wider = append(wider, fmt.Sprintf("map %+v is put on %+v", m, old))
			}
		}
	}
	return wider
}

// FuzzProjectNeverWidens holds the promise that a project file, whatever its bytes, only tightens.
func FuzzProjectNeverWidens(f *testing.F) {
	for _, seed := range []string{
		"", "network = 'audit'\nnetwork_deny = ['x', 'x.example']", "[network]\nmode = 'allow'\nallow = ['*']\nhost_ports = ['1']\npublish = ['2']\ndeny = ['a']", "network = 'host'", "network = 'none'", "hostname = 'x'", "command = 'x'", "shell = '/bin/x'",
		"map = ['a', '/etc', '~/.ssh', 'a:b', 'fake/x', 'open', 'closed?', '../..']", "rw_map = ['closed', 'a']", "overlay_map = ['closed', '/data']", "agent_state = 'rw'\nhome = 'jail'\ncaches = true\nreview = false", "agent_state = 'ro'\nhome = 'ephemeral'",
		"env = ['A=1', 'TERM']", "[commands.sh]\nnetwork = 'host'\nrw_map = ['/']", "commands = { sh = { env = ['X'] } }",
		"commands.sh.shell = \"/x\"\n[network]", "map = [\n'''\na''', \"\\u0000\"]", "\xff", "[[commands]]", "memory = '1t'\ncpus = 9.5\npids_limit = 99999\ntimeout = '9h'", "[\"\\u001b\"]",
		"docker = true\nssh = 'keys'\ngpu = false\nagent_dir = '~/x'", "ssh = true\ngpu = 'full'\nx11 = true\n[commands.sh]\ndisplay = true",
		"inherit_env = 'all'\nlandlock = 'optional'\nlockdown = false\nallow = ['debug']", "inherit_env = 'none'\nlockdown = true",
		"browser = 'soft'\ncommand = 'firefox'", "browser = 'off'\n[commands.firefox]\nbrowser = 'soft'",
	} {
		f.Add([]byte(seed))
	}
	neverWidens(f, "project")
}

// FuzzLegacyProjectNeverWidens holds the same of a project file of ai-jail.
func FuzzLegacyProjectNeverWidens(f *testing.F) {
	for _, seed := range corpus(f, "ai-jail") {
		f.Add(seed)
	}
	neverWidens(f, "legacy project")
}

// neverWidens compares, for each request, the config with a project file and the one without.
func neverWidens(f *testing.F, kind string) {
	w := newWorld(f)
	w.write("user", `
command = ["sh", "-c", "true"]
network = "none"
env = ["TERM", "A=user"]
network_allow = ["user.example", "@npm"]
network_deny = ["x.example"]
inherit_env = "filtered"
map = ["~/my prøject/closed", "/fake:~/my prøject/fake"]
rw_map = ["~/my prøject/open", "/data"]
memory = "1g"
ssh = true
gpu = true
agent_dir = "~/.a"
[commands.sh]
shell = "/bin/sh"
`)
	closed := w.proj + "/flag"
	flags := Overlay{Network: NetworkHost, Maps: []Map{{Source: closed, Target: closed, Mode: MapRO}, {Source: "/x", Target: w.proj + "/y", Mode: MapRW}}}
	requests := []Request{w.request(), w.request(), w.request(), w.request(), w.request()}
	requests[1].Flags = flags
	requests[2].Command, requests[2].Approved = []string{"claude"}, "00"
	requests[2].Files.User = ""
	requests[3].Variables = []string{"JAIL_NETWORK=host", "JAIL_MAP=closed/x\n/m:" + w.proj + "/z", "JAIL_INHERIT_ENV=all"}
	requests[3].Cwd = w.proj
	requests[4].Command = []string{"firefox"}
	without := make([]Config, len(requests))
	for i, r := range requests {
		var err error
		if without[i], err = Load(r); err != nil {
			f.Fatal(err)
		}
		requests[i].Files.Project = w.path(kind)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(w.path(kind), data, 0o644); err != nil {
			t.Fatal(err)
		}
		for i, r := range requests {
			with, err := Load(r)
			if err != nil {
				if len(err.Error()) > 2000 {
					t.Errorf("error of %d bytes", len(err.Error()))
				}
				return
			}
			for _, wider := range widened(without[i], with, w.proj) {
				t.Error(wider)
			}
			for _, refusal := range with.Refused {
				if line := refusal.String(); printable(line) != line {
					t.Errorf("refusal acts on a terminal: %q", line)
				}
			}
		}
	})
}

// corpus are the config files of another tool in testdata.
func corpus(t testing.TB, tool string) (files [][]byte) {
	t.Helper()
	paths, err := filepath.Glob("testdata/" + tool + "/*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files of %s: %v", tool, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data)
	}
	return files
}
