package git

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Commit is one commit. Its texts are as the jail wrote them: escape them for a terminal.
type Commit struct {
	ID      string
	Subject string    // the first paragraph of the message, in one line
	Author  string    // the author's name
	Time    time.Time // of authorship, UTC
	Email   string    // the author's
	Body    string    // the message after its first paragraph
}

// Log lists the commits of a branch that base does not have, newest first. base is a commit id. Errors: ErrNoBranch.
func (r Repo) Log(ctx context.Context, base, branch string) ([]Commit, error) {
	if !validID(base) {
		return nil, fmt.Errorf("cannot list commits since %+q: not a commit id", base)
	}
	d, err := r.open(ctx)
	if err != nil {
		return nil, err
	}
	tip, err := d.branchTip(ctx, branch)
	if err != nil {
		return nil, err
	}
	return d.log(ctx, base, tip)
}

func (d door) log(ctx context.Context, base, tip string) ([]Commit, error) {
	out, err := d.read(ctx, "log", "-z", "--no-show-signature", "--no-notes", "--no-decorate", "--no-color", "--no-patch",
		"--format=tformat:%H%x00%s%x00%an%x00%at%x00%ae%x00%b", base+".."+tip, "--")
	if err != nil {
		return nil, err
	}
	return parseLog(out)
}

// commitFields is how many fields parseLog reads of a commit.
const commitFields = 6

// parseLog reads the fields of each commit, each ended by NUL.
func parseLog(out []byte) ([]Commit, error) {
	if len(out) == 0 {
		return nil, nil
	}
	text, ended := strings.CutSuffix(string(out), "\x00")
	fields := strings.Split(text, "\x00")
	if !ended || len(fields)%commitFields != 0 {
		return nil, unexpected("log", text)
	}
	var commits []Commit
	for ; len(fields) > 0; fields = fields[commitFields:] {
		// A commit may claim any time, or none that git can read.
		seconds, err := strconv.ParseInt(fields[3], 10, 64)
		if err != nil && fields[3] != "" || !validID(fields[0]) {
			return nil, unexpected("log", fields[0])
		}
		commits = append(commits, Commit{
			ID: fields[0], Subject: fields[1], Author: fields[2], Time: time.Unix(seconds, 0).UTC(), Email: fields[4], Body: strings.TrimRight(fields[5], "\n"),
		})
	}
	return commits, nil
}
