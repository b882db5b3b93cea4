package dashboard

import (
	"cmp"
	"fmt"
	"slices"
)

// Verb is what is to be done.
type Verb string

const (
	Nothing Verb = ""
	Quit    Verb = "quit"
	Suspend Verb = "suspend" // as Ctrl-Z elsewhere
	Redraw  Verb = "redraw"  // the screen was spoilt
	Refresh Verb = "refresh" // look at all jails now
	Attach  Verb = "attach"
	Enter   Verb = "enter"
	Diff    Verb = "diff"
	Logs    Verb = "logs"
	Ask     Verb = "ask"  // only that no key counts that was typed before the question was seen
	Stop    Verb = "stop" // was asked already
)

// Action is what a key asks of the caller.
type Action struct {
	Verb Verb
	Jail string // its name, where the verb is about one
}

// order says which jails come first.
type order string

const (
	byUrgency order = ""
	byName    order = "by name"
)

// mode is what is shown, and what keys are for.
type mode string

const (
	listing mode = ""
	helping mode = "help"
	asking  mode = "ask" // whether to stop the selected jail
)

// Board is what is shown, and where in it its user is. The zero Board waits for jails.
type Board struct {
	jails    []Jail // in order; nil: not known yet
	order    order
	selected string // a name
	first    int    // of jails, that is shown
	page     int    // how many of them are shown
	mode     mode
	message  string // shown until a key is pressed
}

// Show replaces the jails. The selected one stays so wherever it is now.
func (b *Board) Show(jails []Jail) {
	at := b.at()
	b.jails = append([]Jail{}, jails...) // not nil
	b.sort()
	if b.index() < 0 && len(b.jails) > 0 {
		b.selectAt(at)
		if b.mode == asking {
			b.mode = listing // the question was about one that is no more
		}
	}
}

// Say shows a message without control characters until the next key.
func (b *Board) Say(text string) { b.message = text }

func (b *Board) sort() {
	slices.SortStableFunc(b.jails, func(x, y Jail) int {
		if b.order == byUrgency && x.urgency() != y.urgency() {
			return cmp.Compare(x.urgency(), y.urgency())
		}
		return cmp.Compare(x.Name, y.Name)
	})
}

func (b *Board) index() int {
	return slices.IndexFunc(b.jails, func(j Jail) bool { return j.Name == b.selected })
}

// at is where the selection is, also where its jail is no more.
func (b *Board) at() int { return max(0, b.index()) }

func (b *Board) selectAt(at int) {
	b.selected = ""
	if len(b.jails) > 0 {
		b.selected = b.jails[min(max(0, at), len(b.jails)-1)].Name
	}
}

// Press says what a key is for.
func (b *Board) Press(key Key) Action {
	b.message = ""
	switch mode := b.mode; {
	case key == CtrlC:
		return Action{Verb: Quit}
	case key == CtrlZ:
		return Action{Verb: Suspend}
	case key == CtrlL:
		return Action{Verb: Redraw}
	case mode == asking:
		b.mode = listing
		if key == "y" || key == "Y" {
			return Action{Stop, b.selected}
		}
		return Action{}
	case mode == helping:
		b.mode = listing
		return Action{}
	}
	if b.move(key) {
		return Action{}
	}
	switch key {
	case "q":
		return Action{Verb: Quit}
	case "r":
		return Action{Verb: Refresh}
	case "?", "h":
		b.mode = helping
	case "w":
		if b.order == byUrgency {
			b.order, b.message = byName, "sorted by name"
		} else {
			b.order, b.message = byUrgency, "those that wait come first"
		}
		b.sort()
	default:
		return b.about(key)
	}
	return Action{}
}

// move changes the selection.
func (b *Board) move(key Key) bool {
	at := b.at()
	switch key {
	case Up, "k":
		at--
	case Down, "j":
		at++
	case PageUp:
		at -= max(1, b.page)
	case PageDown:
		at += max(1, b.page)
	case Home, "g":
		at = 0
	case End, "G":
		at = len(b.jails) - 1
	default:
		return false
	}
	b.selectAt(at)
	return true
}

// about is for keys that are about the selected jail.
func (b *Board) about(key Key) Action {
	verb, known := map[Key]Verb{Return: Attach, "a": Attach, "e": Enter, "d": Diff, "l": Logs, "s": Stop}[key]
	i := b.index()
	if !known || i < 0 {
		return Action{}
	}
	jail := b.jails[i]
	switch {
	case verb == Attach && jail.Runs() && !jail.Detached():
		b.message = fmt.Sprintf("%s runs in the foreground of another terminal; e starts a shell in it", jail.Name)
	case verb == Attach && !jail.Detached():
		b.message = fmt.Sprintf("nothing runs in %s; e starts a shell in it", jail.Name)
	case verb == Stop && !jail.Runs():
		b.message = "nothing runs in " + jail.Name
	case verb == Stop:
		b.mode = asking
		return Action{Verb: Ask}
	default:
		return Action{verb, jail.Name}
	}
	return Action{}
}
