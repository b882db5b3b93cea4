package plan

import "path"

// scanDirs reads folders by their paths from the root of a scan.
type scanDirs interface {
	// read calls look for each name, with whether it is a folder, and a function that says which file it is. All are valid until
	// look returns. A folder that cannot be read is empty; it is shut, and identified, where that is for want of a permission
	// which its owner, and so a jail, can give.
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
