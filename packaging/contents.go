package main

import (
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bill is a list of what a binary is made of, in the words of CycloneDX 1.5 (cyclonedx.org/docs/1.5/json).
type bill struct {
	Format   string       `json:"bomFormat"`
	Spec     string       `json:"specVersion"`
	Version  int          `json:"version"`
	Metadata billMetadata `json:"metadata"`
	Parts    []part       `json:"components"`
	Depends  []dependency `json:"dependencies"`
}

type billMetadata struct {
	Time string `json:"timestamp"`
	Main part   `json:"component"`
}

type part struct {
	Type     string    `json:"type"`
	Ref      string    `json:"bom-ref"`
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	URL      string    `json:"purl"` // package-url/purl-spec
	Licenses []license `json:"licenses,omitempty"`
	Extra    []extra   `json:"properties,omitempty"`
}

type license struct {
	License struct {
		ID string `json:"id"`
	} `json:"license"`
}

type extra struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

// describeContents writes what a binary says of the modules that it was linked from (debug/buildinfo).
func (r release) describeContents(t target, binary string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	main := part{Type: "application", Name: "jail", Version: r.number(), URL: "pkg:generic/jail@" + r.number()}
	main.Ref = main.URL
	mit := license{}
	mit.License.ID = "MIT"
	main.Licenses = []license{mit}
	main.Extra = []extra{{"jail:target", t.String()}}
	std := golang("std", strings.TrimPrefix(info.GoVersion, "go"))
	parts := []part{std}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		p := golang(m.Path, m.Version)
		p.Extra = []extra{{"go:sum", m.Sum}}
		parts = append(parts, p)
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.Ref, b.Ref) })
	on := dependency{Ref: main.Ref}
	for _, p := range parts {
		on.On = append(on.On, p.Ref)
	}
	data, err := json.MarshalIndent(bill{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata: billMetadata{r.time.Format(time.RFC3339), main}, Parts: parts, Depends: []dependency{on},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, r.name(t.os+"_"+t.arch+".cdx.json")), append(data, '\n'), 0o644)
}

// golang is a module, or the standard library.
func golang(path, version string) part {
	url := "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
	return part{Type: "library", Ref: url, Name: path, Version: version, URL: url}
}
