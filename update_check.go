package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/mod/semver"

	"jail/config"
	"jail/git"
)

// releases is the address of the repository whose tags are the releases. The release recipe sets it; other builds know none.
var releases string

const (
	// updateVerb is for jail itself only: ask for the newest release, and note it for later runs.
	updateVerb = "__update-check"

	updateInterval = 24 * time.Hour
)

// known is what was found out about releases. It is a cache: without it the next run that may ask does so.
type known struct {
	Asked  time.Time `json:"asked"` // when a check was begun, whatever came of it
	Newest string    `json:"newest,omitempty"`
}

func (p places) updateCache() string { return filepath.Join(p.cache, "releases.json") }

// tellUpdate says what an earlier check found, and begins another where the last is a day old. It waits for nothing: what is
// found a later run tells. Without update_check it does nothing.
func tellUpdate(cfg config.Config, p places) {
	if cfg.UpdateCheck != config.On || releases == "" {
		return
	}
	found := readKnown(p.updateCache())
	if newer(found.Newest, version) {
		warn("jail %s is out, and this is %s: %s", found.Newest, version, releases)
	}
	if age := time.Since(found.Asked); age >= 0 && age < updateInterval {
		return
	}
	found.Asked = time.Now()
	// Noted before the check, so that a machine without a network does not try at every run.
	if err := found.write(p.updateCache()); err == nil {
		startCheck()
	}
}

// startCheck leaves the check to a process that outlives this one and has no terminal.
func startCheck() {
	self, err := os.Executable()
	if err != nil {
		return
	}
	keepDescriptors()
	cmd := exec.Command(self, updateVerb)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setsid: true}
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}

// keepDescriptors keeps to this process what it was started with, as a lock or the end of a pipe: somebody may wait until the last
// process that has it ends.
func keepDescriptors() {
	open, _ := os.ReadDir("/dev/fd")
	for _, entry := range open {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

// updateCheck is what that process does. Nobody reads what it would say.
func updateCheck(ctx context.Context) error {
	p, err := findPlaces()
	if err != nil {
		return err
	}
	newest, err := newestRelease(ctx, releases)
	if err != nil {
		return err
	}
	return known{time.Now(), newest}.write(p.updateCache())
}

// newestRelease asks a repository for its tags; "" where none is a release.
func newestRelease(ctx context.Context, url string) (string, error) {
	tags, err := git.RemoteTags(ctx, url)
	if err != nil {
		return "", err
	}
	newest := ""
	for _, tag := range tags {
		if semver.IsValid(tag) && semver.Prerelease(tag) == "" && semver.Compare(tag, newest) > 0 {
			newest = tag
		}
	}
	return newest, nil
}

// newer reports whether a release came after this program, which is a release or was built from commits after one. Of other
// builds nobody knows.
func newer(release, own string) bool {
	base := baseRelease(own)
	return base != "" && semver.IsValid(release) && semver.Compare(release, base) > 0
}

// baseRelease is the release that a version is, or was built after (git describe: v1.2.3-4-g0123abc); "" where there is none.
func baseRelease(own string) string {
	described := regexp.MustCompile(`(-\d+-g[0-9a-f]+)?(-dirty)?$`) // compiled here: only who asks pays for it
	if base := described.ReplaceAllString(own, ""); semver.IsValid(base) {
		return base
	}
	return ""
}

// readKnown reads the cache; what cannot be read, or is no release, is not there.
func readKnown(path string) known {
	var k known
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &k) != nil || !semver.IsValid(k.Newest) && k.Newest != "" {
		return known{}
	}
	return k
}

func (k known) write(path string) error {
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "releases-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
