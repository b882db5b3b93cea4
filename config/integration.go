package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Integration is a part of the host that a jail has only where it is asked for.
type Integration struct {
	Key  string // in files; its flag has hyphens
	What string // for people
	Word string // the name of a wider form, which can be said in place of true; "" where there is none
	Wide string // what that form gives
}

// What an integration is in Grants, unless it is its Word.
const (
	Granted = "on"
	Denied  = "off"
)

// integrations are those that exist. What they consist of is known to package plan; a test there compares the two.
var integrations = []Integration{
	{Key: "gpu", What: "the graphics cards, to compute and draw with", Word: "full", Wide: "also the nodes that set the screens"},
	{Key: "docker", What: "Docker's socket: whoever reaches it is out of the jail"},
	{Key: "display", What: "the Wayland socket"},
	{Key: "x11", What: "the X11 socket: other windows can be read, and typed into"},
	{Key: "ssh", What: "the ssh agent, known_hosts and config", Word: "keys", Wide: "the whole of ~/.ssh"},
	{Key: "gpg", What: "gpg's agent, to sign and decrypt, and your public keys"},
	{Key: "pictures", What: "your folder of pictures, read-only"},
	{Key: "tailscale", What: "the socket of tailscaled"},
	{Key: "systemd_user", What: "the sockets of your session's bus and of systemd: whoever reaches them is out of the jail"},
	{Key: "host_shm", What: "the host's /dev/shm"},
	{Key: "mise", What: "mise, which runs the command with the tools that the project asks for"},
}

// Integrations are those that exist, in the order of help.
func Integrations() []Integration { return slices.Clone(integrations) }

// Grants says by key what a layer wants of integrations: Granted, Denied, or the Word of one. It says nothing about others.
type Grants map[string]string

// Keys lists what is said something about, sorted.
func (g Grants) Keys() []string { return slices.Sorted(maps.Keys(g)) }

// On reports whether an integration is asked for, in whichever form.
func (g Grants) On(key string) bool { return g[key] != "" && g[key] != Denied }

// grantsMore reports whether one value of an integration gives more than another.
func grantsMore(a, b string) bool {
	rank := func(value string) int { return slices.Index([]string{"", Denied, Granted}, value) }
	switch {
	case rank(b) < 0:
		return false
	case rank(a) < 0:
		return true
	}
	return max(rank(a), 1) > max(rank(b), 1)
}

// integration finds one by its key.
func integration(key string) (Integration, bool) {
	for _, i := range integrations {
		if i.Key == key {
			return i, true
		}
	}
	return Integration{}, false
}

// ParseGrant reads what is wanted of the integration of that key: true, false, or the name of its wider form.
func ParseGrant(key, text string) (string, error) {
	i, known := integration(key)
	switch {
	case !known:
		return "", fmt.Errorf("integration %q is not implemented", key)
	case text == "true":
		return Granted, nil
	case text == "false":
		return Denied, nil
	}
	valid := []string{"true", "false"}
	if i.Word != "" {
		valid = append(valid, i.Word)
	}
	if !slices.Contains(valid, text) { // no word is offered for being like it: one of them gives more
		return "", fmt.Errorf("%q is unknown; valid are %s", shorten(text), strings.Join(valid, ", "))
	}
	return text, nil
}

// grantText is what ParseGrant reads.
func grantText(value string) string {
	switch value {
	case Granted:
		return "true"
	case Denied:
		return "false"
	}
	return value
}

// integrationFields are the keys of integrations in files.
func integrationFields() (fields []field) {
	for _, i := range integrations {
		shape := shapeBool
		if i.Word != "" {
			shape = shapeGrant
		}
		fields = append(fields, field{i.Key, shape})
	}
	return fields
}

// integrationKeys describes the keys of integrations.
func integrationKeys() (keys []Key) {
	for _, i := range integrations {
		k := Key{Name: i.Key, What: "show " + i.What, Example: "true", Project: "turn it off"}
		if i.Word != "" {
			k.What += fmt.Sprintf("; %q: %s", i.Word, i.Wide)
		}
		keys = append(keys, k)
	}
	return keys
}

// ParseAgentDir reads the folder that an agent has in place of its own.
func ParseAgentDir(text string, at Places) (string, error) {
	if text == "" {
		return "", fmt.Errorf("the folder is empty; write a path such as ~/.claude-work")
	}
	return at.absolute(text)
}
