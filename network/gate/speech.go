package gate

import (
	"bytes"
	"errors"
	"io"
	"net"
	"time"
)

// speech is what a client turns out to speak by its first bytes.
type speech string

const (
	undecided   speech = "" // more bytes are needed
	speaksTLS   speech = "tls"
	speaksHTTP  speech = "http" // or what a lenient server would take for it; readRequest is strict
	speaksOther speech = "tcp"
)

const (
	mostSkipped = 32 // of what stands before a method
	// proxyHeader begins what a relay says of its client before the client's own words, in the second form of that protocol. Where a
	// server takes it from anybody, a request or a first message of TLS follows that nobody would have looked at.
	proxyHeader = "\r\n\r\n\x00\r\nQUIT\n"
)

// classify tells HTTP, in all forms in which a lenient server reads it, from the rest: what is taken for something else has no
// Host that is checked. It stays undecided for as long as the next byte could still make a request of it.
func classify(first []byte) speech {
	if spoken, may := classifyRecord(first); may {
		return spoken
	}
	switch {
	case bytes.HasPrefix(first, []byte(proxyHeader)):
		return speaksHTTP
	case bytes.HasPrefix([]byte(proxyHeader), first):
		return undecided
	}
	rest := bytes.TrimLeft(first, "\r\n\t\v\f ") // servers skip empty lines (RFC 9112 2.2), and some skip more
	if len(first)-len(rest) > mostSkipped {
		return speaksHTTP
	}
	method := token(rest)
	switch rest = rest[len(method):]; {
	case len(method) > mostLine: // longer than readRequest takes; there are servers that take any
		return speaksHTTP
	case len(rest) == 0:
		return undecided
	case len(method) == 0:
		return speaksOther
	}
	target := bytes.TrimLeft(rest, "\r\t\v\f ") // what servers take for a space (RFC 9112 3)
	switch {
	case len(target) == len(rest):
		return speaksOther
	case knownMethods[string(bytes.ToUpper(method))]:
		return speaksHTTP
	case len(target) == 0:
		return undecided
	case target[0] == '/' || target[0] == '*' || target[0] == '\\':
		return speaksHTTP
	}
	return classifyTarget(target)
}

// span is what a byte may be.
type span struct{ low, high byte }

var anyByte = span{0, 0xff}

// openings are what a server of TLS may take for the begin of it, which need not be the first message: servers skip an empty change
// of cipher, and a warning, whatever version that claims; and some understand a first message in the form of SSL 2.0, which has no
// name. All of it is TLS here, of which nothing but a first message in the form of today is passed on.
var openings = [][]span{
	{{recordHandshake, recordHandshake}},
	{{recordChange, recordHeartbeat}, {versionMajor, versionMajor}},
	{{recordAlert, recordAlert}, {0, mostMajor}, anyByte, {0, 0}, {alertSize, alertSize}},
	{{0x80, 0xff}, anyByte, {typeClientHello, typeClientHello}, {versionMajor, versionMajor}},
	{{0x80, 0xff}, anyByte, {typeClientHello, typeClientHello}, {0, 0}, {versionOld, versionOld}},
}

// classifyRecord finds what begins as TLS, or still may.
func classifyRecord(first []byte) (spoken speech, may bool) {
	for _, opening := range openings {
		n := 0
		for n < min(len(first), len(opening)) && opening[n].low <= first[n] && first[n] <= opening[n].high {
			n++
		}
		if n == len(opening) {
			return speaksTLS, true
		}
		may = may || n == len(first)
	}
	return undecided, may
}

// knownMethods are those of which any target is a request's: CONNECT has one that is no path. PROXY is none, but begins a line as
// proxyHeader does, which is refused as no request.
var knownMethods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "OPTIONS": true, "PATCH": true, "CONNECT": true, "TRACE": true, "PRI": true, "PROXY": true}

// classifyTarget looks for SCHEME://, behind a method that is no common one.
func classifyTarget(target []byte) speech {
	scheme := token(target)
	rest := target[len(scheme):]
	switch {
	case len(scheme) == 0:
		return speaksOther
	case len(scheme) > mostLine || bytes.HasPrefix(rest, []byte("://")):
		return speaksHTTP
	case bytes.HasPrefix([]byte("://"), rest):
		return undecided
	}
	return speaksOther
}

// token is what of a text is made of the characters of methods.
func token(text []byte) []byte {
	for i := range text {
		if !isToken(string(text[i : i+1])) {
			return text[:i]
		}
	}
	return text
}

// listen reads until it knows what a client speaks. It waits so long for the first byte, 0 for ever, and firstBytes for the rest.
// With an error it is undecided.
func listen(conn net.Conn, wait time.Duration) (first []byte, spoken speech, err error) {
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	if wait > 0 {
		_ = conn.SetReadDeadline(time.Now().Add(wait))
	}
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if n > 0 && len(first) == 0 {
			_ = conn.SetReadDeadline(time.Now().Add(firstBytes))
		}
		first = append(first, buffer[:n]...)
		if spoken = classify(first); spoken != undecided {
			return first, spoken, nil
		}
		if err != nil {
			if len(first) > 0 && errors.Is(err, io.EOF) {
				return first, speaksOther, nil // this is all, and it is no request
			}
			return first, undecided, err
		}
	}
}
