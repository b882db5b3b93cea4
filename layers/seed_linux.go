package layers

import (
	"fmt"
	"path/filepath"
)

// seedChanges lists what a jail has changed of one file of a home: it, or nothing.
func (l Layer) seedChanges() ([]Change, error) {
	home, host, err := l.openEither()
	if err != nil || home < 0 {
		return nil, err
	}
	defer closeDir(home)
	defer closeDir(host)
	f, err := openFile(home, l.File)
	if err != nil {
		return nil, nil // gone: the next run begins with the host's again
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	name := filepath.Base(l.Host)
	was, _, err := look(host, name)
	change := Change{Type: string(file), Kind: Modified, Size: info.Size()}
	switch {
	case err != nil:
		return nil, err
	case was == absent:
		change.Kind = Added
	default:
		g, err := openFile(host, name)
		if err != nil {
			break // something else than a file stands there
		}
		defer g.Close()
		if was, err := g.Stat(); err == nil && was.Size() == info.Size() && sameContent(f, g) {
			return nil, nil
		}
	}
	return []Change{change}, nil
}

// applySeed brings one file of a home to the host.
func (l Layer) applySeed(a *application) ([]Problem, error) {
	home, host, err := l.openEither()
	if err != nil || home < 0 {
		return nil, err
	}
	defer closeDir(home)
	defer closeDir(host)
	if host < 0 {
		return nil, fmt.Errorf("cannot apply %q: its folder is gone", l.Host)
	}
	if changes, err := l.seedChanges(); err != nil || len(changes) == 0 {
		return nil, err
	}
	if a.withholds("") {
		a.refuse("", Withheld, withheld)
		return a.problems, nil
	}
	err = a.refused("", a.copyFile(home, host, l.File, filepath.Base(l.Host)))
	return a.problems, err
}
