package gate

import (
	"bytes"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for said, want := range map[string]speech{
		"": undecided, "G": undecided, "GET": undecided, "GET ": speaksHTTP, "get /": speaksHTTP, "\r\n\r\n": undecided, "\r\n\r\n\r\n\r\n\r\n\r\nGET ": speaksHTTP,
		strings.Repeat("\r\n", 40): speaksHTTP, "NOTIFY": undecided, "NOTIFY ": undecided, "NOTIFY /": speaksHTTP, "FOO\t/x": speaksHTTP, " GET /": speaksHTTP,
		"FOO http": undecided, "FOO http://x": speaksHTTP, "FOO ftp:/": undecided, "FOO *": speaksHTTP, "CONNECT evil:443": speaksHTTP, "PRI * HTTP/2.0": speaksHTTP,
		"FOO\r/x": speaksHTTP, "FOO\v\f\r /x": speaksHTTP, "FOO\r": undecided, "QUIT\r\n": speaksOther,
		"\x16": speaksTLS, "\x16\x03\x01": speaksTLS,
		"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n": speaksOther, "SSH-2.0-Go\r\n": speaksOther, "EHLO http.example.com\r\n": speaksOther, "*3\r\n$3\r\n": speaksOther,
		"a1 LOGIN x y\r\n": speaksOther, "\x00\x00\x00\x08\x04\xd2\x16\x2f": speaksOther, "{\"jsonrpc\"": speaksOther, "AMQP\x00": speaksOther, "\x80\x2e\x00": speaksOther, "\x80\x00\x00\x28\x01": speaksOther,
		"\x15": undecided, "\x15\x03": speaksTLS, "\x15\x00\x00\x00": undecided, "\x15\x00\x00\x00\x02": speaksTLS, "\x15\x00\x00\x00\x03": speaksOther, "\x15\x10": speaksOther,
		"\x14\x03": speaksTLS, "\x17\x04": speaksOther, "\x18": undecided, "\x19\x03": speaksOther, "\x80\x2e\x01": undecided, "\x80\x2e\x01\x03\x01": speaksTLS, "\x80\x2e\x01\x00\x02": speaksTLS, "\x80\x2e\x01\x00\x03": speaksOther,
		"PROXY": undecided, "PROXY TCP4": speaksHTTP, "PROXYING x\r\n": speaksOther, proxyHeader: speaksHTTP, proxyHeader[:9]: undecided, "\r\n\r\n\x00\r\nQUIT\r": speaksOther,
		strings.Repeat("a", 33): undecided, strings.Repeat("a", 33) + "\r\n": speaksOther, strings.Repeat("a", 33) + " /": speaksHTTP, strings.Repeat("a", mostLine+1): speaksHTTP,
		"FOO " + strings.Repeat("a", 33): undecided, "FOO " + strings.Repeat("a", 33) + "://": speaksHTTP,
	} {
		if got := classify([]byte(said)); got != want {
			t.Errorf("%q: got %q, want %q", said, got, want)
		}
	}
}

// Bytes that come later never change what was decided, so that it does not matter how a client cuts what it says; and whatever
// is read as a request is never taken for something else.
func FuzzClassify(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("\r\n\r\nBREW\t/ HTTP/1.1\r\n"))
	f.Add([]byte("0\r/ HTTP/\n"))
	f.Add([]byte("SSH-2.0-x y\r\n"))
	f.Add([]byte("\x15\x00\x00\x00\x02\x01\x5a\x16\x03\x01"))
	f.Add([]byte("\x80\x2e\x01\x03\x03\x00"))
	f.Add([]byte(proxyHeader + "\x20\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		whole := classify(said)
		for i := range said {
			if early := classify(said[:i]); early != undecided && early != whole {
				t.Fatalf("%q: %q of its first %d bytes, %q of all", said, early, i, whole)
			}
		}
		for request := range requestsIn(said) {
			if whole != speaksHTTP {
				t.Fatalf("%q is taken for %q, and is the request %q", said, whole, request)
			}
			return
		}
	})
}

// requestsIn yields the request that a lenient server may find at the beginning.
func requestsIn(said []byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		line, _, found := bytes.Cut(bytes.TrimLeft(said, "\r\n"), []byte("\n"))
		fields := bytes.Fields(line)
		if !found || len(fields) != 3 || !isToken(string(fields[0])) || !bytes.HasPrefix(fields[2], []byte("HTTP/")) || line[0] == ' ' {
			return
		}
		if fields[1][0] == '/' {
			yield(string(line))
		}
	}
}
