package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strconv"

	"jail/jail"
	"jail/mounts"
)

// layer returns the folder for what is written to an overlay, and notes it. Its name comes from what is shown and where, so
// that no two overlays of a run ever share one and the next run finds it again.
func (b *builder) layer(host, target string, purpose jail.Purpose) string {
	return b.layerIn(path.Join(b.in.Layers, strconv.Itoa(b.in.Slot)), host, target, purpose)
}

func (b *builder) layerIn(slot, host, target string, purpose jail.Purpose) string {
	sum := sha256.Sum256([]byte(host + "\x00" + target))
	dir := path.Join(slot, hex.EncodeToString(sum[:16]))
	b.kept.Layers = append(b.kept.Layers, jail.KeptLayer{Dir: dir, Host: host, Target: target, Purpose: purpose})
	return dir
}

// keep returns what outlives the run: the layers of those overlays that no later map has taken the place of.
func (b *builder) keep() jail.Kept {
	b.kept.Layers = slices.DeleteFunc(b.kept.Layers, func(l jail.KeptLayer) bool {
		return !slices.ContainsFunc(b.mounts, func(m mounts.Mount) bool { return m.Layer == l.Dir })
	})
	b.kept.Credentials = slices.DeleteFunc(b.kept.Credentials, func(c jail.Credential) bool {
		return c.Dir != b.kept.Home.Dir && !slices.ContainsFunc(b.kept.Layers, func(l jail.KeptLayer) bool { return c.Dir == path.Join(l.Dir, "upper") })
	})
	return b.kept
}

// emptyDir is a folder in which nothing is, for overlays of what the host has not.
func (b *builder) emptyDir() string {
	b.kept.Empty = path.Join(b.in.Layers, "empty")
	return b.kept.Empty
}
