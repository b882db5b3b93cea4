package plan

import "testing"

func TestUserSection(t *testing.T) {
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
		name, email := userSection(test.text)
		if name != test.name || email != test.email {
			t.Errorf("%q: got %q %q, want %q %q", test.text, name, email, test.name, test.email)
		}
	}
}

func FuzzIdentityIsOneSection(f *testing.F) {
	f.Add("[user]\nname = \"a\\\"]\\n[alias] x = !evil\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		name, _ := userSection(text)
		if got, _ := userSection("[user]\nname = " + quoteGit(name) + "\n"); len(name) > 0 && len(got) != len(name) {
			t.Errorf("%q became %q", name, got)
		}
	})
}
