package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// release is what is built.
type release struct {
	source     string // the repository, absolute
	out        string // a folder for what is made, absolute
	version    string // as git describe has it: v1.2.3
	time       time.Time
	releases   string // URL; "" where nobody knows yet
	maintainer string
	targets    []target
}

// describe finds out what the sources are. Their time is that of the last commit, or SOURCE_DATE_EPOCH, and not of the clock.
func describe(ctx context.Context, source, version string) (release, error) {
	r := release{source: source, version: version}
	if version == "" {
		text, err := output(ctx, source, "git", "describe", "--tags", "--always", "--dirty")
		if err != nil {
			return r, err
		}
		r.version = text
	}
	if !regexp.MustCompile(`^[0-9A-Za-z.-]+$`).MatchString(r.version) {
		return r, fmt.Errorf("%q is no version", r.version)
	}
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		var err error
		if seconds, err = output(ctx, source, "git", "log", "-1", "--format=%ct"); err != nil {
			return r, err
		}
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	r.time = time.Unix(n, 0).UTC()
	return r, err
}

// number is the version as packages have it: v1.2.3 is 1.2.3, v1.2.3-4-g0123abc comes after it, and what has no tag before all.
func (r release) number() string {
	described := regexp.MustCompile(`^v(\d+\.\d+\.\d+)(?:-(\d+)-(g[0-9a-f]+))?(-dirty)?$`).FindStringSubmatch(r.version)
	switch {
	case described == nil:
		return "0.0.0+" + strings.ReplaceAll(r.version, "-", ".")
	case described[2] != "" || described[4] != "":
		return described[1] + "+" + strings.Trim(described[2]+"."+described[3]+strings.ReplaceAll(described[4], "-", "."), ".")
	}
	return described[1]
}

// name is that of a file of the release.
func (r release) name(rest string) string { return "jail_" + r.number() + "_" + rest }

// make builds everything and writes the checksums last.
func (r release) make(ctx context.Context) error {
	if left, err := os.ReadDir(r.out); err == nil && len(left) > 0 {
		return fmt.Errorf("%q is not empty, and a release has no other files", r.out)
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "jail-packaging-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	for _, t := range r.targets {
		binary := filepath.Join(work, strings.ReplaceAll(t.String(), "/", "_"), "jail")
		if err := r.build(ctx, t, binary); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "built", t)
		if err := r.describeContents(t, binary); err != nil {
			return err
		}
		if err := r.archive(t, binary); err != nil {
			return err
		}
		if t.os == "linux" {
			if err := r.packages(t, binary); err != nil {
				return err
			}
		}
	}
	if err := r.archiveSources(ctx); err != nil {
		return err
	}
	sums, err := checksums(r.out)
	if err != nil {
		return err
	}
	if r.releases == "" {
		fmt.Fprintln(os.Stderr, "no recipes for package managers: -releases does not say where they download from")
	} else if err := r.recipes(sums); err != nil {
		return err
	}
	return writeChecksums(r.out, sums)
}

// output runs a program and gives what it says, without the end of its last line.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%s: %w: %s", name, err, exit.Stderr)
	}
	return strings.TrimSuffix(string(out), "\n"), err
}
