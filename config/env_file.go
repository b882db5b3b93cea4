package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ReadEnvFile reads variables from a file: NAME=VALUE or NAME on a line of its own, "export " before it allowed, # for
// comments. Quotes around a whole value are taken off; nothing else of a shell is understood. A file below project must not
// lead out of it over a link, as an agent may have made that. Errors name the place and never a value.
func ReadEnvFile(path, project string) ([]EnvVar, error) {
	data, err := readEnvFile(path, project)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no file %q; check the path: a relative one begins where you are", path)
		}
		return nil, fmt.Errorf("cannot read %q: %w", path, explainOpen(err))
	}
	if at := invalidUTF8(data); at >= 0 {
		line, _ := position(data, at)
		return nil, fmt.Errorf("%s:%d: the file is not UTF-8", printable(path), line)
	}
	var all []EnvVar
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		v, err := parseEnvLine(strings.TrimPrefix(line, "export "))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", printable(path), number, err)
		}
		v.Origin = origin(path, number)
		all = append(all, v)
	}
	return all, nil
}

func readEnvFile(path, project string) ([]byte, error) {
	if project == "" || !inside(project, path) {
		return readRegular(path, linkFollow)
	}
	root, err := os.OpenRoot(project)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	rest, err := filepath.Rel(project, path)
	if err != nil {
		return nil, err
	}
	file, err := root.OpenFile(rest, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("%w (a link in the project is not followed out of it)", err)
	}
	defer file.Close()
	return readOpened(file)
}

func parseEnvLine(line string) (EnvVar, error) {
	name, value, has := strings.Cut(line, "=")
	if !has {
		return ParseEnv(line)
	}
	if value != "" && strings.ContainsRune(`"'`, rune(value[0])) {
		if len(value) < 2 || value[len(value)-1] != value[0] {
			return EnvVar{}, fmt.Errorf("environment variable %q: the quote is not closed on this line", shorten(name))
		}
		value = value[1 : len(value)-1]
	}
	return ParseEnv(strings.TrimSpace(name) + "=" + value)
}
