package git

import (
	"context"
	"strings"
	"time"
)

// tagsLimit bounds how long a server is waited for.
const tagsLimit = 30 * time.Second

// RemoteTags lists the names of the tags of a repository elsewhere, of which nothing is fetched. The user's own settings count,
// as those of a proxy do, and no repository's. Only HTTPS and local files are spoken, and nobody is asked for a password.
// What is listed is the server's word. Errors: *CommandError, ErrNoGit.
func RemoteTags(ctx context.Context, url string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, tagsLimit)
	defer cancel()
	env := append(environment(withUser, reads), "GIT_ALLOW_PROTOCOL=https:file", "GIT_ASKPASS=true")
	out, err := runGit(ctx, process{
		dir: "/", env: append(env, download()...), verb: "ls-remote",
		args: []string{"-c", "credential.helper=", "ls-remote", "--tags", "--refs", "--", url},
	})
	if err != nil {
		return nil, err
	}
	var tags []string
	for line := range strings.Lines(string(out)) {
		_, ref, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if tag, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			tags = append(tags, tag)
		}
	}
	return tags, nil
}
