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
	longestMethod = 32 // of what any server takes for a method
	longestScheme = 16
)

// classify tells HTTP, in all forms in which a lenient server reads it, from the rest: what is taken for something else has no
// Host that is checked. It stays undecided for as long as the next byte could still make a request of it.
func classify(first []byte) speech {
	if len(first) > 0 && first[0] == recordHandshake {
		return speaksTLS
	}
	rest := bytes.TrimLeft(first, "\r\n\t\v\f ") // servers skip empty lines (RFC 9112 2.2), and some skip more
	if len(first)-len(rest) > longestMethod {
		return speaksHTTP
	}
	method := token(rest)
	switch rest = rest[len(method):]; {
	case len(method) > longestMethod:
		return speaksOther
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

// knownMethods are those of which any target is a request's: CONNECT has one that is no path.
var knownMethods = map[string]bool{"GET": true, "HEAD": true, "POST": true, "PUT": true, "DELETE": true, "OPTIONS": true, "PATCH": true, "CONNECT": true, "TRACE": true, "PRI": true}

// classifyTarget looks for SCHEME://, behind a method that is no common one.
func classifyTarget(target []byte) speech {
	scheme := token(target)
	rest := target[len(scheme):]
	switch {
	case len(scheme) == 0 || len(scheme) > longestScheme:
		return speaksOther
	case bytes.HasPrefix(rest, []byte("://")):
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
