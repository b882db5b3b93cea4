package plan

import "testing"

func TestReadSettings(t *testing.T) {
	for _, test := range []struct{ text, name, email string }{
		{"[user]\n\tname = A B\n\temail = a@b\n", "A B", "a@b"},
		{"[User] name = A # comment\nEMAIL=a@b;c\n", "A", "a@b"},
		{"[user]\nname = \"A # B \" \n", "A # B ", ""},
		{"[user]\nname = A \\\"Q\\\" B\n", `A "Q" B`, ""},
		{"[user \"x\"]\nname = no\n[core]\nname = no\n", "", ""},
		{"[user]\nname = first\n[core]\n[user]\nname = second\n", "second", ""},
		{"[user]\nname\n", "", ""},
		{"", "", ""},
	} {
		settings := map[string]string{}
		readSettings(settings, test.text)
		name, email := settings["user.name"], settings["user.email"]
		if name != test.name || email != test.email {
			t.Errorf("%q: got %q %q, want %q %q", test.text, name, email, test.name, test.email)
		}
	}
}

func FuzzIdentityIsOneSection(f *testing.F) {
	f.Add("[user]\nname = \"a\\\"]\\n[alias] x = !evil\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		settings, again := map[string]string{}, map[string]string{}
		readSettings(settings, text)
		name := settings["user.name"]
		readSettings(again, "[user]\nname = "+quoteGit(name)+"\n")
		if len(again["user.name"]) != len(name) || len(again) != 1 {
			t.Errorf("%q became %q", name, again)
		}
	})
}
