package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"jail/git"
	"jail/state"
	"jail/workspace"
)

// jailStatus is the status of one jail as programs read it.
type jailStatus struct {
	SchemaVersion int `json:"schema_version"`
	listed
	Base           string         `json:"base"`
	BaseRef        string         `json:"base_ref,omitempty"`
	Ahead          int            `json:"ahead"`
	Behind         int            `json:"behind"`
	UpstreamAhead  int            `json:"upstream_ahead"`
	UpstreamBehind int            `json:"upstream_behind"`
	Staged         int            `json:"staged"`
	Unstaged       int            `json:"unstaged"`
	Untracked      int            `json:"untracked"`
	Renamed        int            `json:"renamed"`
	Conflicted     int            `json:"conflicted"`
	Insertions     int            `json:"insertions"`
	Deletions      int            `json:"deletions"`
	Files          []fileStatus   `json:"files"`
	Commits        []commitStatus `json:"commits"`
	Incomplete     []string       `json:"incomplete,omitempty"`
	OnBranch       string         `json:"on_branch,omitempty"`
}

type fileStatus struct {
	Path     string `json:"path"`
	OrigPath string `json:"orig_path,omitempty"`
	Kind     string `json:"kind"`
	State    string `json:"state"` // the two letters of git status
}

type commitStatus struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
	Author  string `json:"author"`
	Time    string `json:"time"`
}

// examine reads one jail. The list of commits and the state of the files are independent, and so read at once.
func examine(ctx context.Context, record state.Record) (jailStatus, error) {
	tree, err := workspace.Tree(record)
	if err != nil {
		return jailStatus{}, err
	}
	var status git.Status
	var commits []git.Commit
	var statusErr, logErr error
	var both sync.WaitGroup
	both.Go(func() { status, statusErr = tree.Status(ctx) })
	both.Go(func() { commits, logErr = tree.Log(ctx, record.Base, record.Branch) })
	both.Wait()
	if statusErr != nil {
		return jailStatus{}, statusErr
	}
	r := jailStatus{
		SchemaVersion: 1, listed: describe(record), Base: record.Base, BaseRef: record.BaseRef, OnBranch: status.Branch,
		Ahead: status.Ahead, Behind: status.Behind, UpstreamAhead: status.UpstreamAhead, UpstreamBehind: status.UpstreamBehind,
		Staged: status.Staged, Unstaged: status.Unstaged, Untracked: status.Untracked, Renamed: status.Renamed,
		Conflicted: status.Conflicted, Insertions: status.Insertions, Deletions: status.Deletions,
		Files: []fileStatus{}, Commits: []commitStatus{}, Incomplete: status.Incomplete,
	}
	if logErr != nil {
		r.Incomplete = append(r.Incomplete, fmt.Sprintf("commits: %v", logErr))
	}
	for _, e := range status.Entries {
		r.Files = append(r.Files, fileStatus{e.Path, e.OrigPath, string(e.Kind), string([]byte{e.Index, e.Work})})
	}
	for _, commit := range commits {
		r.Commits = append(r.Commits, commitStatus{commit.ID, commit.Subject, commit.Author, commit.Time.UTC().Format("2006-01-02T15:04:05Z")})
	}
	return r, nil
}

// print writes the status for people.
func (r jailStatus) print() {
	running := r.Status
	if len(r.PIDs) > 0 {
		running = "running, process " + strings.Trim(fmt.Sprint(r.PIDs), "[]")
	}
	printLine(fmt.Sprintf("jail      %s (%s)", r.Name, running))
	branch := r.Branch
	if r.OnBranch != r.Branch {
		branch += fmt.Sprintf(" (the worktree is on %q now)", r.OnBranch)
	}
	printLine("branch    " + branch)
	printLine("worktree  " + r.Worktree)
	printLine(fmt.Sprintf("base      %.12s %s: %d ahead, %d behind", r.Base, strings.TrimPrefix(r.BaseRef, "refs/heads/"), r.Ahead, r.Behind))
	if r.UpstreamBehind > 0 {
		printLine(fmt.Sprintf("          %d commits came to %s since", r.UpstreamBehind, r.BaseRef))
	}
	printLine(fmt.Sprintf("changes   %d staged, %d unstaged, %d untracked, %d renamed, %d conflicted; +%d -%d lines",
		r.Staged, r.Unstaged, r.Untracked, r.Renamed, r.Conflicted, r.Insertions, r.Deletions))
	for _, f := range r.Files {
		name := f.Path
		if f.OrigPath != "" {
			name = f.OrigPath + " -> " + f.Path
		}
		printLine(fmt.Sprintf("  %s %s", f.State, name))
	}
	for _, commit := range r.Commits {
		printLine(fmt.Sprintf("  %.12s %s (%s)", commit.ID, commit.Subject, commit.Author))
	}
	for _, part := range r.Incomplete {
		warn("incomplete: %s", part)
	}
}
