package plan

import "path"

// scanDirs reads folders by their paths from the root of a scan.
type scanDirs interface {
	// read calls look for each name, with whether it is a folder, and a function that says which file it is. All are valid until
	// look returns. A folder that cannot be read is empty; it is shut, and identified where that can be told, where a jail could
	// read it all the same: what is missing is a permission that its owner can give, or something that this process may not do.
	read(dir string, buffer []byte, look func(name []byte, folder bool, identify func() FileID)) (shut bool, id FileID)
	close()
}

// listedDirs reads what Files lists.
type listedDirs struct {
	files Files
	root  string
}

func (l listedDirs) read(dir string, _ []byte, look func(name []byte, folder bool, identify func() FileID)) (shut bool, id FileID) {
	at := path.Join(l.root, dir)
	for _, name := range l.files.List(at) {
		look([]byte(name), l.files.Lstat(path.Join(at, name)).Type == Directory, func() FileID { return FileID{} })
	}
	return false, FileID{}
}

func (listedDirs) close() {}
