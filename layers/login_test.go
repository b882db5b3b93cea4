package layers

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// providers is a file of logins by provider, of which one kind tells the agent where to look for its configuration.
var providers = loginValues{"* type=oauth", "* type=api", "* access", "* refresh", "* expires", "* key"}

// nested is a token in some objects.
func nested(depth int) string {
	return strings.Repeat(`{"a":`, depth) + `{"t":"1"}` + strings.Repeat("}", depth)
}

func TestRenew(t *testing.T) {
	const user = `{"a":{"type":"oauth","access":"1","refresh":"1","expires":1,"server":"https://user"},"https://own":{"type":"wellknown","key":"K","token":"t"}}`
	flat := loginValues{"access_token", "scopes", "tokens id", "tokens access"}
	for name, c := range map[string]struct {
		values      loginValues
		have, fresh string
		want        string // "" is nothing to write
		left        []string
	}{
		"a token":                  {flat, `{"access_token":"1","endpoint":"u"}`, `{"access_token":"2","endpoint":"u"}`, `{"access_token":"2","endpoint":"u"}`, nil},
		"a number as it is":        {flat, `{"access_token":1}`, `{"access_token":12345678901234567890}`, `{"access_token":12345678901234567890}`, nil},
		"no escapes":               {flat, `{"access_token":1}`, `{"access_token":"<&>"}`, `{"access_token":"<&>"}`, nil},
		"the same":                 {flat, `{"access_token": "1"}`, `{"access_token":"1"}`, "", nil},
		"the first token":          {flat, `{}`, `{"access_token":"1"}`, `{"access_token":"1"}`, nil},
		"a list":                   {flat, `{"scopes":["a"]}`, `{"scopes":["a","b"]}`, `{"scopes":["a","b"]}`, nil},
		"a list of more":           {flat, `{"scopes":["a"]}`, `{"scopes":[{"b":1}]}`, "", []string{"scopes"}},
		"a value that became more": {flat, `{"access_token":"1"}`, `{"access_token":{"command":"evil"}}`, "", []string{"access_token"}},
		"a new endpoint":           {flat, `{"access_token":"1"}`, `{"access_token":"2","endpoint":"evil"}`, `{"access_token":"2"}`, []string{"endpoint"}},
		"another endpoint":         {flat, `{"access_token":"1","endpoint":"u"}`, `{"access_token":"2","endpoint":"evil"}`, "", []string{"endpoint"}},
		"another case":             {flat, `{"access_token":"1"}`, `{"Access_Token":"2"}`, "", []string{"Access_Token"}},
		"a name with a space":      {flat, `{"tokens":{"id":"1"}}`, `{"tokens":{"id":"1"},"tokens id":"2"}`, "", []string{"tokens id"}},
		"the last of two wins":     {flat, `{"access_token":"1"}`, `{"access_token":{"x":1},"access_token":"2"}`, `{"access_token":"2"}`, nil},
		"what was taken away":      {flat, `{"access_token":"1","endpoint":"u"}`, `{"access_token":"2"}`, `{"access_token":"2","endpoint":"u"}`, nil},
		"within":                   {flat, `{"tokens":{"id":"1","account":"a"}}`, `{"tokens":{"id":"2","account":"a"},"hooks":{"x":"evil"}}`, `{"tokens":{"account":"a","id":"2"}}`, []string{"hooks"}},
		"another account":          {flat, `{"tokens":{"id":"1","account":"a"}}`, `{"tokens":{"id":"2","account":"b"}}`, "", []string{"tokens account"}},
		"another mode":             {flat, `{"mode":"key","access_token":"1"}`, `{"mode":"web","access_token":null,"tokens":{"id":"1"}}`, "", []string{"mode"}},
		"a login within":           {flat, `{}`, `{"tokens":{"id":"1","access":"2"}}`, `{"tokens":{"access":"2","id":"1"}}`, nil},
		"an empty object":          {flat, `{}`, `{"tokens":{}}`, "", []string{"tokens"}},
		"no values":                {nil, `{"access_token":"1"}`, `{"access_token":"2"}`, "", []string{"access_token"}},
		"of a provider":            {providers, user, `{"a":{"type":"oauth","access":"2","refresh":"2","expires":2,"server":"https://user"},"https://own":{"type":"wellknown","key":"K","token":"t"}}`, `{"a":{"access":"2","expires":2,"refresh":"2","server":"https://user","type":"oauth"},"https://own":{"key":"K","token":"t","type":"wellknown"}}`, nil},
		"a new provider":           {providers, `{}`, `{"b":{"type":"api","key":"k"}}`, `{"b":{"key":"k","type":"api"}}`, nil},
		"a server to obey":         {providers, `{}`, `{"https://evil":{"type":"wellknown","key":"K","token":"t"},"b":{"type":"api","key":"k"}}`, `{"b":{"key":"k","type":"api"}}`, []string{"https://evil"}},
		"without its token":        {providers, `{}`, `{"evil.example":{"type":"wellknown","key":"K"}}`, "", []string{"evil.example"}},
		"by an address":            {providers, `{}`, `{"https://evil":{"type":"api","key":"k"}}`, "", []string{"https://evil"}},
		"of every object":          {providers, `{}`, `{"__proto__":{"type":"api","key":"k"}}`, "", []string{"__proto__"}},
		"with a server":            {providers, `{}`, `{"b":{"type":"oauth","access":"1","refresh":"1","expires":1,"server":"evil"}}`, "", []string{"b"}},
		"another server":           {providers, user, `{"a":{"type":"oauth","access":"2","server":"evil"}}`, "", []string{"a server"}},
		"made one to obey":         {providers, user, `{"a":{"type":"wellknown","key":"K","token":"t"}}`, "", []string{"a token", "a type"}},
		"another variable for it":  {providers, `{"own":{"type":"wellknown","key":"K","token":"t"}}`, `{"own":{"type":"wellknown","key":"LD_PRELOAD","token":"t"}}`, "", []string{"own"}},
		"of another kind":          {providers, user, `{"a":{"type":"api","key":"k","server":"https://user"}}`, `{"a":{"access":"1","expires":1,"key":"k","refresh":"1","server":"https://user","type":"api"},"https://own":{"key":"K","token":"t","type":"wellknown"}}`, nil},
		"as deep as may be":        {loginValues{strings.Repeat("a ", deepest) + "t"}, `{}`, nested(deepest), nested(deepest), nil},
		"deeper":                   {loginValues{strings.Repeat("a ", deepest+1) + "t"}, `{}`, nested(deepest + 1), "", []string{"a"}},
		"no provider any more":     {providers, user, `{}`, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			text, left, err := c.values.renew([]byte(c.have), []byte(c.fresh))
			if err != nil || string(text) != c.want || !slices.Equal(left, c.left) {
				t.Errorf("got  %s, %q, %v\nwant %s, %q", text, left, err, c.want, c.left)
			}
		})
	}
	for _, text := range []string{"", "token", "null", "[]", `"a"`, `{"a":1}{}`, `{"a":1} x`, `{"a":`, `{"a":1,}`, "// c\n{}"} {
		if _, _, err := flat.renew([]byte(`{}`), []byte(text)); err != errNoObject {
			t.Errorf("fresh %q: %v", text, err)
		}
		if _, _, err := flat.renew([]byte(text), []byte(`{}`)); err != errNoObject {
			t.Errorf("have %q: %v", text, err)
		}
	}
}

// Whatever a jail writes, the user's file has no values afterwards but those that it had, and those of a login; and what was
// taken once is not taken again.
func FuzzRenew(f *testing.F) {
	const user = `{"a":{"type":"oauth","access":"1","server":"s"},"own":{"type":"wellknown","key":"K","token":"t"},"n":1}`
	f.Add(`{"a":{"type":"oauth","access":"2","server":"s"}}`)
	f.Add(`{"b":{"type":"wellknown","key":"K","token":"t"},"own":{"type":"wellknown","key":"X","token":"t"}}`)
	f.Add(`{"a":1,"b":{"type":"api","key":["k"]},"n":{}}`)
	f.Fuzz(func(t *testing.T, fresh string) {
		text, _, err := providers.renew([]byte(user), []byte(fresh))
		if err != nil || text == nil {
			return
		}
		before, _ := object([]byte(user))
		after, err := object(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if again, _, err := providers.renew(text, []byte(fresh)); again != nil || err != nil {
			t.Errorf("again: %s, %v, after %s", again, err, text)
		}
		if !reflect.DeepEqual(after["own"], before["own"]) || !reflect.DeepEqual(after["n"], before["n"]) {
			t.Fatalf("%s", text)
		}
		for name, value := range after {
			entry, ok := value.(map[string]any)
			if name == "own" || name == "n" {
				continue
			}
			if !ok || entry["type"] != "oauth" && entry["type"] != "api" {
				if _, kind := entry["type"]; kind || !ok {
					t.Fatalf("%q in %s", name, text)
				}
			}
			for key := range entry {
				if !slices.Contains([]string{"type", "access", "refresh", "expires", "key"}, key) && (name != "a" || key != "server" || entry[key] != "s") {
					t.Fatalf("%q of %q in %s", key, name, text)
				}
			}
		}
	})
}
