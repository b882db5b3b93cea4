package gate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

const (
	head = "GET / HTTP/1.1\r\nHost: a.example\r\n"
	post = "POST /x HTTP/1.1\r\nHost: a.example\r\n"
)

// pass reads one request and its body, and returns what would be passed on and what is left.
func pass(text string) (r request, passed, left string, err error) {
	from := bufio.NewReaderSize(strings.NewReader(text), mostHead)
	if r, err = readRequest(from); err != nil {
		return r, "", "", err
	}
	var out bytes.Buffer
	out.Write(r.head)
	err = r.body(&out, from)
	rest, _ := io.ReadAll(from)
	return r, out.String(), string(rest), err
}

func TestRequestsThatPass(t *testing.T) {
	const next = "GET /next HTTP/1.1\r\n"
	for _, text := range []string{
		head + "\r\n", head + "Accept: */*\r\nX:\r\n\r\n", "OPTIONS * HTTP/1.1\r\nhost:\ta.example \r\n\r\n", "\r\n" + head + "\r\n",
		post + "Content-Length: 5\r\n\r\n12345", post + "Content-Length: 0\r\n\r\n",
		post + "Transfer-Encoding: Chunked\r\n\r\n5;x=y\r\n12345\r\nA\r\n0123456789\r\n0\r\n\r\n", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
		head + "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n",
	} {
		r, passed, left, err := pass(text + next)
		if err != nil || r.host != "a.example" || passed != strings.TrimPrefix(text, "\r\nGET") && passed != strings.TrimPrefix(text, "\r\n") || left != next {
			t.Errorf("%q: host %q, passed %q, left %q, %v", text, r.host, passed, left, err)
		}
	}
}

// What can be read in more than one way is not passed on.
func TestRequestsThatDoNot(t *testing.T) {
	for want, texts := range map[badRequest][]string{
		"bad-request": {
			"GET / HTTP/1.1\r\n\r\n", head + "Host: b.example\r\n\r\n", "GET / HTTP/1.1\nHost: a.example\n\n", head + " folded\r\n\r\n", head + "X : y\r\n\r\n",
			head + "X: y\rHost: b.example\r\n\r\n", head + "X: \x00\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET / HTTP/2.0\r\nHost: a.example\r\n\r\n", "GET /\r\n\r\n",
			post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n12345", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", post + "Content-Length: +5\r\n\r\n12345",
			post + "Content-Length: -5\r\n\r\n", post + "Content-Length: 5, 5\r\n\r\n12345", post + "Content-Length:\r\n\r\n", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", post + "Transfer-Encoding: xchunked\r\n\r\n",
			post + "Transfer-Encoding: chunked\r\n\r\n5\r\n123456\r\n0\r\n\r\n", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", post + "Transfer-Encoding: chunked\r\n\r\n\r\n", post + "Transfer-Encoding: chunked\r\n\r\n5\n12345\r\n",
			post + "Transfer-Encoding: chunked\r\n\r\n0\r\nno field\r\n\r\n", head + strings.Repeat("X: y\r\n", mostFields+1) + "\r\n", head + "X: " + strings.Repeat("y", mostHead) + "\r\n\r\n",
			"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		},
		"host-not-allowed": {"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET * HTTP/1.1\r\nHost: a.example\r\n\r\n"},
		"upgrade":          {head + "Upgrade: h2c\r\n\r\n"},
	} {
		for _, text := range texts {
			_, passed, _, err := pass(text)
			if got := badRequest(""); !errors.As(err, &got) || got != want {
				t.Errorf("%.80q: passed %q, %v, want %s", text, passed, err, want)
			}
		}
	}
	for _, text := range []string{"GET", head, head + "X", post + "Content-Length: 9\r\n\r\n1"} {
		if _, _, _, err := pass(text); err == nil || errors.As(err, new(badRequest)) {
			t.Errorf("half of one, %q: %v", text, err)
		}
	}
}

// FuzzRequest holds that what passes says the same host to net/http, and ends where that says: otherwise a second request could be
// hidden in the first.
func FuzzRequest(f *testing.F) {
	for _, text := range []string{
		head + "\r\n", post + "Content-Length: 5\r\n\r\n12345" + head + "\r\n", post + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nX: y\r\n\r\n" + head + "\r\n",
		"\r\n" + head + "Expect: 100-continue\r\n\r\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, passed, left, err := pass(text)
		if err != nil {
			return
		}
		from := bufio.NewReader(strings.NewReader(passed + left))
		theirs, err := http.ReadRequest(from)
		if err != nil {
			return // a server that refuses it serves nobody
		}
		if !strings.EqualFold(theirs.Host, r.host) {
			t.Errorf("host %q, and %q to net/http", r.host, theirs.Host)
		}
		if _, err := io.Copy(io.Discard, theirs.Body); err != nil {
			return
		}
		if rest, _ := io.ReadAll(from); string(rest) != left {
			t.Errorf("%q is left, and %q to net/http", left, rest)
		}
	})
}
