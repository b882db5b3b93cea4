package plan

import "path"

// scanDirs reads folders by their paths from the root of a scan.
type scanDirs interface {
	// read calls look for each name, with whether it is a folder. The name is valid until look returns. What cannot be read
	// is empty: a jail can read it no better.
	read(dir string, buffer []byte, look func(name []byte, folder bool))
	close()
}

// listedDirs reads what Files lists.
type listedDirs struct {
	files Files
	root  string
}

func (l listedDirs) read(dir string, _ []byte, look func(name []byte, folder bool)) {
	at := path.Join(l.root, dir)
	for _, name := range l.files.List(at) {
		look([]byte(name), l.files.Lstat(path.Join(at, name)).Type == Directory)
	}
}

func (listedDirs) close() {}
