package main

import (
	"os"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers its format
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // the same
)

// packages makes the deb and the rpm of one target.
func (r release) packages(t target, binary string) error {
	for _, s := range []system{deb, rpm} {
		if err := r.pack(s, t, binary); err != nil {
			return err
		}
	}
	return nil
}

func (r release) pack(s system, t target, binary string) error {
	staged, err := os.MkdirTemp("", "jail-packaging-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(staged)
	contents, err := r.stage(s, staged, binary)
	if err != nil {
		return err
	}
	scripts := filepath.Join(r.source, "packaging", "scripts")
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "jail", Arch: t.arch, Platform: "linux", Version: r.number(), Section: "utils", Priority: "optional",
		Maintainer: r.maintainer, Homepage: r.releases, License: "MIT", MTime: r.time, DisableGlobbing: true,
		Description: "run AI coding agents in a sandbox\nOne static program runs an agent, or any command, with the current project\nand nothing else of your files. Named jails are git worktrees.",
		Overridables: nfpm.Overridables{
			Recommends: []string{"git"},
			Contents:   contents,
			Scripts: nfpm.Scripts{
				PostInstall: filepath.Join(scripts, "postinstall.sh"), PreRemove: filepath.Join(scripts, "preremove.sh"), PostRemove: filepath.Join(scripts, "postremove.sh"),
			},
			// Whoever builds it: the name of the machine would be in it else.
			RPM: nfpm.RPM{BuildHost: "localhost", Summary: "run AI coding agents in a sandbox", Group: "Applications/System"},
		},
	})
	if err := nfpm.PrepareForPackager(info, string(s)); err != nil {
		return err
	}
	packager, err := nfpm.Get(string(s))
	if err != nil {
		return err
	}
	to, err := os.Create(filepath.Join(r.out, packager.ConventionalFileName(info)))
	if err != nil {
		return err
	}
	err = packager.Package(info, to)
	if closeErr := to.Close(); err == nil {
		err = closeErr
	}
	return err
}

// stage puts what is packed into a folder, as nfpm takes files.
func (r release) stage(s system, folder, binary string) (files.Contents, error) {
	pages, err := r.documents("/usr/share/doc/jail")
	if err != nil {
		return nil, err
	}
	// Folders of our own: an rpm would leave them behind.
	own := []string{"/usr/share/doc/jail", "/usr/share/doc/jail/docs"}
	if s == rpm {
		own = append(own, "/usr/share/licenses/jail")
	}
	var contents files.Contents
	for _, folder := range own {
		contents = append(contents, &files.Content{
			Destination: folder, Type: files.TypeDir, FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: 0o755, MTime: r.time},
		})
	}
	for _, i := range append(layout(s), pages...) {
		data, err := r.content(i, binary)
		if err != nil {
			return nil, err
		}
		from := filepath.Join(folder, i.to)
		if err := os.MkdirAll(filepath.Dir(from), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(from, data, i.mode()); err != nil {
			return nil, err
		}
		kind := files.TypeFile
		if i.kind == profile {
			kind = files.TypeConfigNoReplace
		}
		contents = append(contents, &files.Content{
			Source: from, Destination: i.to, Type: kind,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: i.mode(), MTime: r.time},
		})
	}
	return contents, nil
}
