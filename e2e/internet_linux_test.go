package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

// The stand-in for the internet: namespaces in which the test program answers at addresses that look like the world's. No test
// reaches outside, and nothing in the programs under test knows that it is not the world.
const (
	internetEnv = "JAIL_E2E_INTERNET" // the folder with its certificates; set in the namespaces

	allowedAddress = "203.0.113.10" // RFC 5737: no network has it
	deniedAddress  = "203.0.113.66"
	privateAddress = "10.9.8.7"
	ownAddress     = "203.0.113.1" // of the stand-in's machine itself
	ownPrivate     = "10.9.8.1"
)

// names are what the stand-in's name server knows.
var names = map[string]string{
	"allowed.example.com":  allowedAddress,
	"other.example.com":    allowedAddress,
	"denied.example.com":   deniedAddress,
	"loopback.example.com": "127.0.0.1",
	"metadata.example.com": "169.254.169.254",
	"private.example.com":  privateAddress,
	"own.example.com":      ownAddress,

	"api.anthropic.com":      allowedAddress,
	"api.openai.com":         allowedAddress,
	"deb.debian.org":         allowedAddress,
	"files.pythonhosted.org": allowedAddress,
	"github.com":             allowedAddress,
	"index.crates.io":        allowedAddress,
	"proxy.golang.org":       allowedAddress,
	"pypi.org":               allowedAddress,
	"registry.npmjs.org":     allowedAddress,
	"static.crates.io":       allowedAddress,
}

// inInternet runs a test in the stand-in: once to make it, and there once more.
func inInternet(t *testing.T, test func(t *testing.T)) {
	if os.Geteuid() == 0 {
		return // runAsUser has run it
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock, jailtest.Authorities)
	if dir := os.Getenv(internetEnv); dir != "" {
		if err := serveInternet(t, dir); err != nil {
			t.Fatal(err)
		}
		test(t)
		return
	}
	dir := t.TempDir()
	if err := makeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	resolv := filepath.Join(dir, "resolv.conf")
	if err := os.WriteFile(resolv, []byte("nameserver 127.0.0.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"internet", strings.Join([]string{ownAddress, ownPrivate}, ","), resolv, filepath.Join(dir, "ca.pem"), self}
	for _, arg := range os.Args[1:] {
		if !strings.HasPrefix(arg, "-test.run") && !strings.HasPrefix(arg, "-test.testlogfile") && !strings.HasPrefix(arg, "-test.coverprofile") {
			args = append(args, arg)
		}
	}
	run := "^" + t.Name() + "$"
	for _, arg := range os.Args[1:] {
		if pattern, ok := strings.CutPrefix(arg, "-test.run="); ok {
			if _, below, ok := strings.Cut(pattern, "/"); ok {
				run += "/" + below
			}
		}
	}
	cmd := exec.Command(filepath.Join(harness.Bin(), "probe"), append(args, "-test.run="+run)...)
	cmd.Env = append(os.Environ(), internetEnv+"="+dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Geteuid(), HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getegid(), HostID: os.Getegid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN},
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}

// makeCertificates makes an authority and one certificate for all names.
func makeCertificates(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "jail tests"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, &key.PublicKey, key)
	if err != nil {
		return err
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, DNSNames: slices.Sorted(maps.Keys(names)),
	}
	leaf, err := x509.CreateCertificate(rand.Reader, server, authority, &key.PublicKey, key)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: root}, "server.pem": {Type: "CERTIFICATE", Bytes: leaf}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// serveInternet answers as the world does until the test ends.
func serveInternet(t *testing.T, dir string) error {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "server.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return err
	}
	world, err := registries(dir)
	if err != nil {
		return err
	}
	shells, err := sshConfig()
	if err != nil {
		return err
	}
	queries, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		return err
	}
	t.Cleanup(func() { queries.Close() })
	go answerNames(queries)
	for _, address := range []string{allowedAddress, deniedAddress, privateAddress, ownAddress, "127.0.0.1"} {
		plain, err := net.Listen("tcp", address+":80")
		if err != nil {
			return err
		}
		secure, err := tls.Listen("tcp", address+":443", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			return err
		}
		server := &http.Server{Handler: world, ErrorLog: discardLog()}
		go func() { _ = server.Serve(plain) }()
		go func() { _ = server.Serve(secure) }()
		t.Cleanup(func() { server.Close() })
		// Servers that speak first: one like a database, and one of ssh.
		first, err := net.Listen("tcp", address+":5432")
		if err != nil {
			return err
		}
		t.Cleanup(func() { first.Close() })
		go speakFirst(first, "banner of "+address)
		second, err := net.Listen("tcp", address+":22")
		if err != nil {
			return err
		}
		t.Cleanup(func() { second.Close() })
		go serveSSH(second, shells, filepath.Join(dir, repositoryName))
	}
	return nil
}

// tellRequest says what arrived, and where.
func tellRequest(w http.ResponseWriter, r *http.Request) {
	local := r.Context().Value(http.LocalAddrContextKey)
	body, _ := io.Copy(io.Discard, r.Body)
	fmt.Fprintf(w, "reached %v by %s %s for %s, %d bytes\n", local, r.Method, r.URL.Path, r.Host, body)
}

func speakFirst(l net.Listener, greeting string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			fmt.Fprintf(conn, "%s\r\n", greeting)
			_, _ = io.Copy(conn, conn)
		}()
	}
}

// queried are the names that were asked for, to find what leaks.
var queried sync.Map

// answerNames is a name server for the names above and no other.
func answerNames(queries net.PacketConn) {
	packet := make([]byte, 1500)
	for {
		n, from, err := queries.ReadFrom(packet)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(packet[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		name := strings.TrimSuffix(strings.ToLower(m.Questions[0].Name.String()), ".")
		queried.Store(name, true)
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		address, known := names[name]
		switch {
		case !known:
			m.RCode = dnsmessage.RCodeNameError
		case m.Questions[0].Type == dnsmessage.TypeA:
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 1},
				Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(address).To4())},
			}}
		}
		if answer, err := m.Pack(); err == nil {
			_, _ = queries.WriteTo(answer, from)
		}
	}
}
