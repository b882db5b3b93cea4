package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
)

const checksumFile = "SHA256SUMS"

// sum is the SHA-256 of one file of the release.
type sum struct{ name, hex string }

// checksums are those of all files in a folder, by name. Folders in it are passed over.
func checksums(folder string) ([]sum, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var sums []sum
	for _, entry := range entries {
		if !entry.Type().IsRegular() || entry.Name() == checksumFile {
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		digest := sha256.Sum256(data)
		sums = append(sums, sum{entry.Name(), hex.EncodeToString(digest[:])})
	}
	return sums, nil
}

// writeChecksums writes what sha256sum --check reads.
func writeChecksums(folder string, sums []sum) error {
	var b strings.Builder
	for _, s := range sums {
		b.WriteString(s.hex + "  " + s.name + "\n")
	}
	return os.WriteFile(filepath.Join(folder, checksumFile), []byte(b.String()), 0o644)
}
