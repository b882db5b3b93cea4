package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// registries answers as those places do that code and packages come from, each with one thing that is called stand-in, and tells
// what arrived for every other host.
func registries(dir string) (http.Handler, error) {
	repository := filepath.Join(dir, repositoryName)
	if _, err := os.Stat(repository); err != nil {
		if err := makeRepository(repository); err != nil {
			return nil, err
		}
	}
	wheel := zipped(map[string]string{
		"stand_in.py": "print('stand-in')\n", "stand_in-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: stand-in\nVersion: 1.0\n",
		"stand_in-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n", "stand_in-1.0.dist-info/RECORD": "",
	})
	pack := tarred(map[string]string{"package/package.json": `{"name":"stand-in","version":"1.0.0"}`, "package/index.js": "console.log('stand-in')\n"})
	crate := tarred(map[string]string{"stand-in-1.0.0/Cargo.toml": "[package]\nname = \"stand-in\"\nversion = \"1.0.0\"\n", "stand-in-1.0.0/src/lib.rs": ""})
	module := zipped(map[string]string{"github.com/x/stand-in@v1.0.0/go.mod": "module github.com/x/stand-in\n", "github.com/x/stand-in@v1.0.0/a.go": "package a\n"})
	shasum, digest := sha1.Sum(pack), sha256.Sum256(crate)
	pages := map[string]string{
		"registry.npmjs.org/stand-in": fmt.Sprintf(`{"name":"stand-in","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"stand-in","version":"1.0.0",`+
			`"dist":{"shasum":"%s","tarball":"https://registry.npmjs.org/stand-in/-/stand-in-1.0.0.tgz"}}}}`, hex.EncodeToString(shasum[:])),
		"registry.npmjs.org/stand-in/-/stand-in-1.0.0.tgz":      string(pack),
		"pypi.org/simple/stand-in/":                             `<a href="https://files.pythonhosted.org/stand_in-1.0-py3-none-any.whl">stand_in-1.0-py3-none-any.whl</a>`,
		"files.pythonhosted.org/stand_in-1.0-py3-none-any.whl":  string(wheel),
		"proxy.golang.org/github.com/x/stand-in/@v/list":        "v1.0.0\n",
		"proxy.golang.org/github.com/x/stand-in/@v/v1.0.0.info": `{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}`,
		"proxy.golang.org/github.com/x/stand-in/@v/v1.0.0.mod":  "module github.com/x/stand-in\n",
		"proxy.golang.org/github.com/x/stand-in/@v/v1.0.0.zip":  string(module),
		"index.crates.io/config.json":                           `{"dl":"https://static.crates.io/crates"}`,
		"index.crates.io/st/an/stand-in":                        fmt.Sprintf(`{"name":"stand-in","vers":"1.0.0","deps":[],"cksum":"%s","features":{},"yanked":false}`+"\n", hex.EncodeToString(digest[:])),
		"static.crates.io/crates/stand-in/1.0.0/download":       string(crate),
		"deb.debian.org/debian/Packages":                        "Package: stand-in\nVersion: 1.0\nArchitecture: all\nMaintainer: x <x@example.com>\nFilename: ./x.deb\nSize: 1\nSHA256: " + strings.Repeat("0", 64) + "\nDescription: stand-in\n",
	}
	programs, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return nil, err
	}
	repositories := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(programs)), "git-http-backend"), Root: "/x", Logger: discardLog(), Stderr: io.Discard,
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "REMOTE_USER=somebody"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := strings.ToLower(strings.TrimSuffix(r.Host, "."))
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		page, ok := pages[host+strings.Replace(r.URL.Path, "/./", "/", 1)]
		switch {
		case ok:
			fmt.Fprint(w, page)
		case host == "github.com" && strings.HasPrefix(r.URL.Path, "/x/"+repositoryName+"/"):
			repositories.ServeHTTP(w, r)
		case r.Method == http.MethodPost && slices.Contains(models, host):
			answerClient(w, r)
		case strings.HasSuffix(host, ".example.com") || host == "api.anthropic.com" || host == "localhost" || host == "host.jail.internal" || net.ParseIP(host) != nil:
			tellRequest(w, r)
		default:
			http.NotFound(w, r)
		}
	}), nil
}

// models are the hosts that agents talk to.
var models = []string{"api.anthropic.com", "api.openai.com"}

// answerClient refuses what an agent asks of a model with words that it shows, in the form that both makers have: it has heard the
// answer then, and does not ask again.
func answerClient(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"type":"error","error":{"type":"invalid_request_error","message":"the stand-in heard %s %s"}}`, r.Method, r.URL.Path)
}

// repositoryName is that of the one repository, in the folder of the stand-in.
const repositoryName = "stand-in.git"

// makeRepository makes one that everybody may push to.
func makeRepository(dir string) error {
	script := `set -e; git init -q --bare "$1"; t=$(git -C "$1" mktree </dev/null); c=$(git -C "$1" -c user.name=T -c user.email=t@example.com commit-tree -m stand-in "$t")
git -C "$1" update-ref refs/heads/main "$c"; git -C "$1" symbolic-ref HEAD refs/heads/main; git -C "$1" config http.receivepack true`
	cmd := exec.Command("sh", "-c", script, "sh", dir)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func zipped(files map[string]string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range files {
		if f, err := w.Create(name); err == nil {
			_, _ = f.Write([]byte(text))
		}
	}
	w.Close()
	return out.Bytes()
}

func tarred(files map[string]string) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for name, text := range files {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))})
		_, _ = w.Write([]byte(text))
	}
	w.Close()
	z.Close()
	return out.Bytes()
}
