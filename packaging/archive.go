package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// archive writes the archive of one target: a folder with the binary and what belongs to it.
func (r release) archive(t target, binary string) error {
	folder := r.name(t.os + "_" + t.arch)
	pages, err := r.documents("")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, i := range append(layout(archive), pages...) {
		data, err := r.content(i, binary)
		if err != nil {
			return err
		}
		// No owner and no time but the sources': the same files give the same archive.
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: path.Join(folder, i.to), Size: int64(len(data)), Mode: int64(i.mode()), ModTime: r.time, Format: tar.FormatPAX,
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	data, err := compressed(b.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, folder+".tar.gz"), data, 0o644)
}

// archiveSources writes what is committed, for package managers that build: hosts of repositories make archives of their own,
// whose bytes they may change.
func (r release) archiveSources(ctx context.Context) error {
	text, err := output(ctx, r.source, "git", "archive", "--format=tar", "--prefix="+r.name("source")+"/", "HEAD")
	if err != nil {
		return fmt.Errorf("cannot archive the sources: %w", err)
	}
	data, err := compressed([]byte(text))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.out, r.name("source.tar.gz")), data, 0o644)
}
