package git

import "golang.org/x/sys/unix"

// notRegular names what a file mode other than a regular file's stands for, and is nil for that.
func notRegular(mode uint32) error {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return nil
	case unix.S_IFDIR:
		return errNotRegular{"directory"}
	case unix.S_IFIFO:
		return errNotRegular{"FIFO"}
	case unix.S_IFSOCK:
		return errNotRegular{"socket"}
	case unix.S_IFCHR, unix.S_IFBLK:
		return errNotRegular{"device"}
	}
	return errNotRegular{"special file"}
}
