//go:build !linux

package plan

// On macOS nothing that is hidden can be moved: the rules close every folder on the way to it. Other systems have no back end.

func (Host) identify(string) (FileID, bool) { return FileID{}, false }

func Identify(string) (FileID, bool) { return FileID{}, false }

func findMoved(Host, string, map[FileID]Remembered) (found []Hit, missing []Remembered) {
	return nil, nil
}
