package plan

import (
	"reflect"
	"testing"

	"jail/config"
	"jail/jail"
)

// Where the user has pointed an agent elsewhere, it reaches that and, on the host's own loopback, nothing beside it.
func TestServicesOfAnAgent(t *testing.T) {
	in := Input{Config: config.Config{Overlay: config.Overlay{Network: config.NetworkAllow}}}
	in.Config.Agent.Env = []string{"A_BASE_URL", "A_KEY", "B_API_BASE", "C_ENDPOINT", "D_BASE_URL", "E_BASE_URL"}
	in.Config.Env = []config.EnvVar{
		{Name: "A_BASE_URL"}, {Name: "A_KEY", HasValue: true, Value: "https://key.example"}, {Name: "B_API_BASE", HasValue: true, Value: "https://b.example:8443/v1"},
		{Name: "C_ENDPOINT", HasValue: true, Value: "http://localhost:11434"}, {Name: "D_BASE_URL", HasValue: true, Value: "not an address"}, {Name: "E_BASE_URL"},
		{Name: "F_BASE_URL", HasValue: true, Value: "https://f.example"},
	}
	in.Host.Env = []string{"A_BASE_URL=https://a.example/v1"}
	want := jail.Gate{Allow: []string{"a.example:443", "b.example:8443"}, Ports: []int{22, 80, 443, 8443}, HostPorts: []jail.HostPort{{Jail: 11434, Host: 11434}}}
	if got := in.gate(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	in.Config.Network = config.NetworkHost
	if got := in.gate(); !reflect.DeepEqual(got, jail.Gate{}) {
		t.Errorf("without a filter: got %+v", got)
	}
}
