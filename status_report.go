package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"jail/git"
	"jail/session"
	"jail/state"
	"jail/workspace"
)

// jailStatus is the status of one jail as programs read it.
type jailStatus struct {
	SchemaVersion int `json:"schema_version"`
	listed
	Base           string          `json:"base"`
	BaseRef        string          `json:"base_ref,omitempty"`
	Ahead          int             `json:"ahead"`
	Behind         int             `json:"behind"`
	Unmerged       int             `json:"unmerged"` // of those ahead, what is merged nowhere, also not as other commits
	UpstreamAhead  int             `json:"upstream_ahead"`
	UpstreamBehind int             `json:"upstream_behind"`
	Staged         int             `json:"staged"`
	Unstaged       int             `json:"unstaged"`
	Untracked      int             `json:"untracked"`
	Renamed        int             `json:"renamed"`
	Conflicted     int             `json:"conflicted"`
	Insertions     int             `json:"insertions"`
	Deletions      int             `json:"deletions"`
	Files          []fileStatus    `json:"files"`
	Commits        []commitStatus  `json:"commits"`
	Risks          []riskStatus    `json:"risks"`
	LastActivity   time.Time       `json:"last_activity"`
	Processes      []processStatus `json:"processes"`
	Incomplete     []string        `json:"incomplete,omitempty"`
	OnBranch       string          `json:"on_branch,omitempty"`
	Unfinished     string          `json:"unfinished,omitempty"` // as "rebase"
}

type fileStatus struct {
	Path     string `json:"path"`
	OrigPath string `json:"orig_path,omitempty"`
	Kind     string `json:"kind"`
	State    string `json:"state"` // the two letters of git status
}

type commitStatus struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject"`
	Author  string    `json:"author"`
	Time    time.Time `json:"time"`
}

type riskStatus struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

type processStatus struct {
	PID     int    `json:"pid"`
	Command string `json:"command"`
}

// examine reads one jail.
func examine(ctx context.Context, jails workspace.Manager, record state.Record) (jailStatus, error) {
	tree, err := jails.Look(ctx, record)
	if err != nil {
		return jailStatus{}, err
	}
	status, err := tree.Status(ctx)
	if err != nil {
		return jailStatus{}, err
	}
	r := jailStatus{
		SchemaVersion: 1, listed: describe(jails, record), Base: record.Base, BaseRef: record.BaseRef, OnBranch: tree.Taken.OnBranch, Unfinished: tree.Pending,
		Ahead: status.Ahead, Behind: status.Behind, UpstreamAhead: status.UpstreamAhead, UpstreamBehind: status.UpstreamBehind,
		Staged: status.Staged, Unstaged: status.Unstaged, Untracked: status.Untracked, Renamed: status.Renamed,
		Conflicted: status.Conflicted, Insertions: status.Insertions, Deletions: status.Deletions,
		Files: []fileStatus{}, Commits: []commitStatus{}, Risks: riskList(status.Risks), Processes: []processStatus{}, Incomplete: status.Incomplete,
	}
	r.LastActivity = lastActivity(record, status, r.Run)
	if r.Ahead > 0 {
		if r.Unmerged, err = jails.Unmerged(ctx, record); err != nil {
			r.Incomplete = append(r.Incomplete, err.Error())
		}
	}
	if tree.Refused != nil {
		r.Incomplete = append(r.Incomplete, tree.Refused.Error())
	}
	r.Incomplete = append(r.Incomplete, notIn(tree.Taken)...)
	if r.OnBranch == "" && !tree.Used {
		r.OnBranch = r.Branch
	}
	for _, e := range status.Entries {
		r.Files = append(r.Files, fileStatus{e.Path, e.OrigPath, string(e.Kind), string([]byte{e.Index, e.Work})})
	}
	for _, c := range status.Commits {
		r.Commits = append(r.Commits, commitStatus{c.ID, c.Subject, c.Author, c.Time})
	}
	for _, session := range record.Sessions {
		for _, p := range session.Processes() {
			r.Processes = append(r.Processes, processStatus{p.PID, p.Command})
		}
	}
	return r, nil
}

// lastActivity is when something happened last in a jail, as far as it leaves traces: a file, a commit, a command that was
// started, wrote something or ended. A jail can set the first two, but not into the future.
func lastActivity(record state.Record, status git.Status, run *session.Status) time.Time {
	last, now := record.Created, time.Now().UTC()
	times := []time.Time{status.Activity}
	if len(status.Commits) > 0 {
		times = append(times, status.Commits[0].Time)
	}
	for _, s := range record.Sessions {
		times = append(times, s.Started)
	}
	if run != nil {
		times = append(times, run.LastSign())
	}
	for _, t := range times {
		if t.After(last) && !t.After(now) {
			last = t
		}
	}
	return last.Truncate(time.Second)
}

// notIn says what of a jail's commits is not where a person would look for it.
func notIn(i git.Imported) []string {
	text := slices.Concat(i.Refused, i.LeftOut())
	if d := i.Diverged; d != nil {
		text = append(text, fmt.Sprintf("branch %s was moved here and in the jail: the jail's is %s", d.Branch, d.Kept))
	}
	return text
}

// worked reports whether there is anything to look at in a jail.
func (r jailStatus) worked() bool { return len(r.Files) > 0 || r.Ahead > 0 || len(r.Incomplete) > 0 }

// lines renders the status for people. Each line is safe for a terminal.
func (r jailStatus) lines(p palette) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, printable(fmt.Sprintf(format, args...))) }
	running := r.statusText()
	if len(r.PIDs) > 0 {
		running = "running, process " + strings.Trim(fmt.Sprint(r.PIDs), "[]")
	}
	add("jail      %s (%s), last active %s", r.Name, running, ago(r.LastActivity))
	for _, process := range r.Processes {
		add("          %d %s", process.PID, process.Command)
	}
	branch := r.Branch
	if r.OnBranch != r.Branch {
		branch += fmt.Sprintf(" (the jail is on %s now)", cmp.Or(r.OnBranch, "no branch"))
	}
	add("branch    %s", branch)
	if r.Unfinished != "" {
		add("pending   a %s is not concluded", r.Unfinished)
	}
	add("worktree  %s", r.Worktree)
	add("base      %.12s %s: %d ahead, %d behind", r.Base, strings.TrimPrefix(r.BaseRef, "refs/heads/"), r.Ahead, r.Behind)
	if r.Ahead > 0 {
		add("merged    %s", mergedText(r.Ahead, r.Unmerged))
	}
	if r.BaseRef != "" {
		add("upstream  %s: %d ahead, %d behind", strings.TrimPrefix(r.BaseRef, "refs/heads/"), r.UpstreamAhead, r.UpstreamBehind)
	}
	add("changes   %d staged, %d unstaged, %d untracked, %d renamed, %d conflicted; +%d -%d lines",
		r.Staged, r.Unstaged, r.Untracked, r.Renamed, r.Conflicted, r.Insertions, r.Deletions)
	for _, f := range r.Files {
		name := f.Path
		if f.OrigPath != "" {
			name = f.OrigPath + " -> " + f.Path
		}
		lines = append(lines, "  "+p.in(green, printable(f.State[:1]))+p.in(red, printable(f.State[1:]))+" "+short(name))
	}
	for _, c := range r.Commits {
		lines = append(lines, fmt.Sprintf("  %s %s (%s)", p.in(yellow, printable(fmt.Sprintf("%.12s", c.ID))), printable(c.Subject), printable(c.Author)))
	}
	return append(lines, riskLines(r.Risks, p)...)
}

// mergedText says how much of a jail's commits is merged.
func mergedText(ahead, unmerged int) string {
	switch {
	case unmerged == 0:
		return "all of it"
	case unmerged >= ahead:
		return "nothing of it"
	}
	return fmt.Sprintf("all but %s", count(unmerged, "commit"))
}

func riskList(risks []git.Risk) []riskStatus {
	list := []riskStatus{}
	for _, risk := range risks {
		list = append(list, riskStatus{risk.Path, risk.Why})
	}
	return list
}

// riskLines is the block that no one should miss.
func riskLines(risks []riskStatus, p palette) []string {
	if len(risks) == 0 {
		return nil
	}
	width := 0
	for _, risk := range risks {
		width = max(width, len(printable(risk.Why)))
	}
	lines := []string{p.in(bold, "runs on your machine if you accept it, or work in that folder:")}
	for _, risk := range risks {
		lines = append(lines, fmt.Sprintf("  %s  %s", p.in(red, fmt.Sprintf("%-*s", width, printable(risk.Why))), short(risk.Path)))
	}
	return lines
}

// ago renders a time as people say it.
func ago(t time.Time) string {
	since := time.Since(t)
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if since >= unit.length {
			return count(int(since/unit.length), unit.name) + " ago"
		}
	}
	return "now"
}

// row is the status in one line of a table.
func (r jailStatus) row() []string {
	row := []string{r.Name, r.statusText(), r.Branch, "?", "?", "?", "?", "?", "?", r.Repo}
	if len(r.Incomplete) == 0 {
		copy(row[3:], []string{
			fmt.Sprint(r.Ahead), fmt.Sprint(r.UpstreamBehind), fmt.Sprint(len(r.Files)), fmt.Sprintf("+%d -%d", r.Insertions, r.Deletions),
			fmt.Sprint(len(r.Risks)), strings.TrimSuffix(ago(r.LastActivity), " ago"),
		})
	}
	return row
}
