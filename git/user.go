package git

import "context"

// UserSettings are the settings of the user's and the system's own files; of several values the last. No repository's
// count.
func UserSettings(ctx context.Context) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	out, err := runGit(ctx, process{
		dir: "/", env: environment(withUser, reads), args: []string{"config", "--list", "--show-scope", "-z"}, verb: "config",
	})
	if err != nil {
		return nil, err
	}
	entries, err := parseConfig(out)
	settings := map[string]string{}
	for _, e := range entries {
		if e.fromUser() {
			settings[e.key] = e.value
		}
	}
	return settings, err
}
