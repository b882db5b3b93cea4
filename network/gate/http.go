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
	"sync/atomic"
	"time"

	"jail/network"
)

// lastAnswers is how long answers may take that are still due when a connection is ended.
const lastAnswers = 10 * time.Second

// passHTTP reads each request, and passes on those whose host is the one that the connection was allowed for. Answers are passed
// on as they come. There is no connection before the first request is good.
func (c *connection) passHTTP(first []byte) {
	c.proto = string(speaksHTTP)
	from := c.reader(first)
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
	c.exchange(from, &r, to, c.answers(to))
}

// reader reads what the client has said and says.
func (c *connection) reader(first []byte) *bufio.Reader {
	return bufio.NewReaderSize(io.MultiReader(bytes.NewReader(first), c.client), mostLine)
}

// exchange passes on requests until the client or a bad one ends it.
func (c *connection) exchange(from *bufio.Reader, r *request, to *net.TCPConn, answers *answers) {
	up, last, err := c.requests(r, from, to, answers)
	bad := badRequest("")
	if errors.As(err, &bad) {
		answers.hold.Store(true)
		_ = to.SetReadDeadline(time.Now().Add(lastAnswers))
	}
	_ = to.CloseWrite()
	if err != nil && bad == "" {
		_ = c.client.CloseRead()
	}
	<-answers.done
	if bad != "" {
		c.answerBad(last, bad)
	}
	c.ended(up, answers.bytes)
}

// requests passes on the first request, where it was read already, and those that follow. Without error the client has said all;
// with one it returns the request that it is about.
func (c *connection) requests(first *request, from *bufio.Reader, to net.Conn, answers *answers) (up int64, r request, err error) {
	counted := &countingWriter{to: to}
	for n := 0; ; n++ {
		if n == 0 && first != nil {
			r = *first
		} else if r, err = readRequest(from); errors.Is(err, io.EOF) {
			return counted.bytes, r, nil
		} else if err = c.check(r, err); err != nil {
			return counted.bytes, r, err
		}
		if r.upgrade && (n > 0 || r.chunked || r.length > 0) {
			return counted.bytes, r, badRequest("upgrade") // what follows must be its answer
		}
		if _, err := counted.Write(r.head); err != nil {
			return counted.bytes, r, err
		}
		if err := r.body(counted, from); err != nil {
			return counted.bytes, r, err
		}
		if r.upgrade && <-answers.status == "101" {
			_, err := io.Copy(counted, from)
			return counted.bytes, r, err
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
		c.deny(Unreachable)
		_, _ = c.client.Write(answer("502 Bad Gateway", "jail: cannot reach "+c.host()+"\n"))
	}
	c.linger()
}

// answers passes on what a server says, and tells the status of its first answer, if it is one of HTTP.
type answers struct {
	buffers        *buffers
	client, server *net.TCPConn
	hold           atomic.Bool // the client is still to be told something when the server has ended
	done           chan struct{}
	status         chan string
	bytes          int64 // when done
}

func (c *connection) answers(server *net.TCPConn) *answers {
	a := &answers{buffers: c.gate.buffers, client: c.client, server: server, done: make(chan struct{}), status: make(chan string, 1)}
	go a.copy()
	return a
}

func (a *answers) copy() {
	defer close(a.done)
	err := a.copyStatus()
	if err == nil {
		var more int64
		more, err = a.buffers.pour(a.client, a.server)
		a.bytes += more
	}
	if err != nil && !errors.Is(err, io.EOF) {
		_ = a.server.CloseRead()
	}
	if !a.hold.Load() {
		_ = a.client.CloseWrite() // it may be the end of an answer
	}
}

func (a *answers) copyStatus() error {
	head, n := make([]byte, 512), 0
	var err error
	for n < len("HTTP/1.1 101") && err == nil {
		var more int
		more, err = a.server.Read(head[n:])
		if written, failed := a.client.Write(head[n : n+more]); failed != nil {
			err = failed
		} else {
			a.bytes += int64(written)
		}
		n += more
	}
	status := ""
	if fields := strings.Fields(string(head[:n])); len(fields) > 1 && strings.HasPrefix(fields[0], "HTTP/1.") {
		status = fields[1][:min(3, len(fields[1]))]
	}
	a.status <- status
	return err
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
