package sbpl

import (
	"reflect"
	"strings"
	"testing"
)

// whole has every operation and every kind of filter.
func whole(path string) Profile {
	paths := []Filter{{Kind: Literal, Value: path}, {Kind: Subpath, Value: path}}
	return Profile{
		{Action: Allow, Operations: []Operation{ProcessFork, PseudoTTY, SysctlRead, SystemSocket, FileMapExecutable, IOKitOpen, IPCSemaphore, IPCMemory, MachHost}},
		{Action: Allow, Operations: []Operation{ProcessInfo, Signal}, Filters: []Filter{{Kind: Target, Value: "same-sandbox"}}},
		{Action: Allow, Operations: []Operation{MachLookup}, Filters: []Filter{{Kind: GlobalName, Value: "com.apple.x"}, {Kind: GlobalName, Value: "a@B-1_2"}}},
		{Action: Allow, Operations: []Operation{IPCMemoryRead, IPCMemoryCreate, IPCMemoryWrite}, Filters: []Filter{{Kind: IPCName, Value: "x"}}},
		{Action: Allow, Operations: []Operation{SystemSocket}, Filters: []Filter{{Kind: SocketDomain, Value: "AF_UNIX"}}},
		{Action: Allow, Operations: []Operation{FileRead, FileReadData, FileReadMetadata, FileWrite, FileWriteData, FileIoctl, ProcessExec}, Filters: paths},
		{Action: Allow, Operations: []Operation{NetworkOutbound}, Filters: append([]Filter{{Kind: Remote, Value: "*:*"}, {Kind: Remote, Value: "localhost:8080"}}, paths...)},
		{Action: Allow, Operations: []Operation{NetworkBind, NetworkInbound}, Filters: []Filter{{Kind: Local, Value: "*:*"}}},
		{Action: Deny, Operations: []Operation{FileWriteUnlink, FileWriteSetugid}, Filters: []Filter{
			{Kind: Regex, Tail: `/dev/ttys[0-9]+`}, {Kind: Regex, Value: path, Tail: `\.lock`},
			{Kind: RequireAll, All: []Filter{{Kind: Subpath, Value: path}, {Kind: Extension, Value: "com.apple.sandbox.pty"}}},
		}},
	}
}

// oddPaths have what ends a string, a rule or a line, what a backslash gives a meaning, and bytes that are no text.
var oddPaths = []string{
	"/", "/usr", `/a "b" c`, `/a\`, `/a\"`, `/a\\"))(allow default)`, "/a\nb", "/a\n(allow default)", "/größe", "/\xff\xfe", "/a;b", "/(", "/)", "/#\"", "/a\tb", "/\x7f", "/\r",
}

func TestRoundTrip(t *testing.T) {
	for _, path := range oddPaths {
		want := whole(path)
		text, params := want.Format()
		got, err := Parse(text, params)
		if err != nil {
			t.Errorf("%q: %v\n%s", path, err, text)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v\nwant %+v", path, got, want)
		}
	}
}

func TestEveryOperationAndFilterIsWrittenByTheTest(t *testing.T) {
	seen, kinds := map[Operation]bool{}, map[Kind]bool{}
	for _, r := range whole("/p") {
		for _, op := range r.Operations {
			seen[op] = true
		}
		for _, f := range r.Filters {
			kinds[f.Kind] = true
			for _, each := range f.All {
				kinds[each.Kind] = true
			}
		}
	}
	for _, k := range operations {
		if !seen[k.name] || k.source == "" {
			t.Errorf("operation %q: in the test %v, source %q", k.name, seen[k.name], k.source)
		}
	}
	for _, u := range filters {
		if !kinds[u.kind] || u.source == "" {
			t.Errorf("filter %q: in the test %v, source %q", u.kind, kinds[u.kind], u.source)
		}
	}
}

func TestTextIsASCII(t *testing.T) {
	p := Profile{{Action: Allow, Operations: []Operation{FileRead}, Why: "größe\n(allow default)", Filters: []Filter{{Kind: Literal, Value: "/ü", Why: "ü\r\n)"}}}}
	text, params := p.Format()
	for i := range len(text) {
		if c := text[i]; c != '\n' && c != '\t' && (c < ' ' || c > '~') {
			t.Fatalf("byte %#x in %q", c, text)
		}
	}
	if parsed, err := Parse(text, params); err != nil || len(parsed) != 1 || parsed[0].Filters[0].Value != "/ü" {
		t.Errorf("got %+v, %v", parsed, err)
	}
}

func TestParseRefuses(t *testing.T) {
	const head = "(version 1)\n(deny default)\n"
	for _, test := range []struct{ name, text, want string }{
		{"nothing", "", "begins with"},
		{"another version", "(version 2)(deny default)", "begins with"},
		{"an open profile", "(version 1)(allow default)", "begins with"},
		{"a second default", head + "(allow default)", "in no table"},
		{"an import", head + `(import "system.sb")`, "no filter"},
		{"an unknown operation", head + "(allow file-raed*)", `"file-raed*" is in no table`},
		{"an unknown filter", head + `(allow file-read* (subpaht "/x"))`, "in no table"},
		{"a filter of another operation", head + `(allow mach-lookup (subpath "/x"))`, "does not belong"},
		{"a path for a target", head + `(allow signal (target others))`, "cannot have the value"},
		{"a relative path", head + `(allow file-read* (subpath "x"))`, "cannot have the value"},
		{"an unknown address", head + `(allow network-outbound (remote ip "10.0.0.1:80"))`, "cannot have the value"},
		{"a port too high", head + `(allow network-outbound (remote ip "localhost:65536"))`, "cannot have the value"},
		{"tcp", head + `(allow network-outbound (remote tcp "*:80"))`, "only ip"},
		{"an operation after a filter", head + `(allow file-read* (subpath "/x") file-write*)`, "no filter"},
		{"no operation", head + `(allow (subpath "/x"))`, "no operation"},
		{"two strings", head + `(allow file-read* (subpath "/x" "/y"))`, "one string"},
		{"an open list", head + `(allow file-read*`, "does not end"},
		{"a list too many", head + `(allow file-read*))`, "begins nothing"},
		{"an open string", head + `(allow file-read* (subpath "/x`, "does not end"},
		{"another escape", head + `(allow file-read* (subpath "/\n"))`, "backslash"},
		{"a newline in a string", head + "(allow file-read* (subpath \"/\n\"))", "in a string"},
		{"a byte that is no ASCII", head + "(allow file-read* (subpath \"/\xc3\xbc\"))", "in a string"},
		{"a regex without an end", head + `(allow file-read* (regex #"^/x"))`, "anchored"},
		{"a regex that does not compile", head + `(allow file-read* (regex #"^/(x$"))`, "missing closing"},
		{"a parameter that is not given", head + `(allow file-read* (subpath (param "P0")))`, "not given"},
		{"deep lists", head + strings.Repeat("(", 50), "in each other"},
		{"an empty require-all", head + `(allow file-read* (require-all))`, "no filter"},
		{"a quote", head + `'(allow file-read*)`, "begins nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if p, err := Parse(test.text, nil); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v, want an error with %q", p, err, test.want)
			}
		})
	}
	if _, err := Parse(head, []Param{{"P0", "/x"}}); err == nil {
		t.Error("a parameter that nothing uses is taken")
	}
}

func TestAllows(t *testing.T) {
	p := Profile{
		{Action: Allow, Operations: []Operation{FileRead, FileWrite}, Filters: []Filter{{Kind: Subpath, Value: "/p"}}},
		{Action: Deny, Operations: []Operation{FileWriteUnlink}, Filters: []Filter{{Kind: Literal, Value: "/p"}}},
		{Action: Deny, Operations: []Operation{FileRead}, Filters: []Filter{{Kind: Subpath, Value: "/p/secret"}}},
		{Action: Allow, Operations: []Operation{FileWrite}, Filters: []Filter{{Kind: Regex, Value: "/h/.a.json", Tail: `(\.tmp\.[0-9]+|\.lock)`}}},
		{Action: Allow, Operations: []Operation{FileIoctl}, Filters: []Filter{{Kind: RequireAll, All: []Filter{{Kind: Regex, Tail: `/dev/ttys[0-9]+`}, {Kind: Extension, Value: "x"}}}}},
	}
	e, err := p.Evaluator()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		op   Operation
		path string
		want bool
	}{
		{FileReadData, "/p", true}, {FileReadData, "/p/x", true}, {FileReadData, "/px", false}, {FileReadData, "/", false},
		{FileReadMetadata, "/p/x", true}, {FileReadData, "/p/secret", false}, {FileReadData, "/p/secret/x", false}, {FileReadData, "/p/secrets", true},
		{FileWriteData, "/p", true}, {FileWriteUnlink, "/p", false}, {FileWriteUnlink, "/p/x", true}, {FileIoctl, "/p/x", false},
		{FileWriteData, "/h/.a.json.lock", true}, {FileWriteData, "/h/.a.json.tmp.12", true}, {FileWriteData, "/h/.a.json", false},
		{FileWriteData, "/h/xa.json.lock", false}, {FileWriteData, "/h/.a.json.lock/x", false}, {FileWriteData, "/h/.a.json.lock\n", false}, {FileWriteData, "/x/h/.a.json.lock", false},
		{FileIoctl, "/dev/ttys001", false}, // without the extension
	} {
		for _, by := range []Precedence{LastWins, SpecificWins} {
			if got := e.Allows(test.op, test.path, by); got != test.want {
				t.Errorf("%s %q by %s: got %v, want %v", test.op, test.path, by, got, test.want)
			}
		}
	}
}

// The two ways to decide differ where a rule about one operation is followed by one about all of its kind.
func TestPrecedenceMatters(t *testing.T) {
	p := Profile{{Action: Allow, Operations: []Operation{FileReadMetadata}}, {Action: Deny, Operations: []Operation{FileRead}}}
	e, err := p.Evaluator()
	if err != nil || e.Allows(FileReadMetadata, "/x", LastWins) || !e.Allows(FileReadMetadata, "/x", SpecificWins) {
		t.Error("the rule that names the operation and the last rule decide alike")
	}
}

// Whatever is in a path, a profile has the rules that were meant, with that path and no other.
func FuzzRoundTrip(f *testing.F) {
	for _, path := range oddPaths {
		f.Add(path, "why")
	}
	f.Fuzz(func(t *testing.T, path, why string) {
		if !isPath(path) {
			return
		}
		want := whole(path)
		commented := whole(path)
		for i := range commented {
			commented[i].Why = why
			for j := range commented[i].Filters {
				commented[i].Filters[j].Why = why
			}
		}
		text, params := commented.Format()
		got, err := Parse(text, params)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%v: got %+v\nwant %+v\n%s", err, got, want, text)
		}
	})
}

// What is read and accepted is written as the same profile again.
func FuzzParse(f *testing.F) {
	text, _ := whole("/usr").Format()
	f.Add(text)
	f.Add("(version 1)\n(deny default)\n(allow file-read* (subpath \"/\"))")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text, nil)
		if err != nil {
			return
		}
		again, params := p.Format()
		if got, err := Parse(again, params); err != nil || !reflect.DeepEqual(got, p) {
			t.Fatalf("%v: got %+v\nwant %+v", err, got, p)
		}
	})
}
