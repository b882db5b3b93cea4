package config

import (
	"fmt"
	"strings"
)

// EnvVar asks for one environment variable in the jail.
type EnvVar struct {
	Name string `json:"name"`
	// Value stays out of every printed form of a config: it may be a secret.
	Value    string `json:"-"`
	HasValue bool   `json:"has_value"` // false passes on the value that the host has
	Origin   string `json:"origin,omitempty"`
}

// ParseEnv reads NAME, which passes on the value of the host, or NAME=VALUE, which sets it. A name is a letter or an
// underscore followed by letters, digits and underscores. Errors show the name and never the value.
func ParseEnv(text string) (EnvVar, error) {
	name, value, has := strings.Cut(text, "=")
	if !validEnvName(name) {
		return EnvVar{}, fmt.Errorf("environment variable %q: a name is made of letters, digits and _, and starts with no digit", shorten(name))
	}
	if strings.ContainsRune(value, 0) {
		return EnvVar{}, fmt.Errorf("environment variable %q: the value contains a NUL byte; remove it", shorten(name))
	}
	return EnvVar{Name: name, Value: value, HasValue: has}, nil
}

func validEnvName(name string) bool {
	for i := range len(name) {
		c := name[i]
		letter := c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && (!digit || i == 0) {
			return false
		}
	}
	return name != ""
}
