package git

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// begunFiles lists the files that are as neither tree has them, and as one of them begins: git was ended while it wrote them, or
// found no room. Their content is in that tree, whoever wrote them. It leaves an index of the tree from in h.dir.
func (h half) begunFiles(ctx context.Context) (map[string]bool, error) {
	notFrom, err := h.d.notAs(ctx, filepath.Join(h.dir, "from"), h.from)
	if err != nil {
		return nil, err
	}
	begun := map[string]bool{}
	lists := map[string]*strings.Builder{"to": {}, "from": {}}
	for _, f := range h.files {
		info, err := lookBelow(h.tree, f.Path)
		switch {
		case err != nil || !info.Mode().IsRegular():
		case f.OldMode != noMode && !notFrom[f.Path], f.NewMode != noMode && !h.notTo[f.Path]:
		case info.Size() == 0:
			begun[f.Path] = true
		default:
			for side, mode := range map[string]string{"to": f.NewMode, "from": f.OldMode} {
				if strings.HasPrefix(mode, "100") {
					lists[side].WriteString(f.Path + "\x00")
				}
			}
		}
	}
	for side, list := range lists {
		if err := h.compare(ctx, side, list.String(), begun); err != nil {
			return nil, err
		}
	}
	return begun, nil
}

// compare writes files of one tree into a folder of ours, as a checkout has them, and notes which of the work tree begin so.
func (h half) compare(ctx context.Context, side, list string, begun map[string]bool) error {
	if list == "" {
		return nil
	}
	dir := filepath.Join(h.dir, side+".files")
	args := []string{"checkout-index", "-z", "--stdin", "--prefix=" + dir + "/"}
	_, err := h.d.run(ctx, call{args: args, access: writes, config: withUser, limit: addLimit, index: filepath.Join(h.dir, side), stdin: strings.NewReader(list)})
	if err != nil {
		return err
	}
	whole, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer whole.Close()
	for _, path := range parsePaths([]byte(list)) {
		ok, err := beginsAs(h.tree, whole, path)
		if err != nil {
			return err
		}
		if ok {
			begun[path] = true
		}
	}
	return nil
}

// beginsAs reports whether a file of one folder has the first bytes of the same file of another, and no more.
func beginsAs(part, whole *os.Root, path string) (bool, error) {
	p, err := part.Open(path)
	if err != nil {
		return false, err
	}
	defer p.Close()
	w, err := whole.Open(path)
	if err != nil {
		return false, err
	}
	defer w.Close()
	first, all := bufio.NewReader(p), bufio.NewReader(w)
	buffer, other := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err := first.Read(buffer)
		if _, shorter := io.ReadFull(all, other[:n]); shorter != nil || !bytes.Equal(buffer[:n], other[:n]) {
			return false, nil
		}
		if err != nil {
			return err == io.EOF, nil
		}
	}
}
