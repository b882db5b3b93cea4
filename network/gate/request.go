package gate

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Requests are read by hand and strictly, for the same reason as the first message of TLS (hello.go): what two programs could
// read in two ways is refused, and so what is passed on is what was decided about (RFC 9112).

const (
	mostHead   = 64 << 10 // of a request, its first line and all fields
	mostLine   = 16 << 10
	mostFields = 200
)

// request is the head of one request, and how its body ends.
type request struct {
	head    []byte // as it came
	host    string
	length  int64 // of the body
	chunked bool
	upgrade bool // it asks for another protocol
}

// badRequest says why a request is not passed on.
type badRequest string

func (e badRequest) Error() string { return string(e) }

// readRequest reads the head of a request. The end of the connection before its first byte is io.EOF.
func readRequest(from *bufio.Reader) (r request, err error) {
	line, err := r.line(from)
	for err == nil && line == "" { // empty lines before it (RFC 9112 2.2)
		r.head = nil
		line, err = r.line(from)
	}
	if err != nil {
		return r, err
	}
	parts := strings.Split(line, " ")
	if len(parts) != 3 || !isToken(parts[0]) || parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0" || strings.Contains(parts[1], "\t") {
		return r, badRequest("bad-request") // a tab parts words for some, who may find another version behind it
	}
	if target := parts[1]; !strings.HasPrefix(target, "/") && (target != "*" || parts[0] != "OPTIONS") || parts[0] == "CONNECT" {
		return r, badRequest("host-not-allowed") // of a proxy
	}
	if err := r.fields(from); err != nil {
		return r, err
	}
	if r.chunked && parts[2] == "HTTP/1.0" {
		return r, badRequest("bad-request") // which knows no chunks: a server may take them for requests
	}
	return r, nil
}

// line reads one line of the head.
func (r *request) line(from *bufio.Reader) (string, error) {
	raw, err := from.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", badRequest("bad-request")
	case errors.Is(err, io.EOF) && len(r.head)+len(raw) > 0:
		return "", io.ErrUnexpectedEOF
	case err != nil:
		return "", err
	}
	if r.head = append(r.head, raw...); len(r.head) > mostHead {
		return "", badRequest("bad-request")
	}
	text, ok := bytes.CutSuffix(raw, []byte("\r\n"))
	if !ok || bytes.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return "", badRequest("bad-request") // a lone line feed, or what ends a line for others
	}
	return string(text), nil
}

func (r *request) fields(from *bufio.Reader) error {
	var lengths, codings, hosts int
	for range mostFields {
		line, err := r.line(from)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return io.ErrUnexpectedEOF
			}
			return err
		}
		if line == "" {
			if hosts != 1 || lengths > 1 || codings > 1 || lengths+codings > 1 {
				return badRequest("bad-request")
			}
			return nil
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !ok || !isToken(name) {
			return badRequest("bad-request")
		}
		switch strings.ToLower(name) {
		case "content_length", "transfer_encoding":
			return badRequest("bad-request") // the same as with a dash for servers that make variables of fields (RFC 3875 4.1.18)
		case "host":
			hosts++
			r.host = value
		case "content-length":
			lengths++
			if r.length, err = strconv.ParseInt(value, 10, 63); err != nil || strings.Trim(value, "0123456789") != "" {
				return badRequest("bad-request") // -0 too
			}
		case "transfer-encoding":
			codings++
			if r.chunked = strings.EqualFold(value, "chunked"); !r.chunked {
				return badRequest("bad-request")
			}
		case "upgrade":
			if r.upgrade = true; !strings.EqualFold(value, "websocket") {
				return badRequest("upgrade") // HTTP/2 would say its hosts where nobody looks
			}
		}
	}
	return badRequest("bad-request")
}

// isToken reports whether a text is what names of methods and fields are made of (RFC 9110 5.6.2).
func isToken(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return text != ""
}

// body copies the body of a request.
func (r *request) body(to io.Writer, from *bufio.Reader) error {
	if !r.chunked {
		_, err := io.CopyN(to, from, r.length)
		return err
	}
	for {
		var chunk request
		line, err := chunk.line(from)
		if err != nil {
			return err
		}
		digits, _, _ := strings.Cut(line, ";")
		size, err := strconv.ParseInt(digits, 16, 63)
		if err != nil || strings.Trim(digits, "0123456789abcdefABCDEF") != "" {
			return badRequest("bad-request")
		}
		if _, err := to.Write(chunk.head); err != nil {
			return err
		}
		if size == 0 {
			return trailers(to, from)
		}
		if _, err := io.CopyN(to, from, size); err != nil {
			return err
		}
		var end request
		if line, err = end.line(from); err != nil || line != "" {
			return badRequest("bad-request")
		}
		if _, err := to.Write(end.head); err != nil {
			return err
		}
	}
}

// trailers copies what stands behind the last chunk.
func trailers(to io.Writer, from *bufio.Reader) error {
	var end request
	for {
		line, err := end.line(from)
		if err != nil {
			return err
		}
		if line == "" {
			_, err := to.Write(end.head)
			return err
		}
		if name, _, ok := strings.Cut(line, ":"); !ok || !isToken(name) {
			return badRequest("bad-request")
		}
	}
}

const refusedText = "jail: %s is not let through (%s). The policy of this jail's network is in /run/jail/network.txt; trying again does not help.\n"

// answer is a whole answer of HTTP/1.1.
func answer(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
}

func forbidden(host, reason string) []byte {
	return answer("403 Forbidden", fmt.Sprintf(refusedText, host, reason))
}
