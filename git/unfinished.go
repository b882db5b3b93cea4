package git

import "os"

// Unfinished names what was begun in the jail and not concluded, as "rebase"; empty where there is nothing. The jail's word.
func (p Private) Unfinished() string {
	root, err := os.OpenRoot(p.gitDir())
	if err != nil {
		return ""
	}
	defer root.Close()
	return underWay(root)
}

// underWay is Unfinished of an open git directory. The index is part of what is not concluded.
func underWay(root *os.Root) string {
	for _, sign := range []struct{ name, what string }{
		{"rebase-merge", "rebase"}, {"rebase-apply", "rebase or git am"}, {"MERGE_HEAD", "merge"},
		{"CHERRY_PICK_HEAD", "cherry-pick"}, {"REVERT_HEAD", "revert"}, {"BISECT_LOG", "bisect"},
	} {
		if _, err := root.Lstat(sign.name); err == nil {
			return sign.what
		}
	}
	return ""
}
