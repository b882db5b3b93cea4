package gate

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

// scripted is a connection that says what it is given, so many bytes at a time.
type scripted struct {
	net.Conn
	from io.Reader
	step int
}

func (s scripted) Read(p []byte) (int, error)     { return s.from.Read(p[:min(len(p), s.step)]) }
func (scripted) Write(p []byte) (int, error)      { return len(p), nil }
func (scripted) SetReadDeadline(time.Time) error  { return nil }
func (scripted) SetDeadline(time.Time) error      { return nil }
func (scripted) SetWriteDeadline(time.Time) error { return nil }

// clientHello is what Go's client says first.
func clientHello(t testing.TB, config *tls.Config) []byte {
	t.Helper()
	var said bytes.Buffer
	client := tls.Client(keeping{scripted{from: bytes.NewReader(nil), step: 1}, &said}, config)
	_ = client.Handshake() // nobody answers
	return said.Bytes()
}

type keeping struct {
	scripted
	said *bytes.Buffer
}

func (k keeping) Write(p []byte) (int, error) { return k.said.Write(p) }

// cutInto spreads a message over records of so many bytes.
func cutInto(record []byte, size int) (all []byte) {
	for part := range slices.Chunk(record[recordHeader:], size) {
		all = append(append(all, recordHandshake, 3, 1), binary.BigEndian.AppendUint16(nil, uint16(len(part)))...)
		all = append(all, part...)
	}
	return all
}

func TestReadHello(t *testing.T) {
	named := clientHello(t, &tls.Config{ServerName: "a.example.com", NextProtos: []string{"h2"}})
	old := clientHello(t, &tls.Config{ServerName: "a.example.com", MaxVersion: tls.VersionTLS12})
	nameless := clientHello(t, &tls.Config{InsecureSkipVerify: true})
	for what, tt := range map[string]struct {
		data []byte
		want hello
	}{
		"plain": {named, hello{name: "a.example.com"}}, "TLS 1.2": {old, hello{name: "a.example.com"}}, "nameless": {nameless, hello{}},
		"many records": {cutInto(named, 3), hello{name: "a.example.com"}}, "two records": {cutInto(named, 100), hello{name: "a.example.com"}},
	} {
		for _, step := range []int{1, 7, 4096} {
			got, all, err := readHello(scripted{from: bytes.NewReader(tt.data), step: step}, nil)
			if err != nil || got.size != len(tt.data) || got.name != tt.want.name || got.ech != tt.want.ech || !bytes.Equal(all, tt.data) {
				t.Errorf("%s by %d: got %+v, %v", what, step, got, err)
			}
		}
	}
	if _, _, err := readHello(scripted{from: bytes.NewReader(named[:50]), step: 9}, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half of one: %v", err)
	}
	for what, data := range map[string][]byte{
		"alert between": append(append(cutInto(named, 50)[:55], 0x15, 3, 3, 0, 2, 1, 0), cutInto(named, 50)[55:]...),
		"garbage":       append([]byte{recordHandshake}, bytes.Repeat([]byte{0xff}, 600)...),
		"empty record":  append([]byte{recordHandshake, 3, 1, 0, 0}, named...),
		"two names":     twoNames(named),
	} {
		if got, _, err := readHello(scripted{from: bytes.NewReader(data), step: 4096}, nil); err == nil {
			t.Errorf("%s: taken as %+v", what, got)
		}
	}
}

// twoNames says the extension of the server name twice.
func twoNames(record []byte) []byte {
	name := []byte{0, 0, 0, 8, 0, 6, 0, 0, 3, 'e', 'v', 'l'}
	return withExtension(record, name)
}

// withExtension puts one more behind the others.
func withExtension(record, extension []byte) []byte {
	out := append(bytes.Clone(record), extension...)
	body := out[recordHeader:]
	n := len(extension)
	binary.BigEndian.PutUint16(out[3:], binary.BigEndian.Uint16(out[3:])+uint16(n))
	size := int(body[1])<<16 | int(body[2])<<8 | int(body[3])
	size += n
	body[1], body[2], body[3] = byte(size>>16), byte(size>>8), byte(size)
	at := handshakeHeader + randomAndVersions
	at += 1 + int(body[at])
	at += 2 + int(binary.BigEndian.Uint16(body[at:]))
	at += 1 + int(body[at])
	binary.BigEndian.PutUint16(body[at:], binary.BigEndian.Uint16(body[at:])+uint16(n))
	return out
}

func TestHelloWithECH(t *testing.T) {
	data := withExtension(clientHello(t, &tls.Config{ServerName: "a.example.com"}), []byte{0xfe, 0x0d, 0, 1, 0})
	got, _, err := readHello(scripted{from: bytes.NewReader(data), step: 4096}, nil)
	if err != nil || !got.ech || got.name != "a.example.com" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// FuzzHello holds that what is taken for a ClientHello says the same name to crypto/tls: a server that read another name in it would
// be asked for what nobody allowed.
func FuzzHello(f *testing.F) {
	for _, config := range []*tls.Config{{ServerName: "a.example.com"}, {InsecureSkipVerify: true}, {ServerName: "a.example.com", MaxVersion: tls.VersionTLS12}} {
		data := clientHello(f, config)
		f.Add(data)
		f.Add(cutInto(data, 40))
		f.Add(withExtension(data, []byte{0xfe, 0x0d, 0, 1, 0}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, all, err := readHello(scripted{from: bytes.NewReader(data), step: 512}, nil)
		if !bytes.HasPrefix(data, all) {
			t.Fatal("it has read what was not said")
		}
		if err != nil {
			return
		}
		seen := errors.New("seen")
		var theirs *hello
		err = tls.Server(scripted{from: bytes.NewReader(data), step: 512}, &tls.Config{GetConfigForClient: func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			theirs = &hello{name: info.ServerName, ech: slices.Contains(info.Extensions, extensionECH)}
			return nil, seen
		}}).Handshake()
		if theirs != nil && (theirs.name != got.name || theirs.ech && !got.ech) {
			t.Errorf("got %+v, and crypto/tls %+v", got, *theirs)
		}
		_ = err
	})
}

// A client decides how many records its first message takes, and all of them are kept: there is an end to that, which no client of
// good will comes near.
func TestHelloOfManyRecords(t *testing.T) {
	named := clientHello(t, &tls.Config{ServerName: "a.example.com"})
	if found, _, err := readHello(scripted{from: bytes.NewReader(cutInto(named, 1)), step: 4096}, nil); err != nil || found.name != "a.example.com" {
		t.Errorf("one byte in each: %+v, %v", found, err)
	}
	long := append([]byte{recordHandshake, 3, 1, 0, 0, typeClientHello, 0, 0xf0, 0}, make([]byte, 0xf000)...)
	if _, all, err := readHello(scripted{from: bytes.NewReader(cutInto(long, 1)), step: 4096}, nil); !errors.Is(err, errHello) || len(all) > mostHelloRecords+4096 {
		t.Errorf("a long one in as many: %v, %d bytes are kept", err, len(all))
	}
}
