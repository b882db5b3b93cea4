package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"jail/bootstrap"
	"jail/state"
)

// undo takes the last change of each file back, and refuses where the file was changed since.
func (b *bootstrapper) undo(files []target) error {
	done := 0
	for _, t := range slices.Backward(files) { // what was made first is empty last
		changes, err := b.places.records().ChangedFiles()
		if err != nil {
			return err
		}
		of := func(c state.ChangedFile) bool { return c.Root == t.root && c.Path == t.rel }
		slices.Reverse(changes)
		i := slices.IndexFunc(changes, of)
		if i < 0 {
			continue
		}
		done++
		note := changes[i]
		what, err := takeBack(note)
		if err != nil {
			return err
		}
		if err := b.forget(note); err != nil {
			return err
		}
		if slices.ContainsFunc(changes[i+1:], of) {
			what += "; there is an earlier change, which the next --undo takes back"
		}
		printLine(fmt.Sprintf("%s: %s %s", t.Agent, t.path(), what))
	}
	if done == 0 {
		printLine("there is nothing to take back")
	}
	return nil
}

func (b *bootstrapper) forget(note state.ChangedFile) error {
	return b.places.records().UpdateChangedFiles(func(all []state.ChangedFile) []state.ChangedFile {
		return slices.DeleteFunc(all, func(c state.ChangedFile) bool {
			return c.Root == note.Root && c.Path == note.Path && c.Backup == note.Backup && c.Time.Equal(note.Time) && c.SHA256 == note.SHA256
		})
	})
}

// takeBack makes a file what it was before a change, and says what it did.
func takeBack(note state.ChangedFile) (string, error) {
	folder, err := bootstrap.OpenFolder(note.Root, filepath.Dir(note.Path), bootstrap.MakeNothing)
	if errors.Is(err, fs.ErrNotExist) && note.Backup == "" {
		return "is gone already, as it was before", nil
	}
	if err != nil {
		return "", err
	}
	defer folder.Close()
	name := filepath.Base(note.Path)
	now, err := folder.Read(name)
	if err != nil {
		return "", err
	}
	var was *bootstrap.Content
	if note.Backup != "" {
		if was, err = folder.Read(note.Backup); err != nil {
			return "", err
		}
		if was == nil {
			return "", fmt.Errorf("%q, which is what %q was, is gone", filepath.Join(note.Root, filepath.Dir(note.Path), note.Backup), filepath.Join(note.Root, note.Path))
		}
	}
	same := (now == nil) == (was == nil) && (now == nil || string(now.Data) == string(was.Data))
	if !same && (now == nil || bootstrap.Sum(now.Data) != note.SHA256) {
		fix := "remove it by hand, if nothing of it is yours"
		if was != nil {
			fix = fmt.Sprintf("what it was is in %q: take from it what you want", note.Backup)
		}
		return "", &hinted{fmt.Errorf("%q was changed since, and would lose that", filepath.Join(note.Root, note.Path)), fix}
	}
	what := "is what it was"
	switch {
	case same && was == nil:
	case was == nil:
		what, err = "is removed", folder.Remove(name, now)
	case !same:
		err = folder.Write(name, was.Data, note.Mode, now)
	}
	if err != nil {
		return "", err
	}
	if was != nil {
		return what, folder.Remove(note.Backup, was)
	}
	bootstrap.RemoveFolders(note.Root, note.Made)
	return what, nil
}
