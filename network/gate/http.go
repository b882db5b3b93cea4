package gate

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"jail/network"
)

// lastAnswers is how long answers may take that are still due when a connection is ended.
const lastAnswers = 10 * time.Second

// passHTTP reads each request, and passes on those whose host is the one that the connection was allowed for. Answers are passed
// on as they come.
func (c *connection) passHTTP(first []byte) {
	c.proto = "http"
	from := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(first), c.client), mostHead)
	_ = c.client.SetReadDeadline(time.Now().Add(firstBytes))
	r, err := readRequest(from)
	_ = c.client.SetReadDeadline(time.Time{})
	if err = c.check(r, err); err != nil {
		c.answerBad(r, err)
		return
	}
	to, err := c.dial()
	if err != nil {
		c.unreachable(err)
		return
	}
	defer to.Close()
	defer context.AfterFunc(c.gate.context, func() { to.Close() })()
	c.allowed()
	answers := &answers{client: c.client, server: to, done: make(chan struct{}), status: make(chan string, 1)}
	go answers.copy()
	up, err := c.requests(r, from, to, answers)
	_ = to.CloseWrite()
	if bad := badRequest(""); errors.As(err, &bad) {
		_ = to.SetReadDeadline(time.Now().Add(lastAnswers))
		<-answers.done
		c.answerBad(request{}, bad)
	} else if err != nil {
		_ = c.client.CloseRead()
	}
	<-answers.done
	_ = c.client.CloseWrite()
	c.ended(up, answers.bytes)
}

// requests passes on the first request and those that follow it. Without error the client has said all.
func (c *connection) requests(r request, from *bufio.Reader, to net.Conn, answers *answers) (up int64, err error) {
	counted := &countingWriter{to: to}
	for n := 0; ; n++ {
		if n > 0 {
			if r, err = readRequest(from); errors.Is(err, io.EOF) {
				return counted.bytes, nil
			}
			if err = c.check(r, err); err != nil {
				return counted.bytes, err
			}
		}
		if r.upgrade && (n > 0 || r.chunked || r.length > 0) {
			return counted.bytes, badRequest("upgrade") // what follows must be its answer
		}
		if _, err := counted.Write(r.head); err != nil {
			return counted.bytes, err
		}
		if err := r.body(counted, from); err != nil {
			return counted.bytes, err
		}
		if r.upgrade && <-answers.status == "101" {
			_, err := io.Copy(counted, from)
			return counted.bytes, err
		}
	}
}

// check finds what must not be passed on.
func (c *connection) check(r request, err error) error {
	if err == nil && !c.hostAllowed(r.host) {
		err = badRequest("host-not-allowed")
	}
	return err
}

// hostAllowed reports whether a request is for where its connection goes: HTTP lets a client ask one server for another.
func (c *connection) hostAllowed(host string) bool {
	if h, port, err := net.SplitHostPort(host); err == nil {
		if host = h; port != strconv.Itoa(int(c.to.Port())) {
			return false
		}
	}
	if c.name == "" {
		return strings.Trim(host, "[]") == c.to.Addr().String()
	}
	name, err := network.Canonical(host)
	return err == nil && (name == c.name || c.gate.Policy.Name(name, int(c.to.Port())).Allow)
}

// answerBad refuses a request.
func (c *connection) answerBad(r request, err error) {
	bad := badRequest("bad-request")
	if !errors.As(err, &bad) {
		reset(c.client) // it said nothing whole
		return
	}
	c.deny(string(bad))
	text := answer("400 Bad Request", "jail: this request is not passed on, as servers may read it in more than one way\n")
	if bad != "bad-request" {
		host := r.host
		if host == "" {
			host = c.host()
		}
		text = forbidden(strings.ToValidUTF8(host, "?"), string(bad))
	}
	_, _ = c.client.Write(text)
	c.linger()
}

// unreachable answers a request whose host cannot or must not be reached.
func (c *connection) unreachable(err error) {
	var vetoed *vetoError
	if errors.As(err, &vetoed) {
		c.deny(string(vetoed.reason))
		_, _ = c.client.Write(forbidden(c.host(), string(vetoed.reason)))
	} else {
		c.deny("dial-error")
		_, _ = c.client.Write(answer("502 Bad Gateway", "jail: cannot reach "+c.host()+"\n"))
	}
	c.linger()
}

// answers copies what a server says, and tells the status of its first answer.
type answers struct {
	client, server *net.TCPConn
	done           chan struct{}
	status         chan string
	bytes          int64 // when done
}

func (a *answers) copy() {
	defer close(a.done)
	head := make([]byte, 4096)
	n := 0
	var err error
	for n < len("HTTP/1.1 101") && err == nil {
		var more int
		more, err = a.server.Read(head[n:])
		n += more
	}
	status := ""
	if fields := strings.Fields(string(head[:n])); len(fields) > 1 && strings.HasPrefix(fields[0], "HTTP/1.") {
		status = fields[1][:min(3, len(fields[1]))]
	}
	a.status <- status
	written, _ := a.client.Write(head[:n])
	a.bytes = int64(written)
	if err == nil {
		more, err := io.Copy(a.client, a.server)
		a.bytes += more
		if err != nil {
			_ = a.server.CloseRead()
		}
	}
}

// countingWriter counts what it writes.
type countingWriter struct {
	to    io.Writer
	bytes int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.bytes += int64(n)
	return n, err
}
