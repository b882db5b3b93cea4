package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOrderOfLayers holds the order by taking the layers away one by one, the most important first.
func TestOrderOfLayers(t *testing.T) {
	w := newWorld(t)
	user := w.write("user", "hostname = 'user'")
	project := w.write("project", "hostname = 'project'\nshell = '/bin/project'")
	managed := w.write("managed", "hostname = 'managed'")
	r := w.request()
	r.Flags = Overlay{Hostname: "flag"}
	r.Variables = []string{"JAIL_HOSTNAME=variable"}
	r.Approved = sumOf(t, project)
	for _, step := range []struct {
		want, from string
		remove     func()
	}{
		{"managed", managed + ":1", func() { r.Files.Managed = "" }},
		{"flag", originFlags, func() { r.Flags = Overlay{} }},
		{"variable", "JAIL_HOSTNAME", func() { r.Variables = nil }},
		{"project", project + ":1", func() { r.Files.Project = "" }},
		{"user", user + ":1", func() { r.Files.User = "" }},
		{"jail", originDefault, func() {}},
	} {
		got, err := Load(r)
		if err != nil || got.Hostname != step.want || got.Origins["hostname"] != step.from {
			t.Errorf("host name %q from %q, %v; want %q from %q", got.Hostname, got.Origins["hostname"], err, step.want, step.from)
		}
		step.remove()
	}
}

func sumOf(t *testing.T, path string) string {
	t.Helper()
	_, file, err := Asks(Request{Files: Files{Project: path}, ProjectDir: "/p", Home: "/h"})
	if err != nil {
		t.Fatal(err)
	}
	return file.SHA256
}

func TestTrust(t *testing.T) {
	const text = "command = ['run', 'it']\nshell = '/bin/x'\nnetwork = 'host'\nrw_map = ['~/w']\nenv = ['TOKEN=secret']\nallow = ['perf']\n" +
		"landlock = 'optional'\ninherit_env = 'all'\nmemory = '2g'\n[commands.run]\nhostname = 'special'"
	w := newWorld(t)
	w.write("user", "network = 'none'\nmemory = '1g'")
	project := w.write("project", text)
	untrusted := w.load(t)
	if untrusted.Project.Trust != Untrusted || len(untrusted.Refused) != 9 {
		t.Errorf("untrusted: %+v, refused %v", untrusted.Project, untrusted.Refused)
	}
	r := w.request()
	r.Approved = sumOf(t, project)
	got, err := Load(r)
	if err != nil || got.Project.Trust != Trusted || got.Refused != nil {
		t.Fatalf("trusted: %+v, %v, refused %v", got.Project, err, got.Refused)
	}
	if !slices.Equal(got.Command, []string{"run", "it"}) || got.Shell != "/bin/x" || got.Network != NetworkHost || got.Hostname != "special" || len(got.Maps) != 1 ||
		got.Maps[0].Mode != MapRW || got.Maps[0].Within != "" || len(got.Env) != 1 || len(got.Allow) != 1 || got.Landlock != Optional || got.Inherit != InheritAll || got.Limits.Memory != 2<<30 {
		t.Errorf("trusted: got %+v", got)
	}

	// The word of the user stays above (a stored command of a trusted project once beat the command line).
	r.Command, r.Flags = []string{"mine"}, Overlay{Network: NetworkNone}
	if got, err := Load(r); err != nil || got.Command[0] != "mine" || got.Network != NetworkNone || got.Hostname != "jail" {
		t.Errorf("below flags: got %+v, %v", got, err)
	}
	r = w.request()
	r.Approved = sumOf(t, project)
	r.Flags = Overlay{Lockdown: On}
	if got, err := Load(r); err != nil || got.Network != NetworkNone || len(got.Maps)+len(got.Env)+len(got.Allow) > 0 || got.Inherit != InheritNone || len(got.Refused) == 0 {
		t.Errorf("in lockdown: got %+v, %v", got, err)
	}

	// One byte more, and the approval is void.
	w.write("project", text+"\n")
	r.Flags = Overlay{}
	if got, err := Load(r); err != nil || got.Project.Trust != Changed || len(got.Refused) != 9 || got.Network != NetworkNone {
		t.Errorf("changed: got %+v, %v", got, err)
	}
	for _, wider := range widened(untrusted, w.load(t), w.proj) {
		t.Error(wider)
	}
}

func TestAsks(t *testing.T) {
	w := newWorld(t)
	path := w.write("project", "network = 'none'\nenv = ['A=secret',\n'B']\n[commands.x]\nrw_map = ['/y']\nenv = ['C=1']")
	asks, file, err := Asks(w.request())
	var got []string
	for _, a := range asks {
		kind := "tightens"
		if a.Widens {
			kind = "widens"
		}
		got = append(got, strings.Join([]string{kind, strings.TrimPrefix(a.Origin, path+":"), a.Key, a.Value}, " "))
	}
	want := []string{"tightens 1 network none", "widens 2 env A=secret", "widens 3 env B", "widens 5 commands.x.rw_map /y", "widens 6 commands.x.env C=1"}
	if err != nil || file.Path != path || len(file.SHA256) != 64 || !slices.Equal(got, want) {
		t.Errorf("got %q, %+v, %v; want %q", got, file, err, want)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if asks, file, err := Asks(w.request()); err != nil || file.Path != "" || asks != nil {
		t.Errorf("without a file: %v, %+v, %v", asks, file, err)
	}
}

// Whoever approves a file must not be told that a table tightens, nor that approval gives what no project file is given.
func TestAsksOfTablesAndOfTheUsersOwn(t *testing.T) {
	w := newWorld(t)
	w.write("project", "browser = 'soft'\nnotify = 'bell'\n[commands.x]\nrw_map = [\n'/y',\n'/z']\nenv = ['C=1', 'D']")
	asks, _, err := Asks(w.request())
	var got []string
	for _, a := range asks {
		kind := "ignored"
		if a.Widens {
			kind = "widens"
		} else if a.Why == "" {
			kind = "tightens"
		}
		got = append(got, kind+" "+a.Key+" "+a.Value)
	}
	want := []string{
		"ignored browser soft", "ignored notify bell", "widens commands.x.rw_map /y", "widens commands.x.rw_map /z", "widens commands.x.env C=1", "widens commands.x.env D",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestManaged(t *testing.T) {
	loose := Overlay{
		Network: NetworkHost, Inherit: InheritAll, Shell: "/bin/flag", Limits: Limits{Memory: 8 << 30, Timeout: time.Hour},
		Env: []EnvVar{{Name: "A", Value: "flag", HasValue: true}},
	}
	tight := Overlay{Network: NetworkNone, Limits: Limits{Memory: 1 << 30}, Maps: []Map{{Source: "/m", Target: "/m", Mode: MapRO}}}
	w := newWorld(t)
	managed := w.write("managed", "network = 'none'\ninherit_env = 'none'\nlandlock = 'required'\nshell = '/bin/managed'\nmemory = '2g'\nenv = ['A=managed']\n[commands.make]\ntimeout = '1m'")
	w.command = []string{"make"}
	got := w.loadWith(t, loose)
	if got.Network != NetworkNone || got.Inherit != InheritNone || got.Shell != "/bin/managed" || got.Ceilings.Memory != 2<<30 || got.Ceilings.Timeout != time.Minute || got.Env[0].Value != "managed" {
		t.Errorf("against flags: got %+v", got)
	}
	if want := "network host, inherit_env all, shell /bin/flag"; refusals(got) != want || !strings.Contains(got.Refused[0].Why, managed+":1") {
		t.Errorf("refused %s, want %s", refusals(got), want)
	}
	if want := []string{"network", "landlock", "inherit_env", "shell", "memory", "timeout"}; !slices.Equal(got.Bound, want) {
		t.Errorf("bound %v, want %v", got.Bound, want)
	}

	// What is tighter already stays, and what nobody said is the administrator's.
	w.write("managed", "network = 'host'\ninherit_env = 'filtered'\nmemory = '2g'\nrw_map = ['/m', '/n']\nlandlock = 'optional'")
	got = w.loadWith(t, tight)
	if got.Network != NetworkNone || got.Limits.Memory != 1<<30 || got.Landlock != Optional || got.Refused != nil || slices.Contains(got.Bound, "network") {
		t.Errorf("against tighter flags: got %+v", got)
	}
	if len(got.Maps) != 2 || got.Maps[0].Mode != MapRO || got.Maps[1].Source != "/n" {
		t.Errorf("maps: got %+v", got.Maps)
	}
	if got := w.loadWith(t, Overlay{}); got.Network != NetworkHost || got.Inherit != InheritFiltered {
		t.Errorf("against nothing: got %+v", got)
	}
}

func TestManagedLockdown(t *testing.T) {
	w := newWorld(t)
	w.write("managed", "lockdown = true")
	w.write("user", "network = 'host'")
	got := w.loadWith(t, Overlay{
		Lockdown: Off, Network: NetworkHost, Inherit: InheritAll, Env: []EnvVar{{Name: "A"}}, Allow: []Relaxation{{Name: "perf"}},
		Maps: []Map{{Source: "/x", Target: "/x", Mode: MapRW}}, Limits: Limits{Processes: 99999},
	})
	if got.Lockdown != On || got.Network != NetworkNone || got.Inherit != InheritNone || len(got.Env)+len(got.Allow)+len(got.Maps) > 0 || got.Limits.Processes > 0 || !slices.Contains(got.Bound, "lockdown") {
		t.Errorf("got %+v", got)
	}
	if want := "network host, lockdown false, network host, inherit_env all, rw_map /x, env A, allow perf"; refusals(got) != want {
		t.Errorf("refused %s, want %s", refusals(got), want)
	}
	w.write("managed", "")
	if got := w.loadWith(t, Overlay{Lockdown: Off}); got.Lockdown != Off || got.Network != NetworkHost {
		t.Errorf("control: got %+v", got)
	}
}

func TestManagedFileIsTheAdministratorsAlone(t *testing.T) {
	w := newWorld(t)
	path := w.write("managed", "network = 'none'")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(w.request()); err == nil || !strings.Contains(err.Error(), "chmod go-w") {
		t.Errorf("a file that everybody writes: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	w.write("managed", "\ncommand = ['x']")
	if _, err := Load(w.request()); err == nil || !strings.HasPrefix(err.Error(), path+`:2: key "command"`) {
		t.Errorf("a command: %v", err)
	}
	w.write("managed", "netwrok = 'none'")
	if _, err := Load(w.request()); err == nil {
		t.Error("an unknown key passes")
	}
}

func TestVariables(t *testing.T) {
	w := newWorld(t)
	r := w.request()
	r.Cwd = "/cwd"
	r.Variables = []string{
		"PATH=/bin", "JAIL=1", "JAIL_REQUIRE=all", "JAIL_E2E_BIN=/x", "JAIL_SHELL=", "JAIL_NETWORK=none", "JAIL_LOCKDOWN=false", "JAIL_MAP=a b\n~/c:/d?\n",
		"JAIL_ENV=X=1\nY", "JAIL_ALLOW=perf", "JAIL_CPUS=1.5", "JAIL_COMMAND=make\nall", "JAIL_INHERIT_ENV=filtered",
	}
	got, err := Load(r)
	if err != nil {
		t.Fatal(err)
	}
	want := Overlay{
		Command: []string{"make", "all"}, Network: NetworkNone, Hostname: "jail", Lockdown: Off, Landlock: Required, Inherit: InheritFiltered,
		AgentState: StateCopy, Caches: On, Secrets: SecretsHide, Terminal: TerminalFiltered,
		Maps: []Map{
			{Source: "/cwd/a b", Target: "/cwd/a b", Mode: MapRO, Origin: "JAIL_MAP"},
			{Source: w.home + "/c", Target: "/d", Mode: MapRO, Optional: true, Origin: "JAIL_MAP"},
		},
		Env:    []EnvVar{{Name: "X", Value: "1", HasValue: true, Origin: "JAIL_ENV"}, {Name: "Y", Origin: "JAIL_ENV"}},
		Allow:  []Relaxation{{"perf", "JAIL_ALLOW"}},
		Limits: Limits{CPUs: 1500},
	}
	if !reflect.DeepEqual(got.Overlay, want) || got.Origins["network"] != "JAIL_NETWORK" {
		t.Errorf("got  %+v\nwant %+v", got.Overlay, want)
	}
	r.Variables = append(r.Variables, "JAIL_LOCKDOWN=true")
	if got, err := Load(r); err != nil || got.Lockdown != On || len(got.Maps)+len(got.Env)+len(got.Allow) > 0 || got.Limits.CPUs > 0 || got.Ceilings.CPUs != 1500 {
		t.Errorf("in lockdown: got %+v, %v", got, err)
	}
	for variable, want := range map[string]string{
		"JAIL_NETWROK=none":    "environment variable JAIL_NETWROK: did you mean JAIL_NETWORK?",
		"JAIL_network=none":    "environment variable JAIL_network: did you mean JAIL_NETWORK?",
		"JAIL_NETWORK=some":    `environment variable JAIL_NETWORK: network mode "some" is unknown; did you mean "none"?`,
		"JAIL_LOCKDOWN=1":      "environment variable JAIL_LOCKDOWN: want true or false",
		"JAIL_ENV=B C=secret":  `environment variable JAIL_ENV: environment variable "B C": a name is made of letters, digits and _, and starts with no digit`,
		"JAIL_TIMEOUT=soon":    `environment variable JAIL_TIMEOUT: "soon" is no length of time; write one such as 90s, 30m or 2h`,
		"JAIL_PIDS_LIMITS=500": "environment variable JAIL_PIDS_LIMITS: did you mean JAIL_PIDS_LIMIT?",
	} {
		r := w.request()
		r.Variables = []string{variable}
		if _, err := Load(r); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", variable, err, want)
		}
	}
}
