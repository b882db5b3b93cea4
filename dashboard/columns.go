package dashboard

import (
	"time"

	"jail/session"
	"jail/terminal"
)

// Style is what a cell means, for its colour.
type Style string

const (
	Plain    Style = ""
	Heading  Style = "heading"
	Selected Style = "selected"
	Alert    Style = "alert" // somebody is waited for
	Busy     Style = "busy"
	Bad      Style = "bad"
	Question Style = "question"
)

// column is one of the list.
type column struct {
	title    string
	min, max int // columns of the terminal; the last column takes also what is left
	rank     int // the narrower the terminal, the fewer: those of the lowest rank stay
	text     func(j Jail, now time.Time) string
	style    func(j Jail) Style // nil: Plain
}

// columns stand in this order.
func columns() []column {
	return []column{
		{title: "NAME", min: 8, max: 24, rank: 0, text: func(j Jail, _ time.Time) string { return j.Name }},
		{title: "STATE", min: 8, max: 8, rank: 1, text: func(j Jail, _ time.Time) string { return j.State }, style: stateStyle},
		{title: "COMMAND", min: 7, max: 12, rank: 7, text: func(j Jail, _ time.Time) string { return j.Command }},
		{title: "LAST", min: 4, max: 4, rank: 3, text: func(j Jail, now time.Time) string { return since(j.Active, now) }},
		{title: "AGE", min: 4, max: 4, rank: 9, text: func(j Jail, now time.Time) string { return since(j.Began, now) }},
		{title: "CPU", min: 5, max: 5, rank: 5, text: func(j Jail, _ time.Time) string { return j.Usage.share() }},
		{title: "MEM", min: 5, max: 5, rank: 6, text: func(j Jail, _ time.Time) string { return j.Usage.memory() }},
		{title: "CHANGES", min: 10, max: 20, rank: 4, text: func(j Jail, _ time.Time) string { return changesText(j) }},
		{title: "BRANCH", min: 10, max: 24, rank: 8, text: func(j Jail, _ time.Time) string { return j.Branch }},
		{title: "SAYS", min: 10, max: 30, rank: 2, text: func(j Jail, _ time.Time) string { return j.Says }},
	}
}

func changesText(j Jail) string {
	if j.Fault != "" {
		return "?"
	}
	return j.Changes.short()
}

func stateStyle(j Jail) Style {
	switch session.State(j.State) {
	case session.Waiting:
		return Alert
	case session.Working, session.Running:
		return Busy
	case session.Lost:
		return Bad
	}
	return Plain
}

// fitted are the columns that have room, each with its width.
type fitted struct {
	column
	width int
}

// fit chooses columns for a terminal, and gives each as much as it needs and there is.
func fit(jails []Jail, now time.Time, room, gap int) []fitted {
	var chosen []fitted
	all := columns()
	taken := make([]bool, len(all))
	for rank := range all {
		for i, c := range all {
			if c.rank == rank && c.min+gap <= room {
				taken[i] = true
				room -= c.min + gap
			}
		}
	}
	for i, c := range all {
		if taken[i] {
			chosen = append(chosen, fitted{c, c.min})
		}
	}
	for rank := range all {
		for i := range chosen {
			c := &chosen[i]
			if c.rank != rank {
				continue
			}
			more := min(room, max(0, min(c.max, c.wanted(jails, now))-c.width))
			c.width += more
			room -= more
		}
	}
	if len(chosen) > 0 {
		chosen[len(chosen)-1].width += room
	}
	return chosen
}

// wanted is how wide a column would have to be to cut nothing off.
func (c column) wanted(jails []Jail, now time.Time) int {
	most := len(c.title)
	for _, j := range jails {
		most = max(most, terminal.Columns(c.text(j, now)))
	}
	return most
}
