package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// target is a kind of machine that a release has a binary for.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

func targets() []target {
	return []target{{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "riscv64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}
}

// chosen is the target of that name, or all for "".
func chosen(name string) ([]target, error) {
	if name == "" {
		return targets(), nil
	}
	var known []string
	for _, t := range targets() {
		if t.String() == name {
			return []target{t}, nil
		}
		known = append(known, t.String())
	}
	return nil, fmt.Errorf("there is no target %q; valid are %s", name, strings.Join(known, ", "))
}

// buildArgs are those of the go command; recipes for package managers have the same. No path, time or commit gets into the binary.
func (r release) buildArgs() []string {
	set := "-s -w -buildid= -X main.version=" + r.version
	if r.releases != "" {
		set += " -X main.releases=" + r.releases
	}
	return []string{"build", "-tags", "urfave_cli_no_docs", "-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", set}
}

// settings decide what the compiler makes; those of whoever builds do not count.
func (t target) settings() []string {
	return []string{
		"CGO_ENABLED=0", "GOOS=" + t.os, "GOARCH=" + t.arch, "GOAMD64=v1", "GOARM64=v8.0", "GORISCV64=rva20u64",
		"GOFLAGS=", "GOEXPERIMENT=", "GODEBUG=", "GOWORK=off", "GOTOOLCHAIN=local",
	}
}

func (r release) build(ctx context.Context, t target, to string) error {
	cmd := exec.CommandContext(ctx, "go", append(r.buildArgs(), "-o", to, ".")...)
	cmd.Dir, cmd.Stderr = r.source, os.Stderr
	cmd.Env = append(os.Environ(), t.settings()...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cannot build for %s: %w", t, err)
	}
	return nil
}
