package plan

import (
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"strings"

	"jail/config"
	"jail/jail"
	"jail/terminal"
)

// redrawKey is what config.RedrawsOnKey stands for.
const redrawKey config.RedrawKey = "ctrl-shift-l"

// screen decides what the caller's terminal shows and tells beyond the output of a command that has one of the jail's own. What the
// run does without must be known.
func (b *builder) screen(s jail.Spec) jail.Screen {
	if !s.Terminal.Relayed() {
		return jail.Screen{}
	}
	agent := b.agent()
	asked := b.in.Config.Screen
	out := jail.Screen{Bar: b.bar(s, agent), Titles: terminal.Titles{Working: agent.WorkingTitle, Waiting: agent.WaitingTitle}}
	key := asked.RedrawKey
	if key == "" && slices.Contains(agent.Terminal, config.RedrawsOnKey) {
		key = redrawKey
	}
	out.Redraw = key.Byte()
	switch out.Run = asked.Notify.Command(); {
	case asked.Notify == config.NotifyBell:
		out.Notify = jail.NotifyBell
	case asked.Notify == config.NotifyDesktop:
		out.Notify = b.desktop()
	case out.Run != nil:
		out.Notify = jail.NotifyCommand
	}
	if out.Notify != jail.NotifyOff {
		out.About = s.Name
		if s.Name == "" {
			out.About = path.Base(b.in.Project.Dir)
		}
	}
	return out
}

// NotifyError says that the command which is to notify is no program of the host's.
type NotifyError struct {
	Word   string
	Origin string // where it is said
	Flag   bool   // on the command line
}

func (e *NotifyError) Error() string {
	return fmt.Sprintf("notify %q (from %s): no program of this name is found on your PATH", e.Word, e.Origin)
}

// Hint says what to do about it.
func (e *NotifyError) Hint() string {
	if meant := config.MeantNotify(e.Word); meant != "" {
		return fmt.Sprintf("did you mean %q?", meant)
	}
	return "write bell, desktop, off or a command that is installed"
}

// checkNotify refuses a single word that is no program: it is a misspelt way to notify, or nobody would ever be notified.
func (b *builder) checkNotify() error {
	words := b.in.Config.Screen.Notify.Command()
	if len(words) != 1 || path.IsAbs(words[0]) {
		return nil
	}
	if _, err := b.in.Host.Find(words[0], "/"); err != nil {
		return &NotifyError{words[0], b.in.Config.Origins["notify"], b.in.Config.FromFlags("notify")}
	}
	return nil
}

// multiplexers are programs that show several terminals in one, by the variable that each sets.
var multiplexers = []struct{ variable, name string }{{"TMUX", "tmux"}, {"ZELLIJ", "zellij"}, {"STY", "screen"}}

// multiplexer names the one that the caller's terminal is in.
func (b *builder) multiplexer() string { return Multiplexer(b.in.Host.getenv) }

// Multiplexer names the one that a terminal is in, by the variables of who sits there; empty: none that is known.
func Multiplexer(getenv func(string) string) string {
	for _, m := range multiplexers {
		if getenv(m.variable) != "" {
			return m.name
		}
	}
	return ""
}

// desktop is how the caller's terminal is asked for a notification. A multiplexer passes none on, but the bell, which it shows.
func (b *builder) desktop() jail.Notify {
	term := b.in.Host.getenv("TERM")
	switch {
	case b.multiplexer() != "":
		return jail.NotifyBell
	case strings.HasPrefix(term, "rxvt"), strings.HasPrefix(term, "foot"), b.in.Host.getenv("VTE_VERSION") != "":
		return jail.NotifyOSC777
	}
	return jail.NotifyOSC9
}

// bar is the line in the last row. Where it would be in the way it is shown only if this very run asks for it.
func (b *builder) bar(s jail.Spec, agent config.Agent) terminal.Bar {
	look := b.in.Config.Screen.StatusBar
	if look == "" || look == config.BarOff {
		return terminal.Bar{}
	}
	asked := b.in.Config.FromFlags("status_bar")
	switch inside := b.multiplexer(); {
	case s.Output == jail.OutputRaw:
		b.note("no status bar: it needs a filter of what the command writes (--terminal)")
		return terminal.Bar{}
	case !asked && inside != "":
		b.note("no status bar inside %s, which has its own; --status-bar shows it", inside)
		return terminal.Bar{}
	case !asked && slices.Contains(agent.Terminal, config.NoStatusBar):
		b.note("no status bar, which the screen of %s does not bear; --status-bar shows it", agent.Name)
		return terminal.Bar{}
	}
	place := s.Name
	if place == "" {
		place = b.in.Project.Dir
		if rel := b.belowHome(place); rel != "" {
			place = "~/" + rel
		}
	}
	command := path.Base(s.Program)
	if words := b.in.Config.Command; len(words) > 0 {
		command = path.Base(words[0]) // without its arguments, which may be secrets
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(s.Name + "\x00" + b.in.Project.Dir))
	return terminal.Bar{Style: terminal.BarStyle(look), Hue: uint(hash.Sum32() % 1024), Place: place, Command: command, Facts: b.facts(s)}
}

// facts are the network, what the run does without, and the version.
func (b *builder) facts(s jail.Spec) string {
	facts := []string{"net " + string(s.Network)}
	var without []string
	for _, loss := range b.lost {
		if loss.Name != "network" && loss.Reach != jail.ReachGap {
			without = append(without, loss.Name)
		}
	}
	if len(without) > 0 {
		facts = append(facts, "without "+strings.Join(without, " "))
	}
	return strings.Join(append(facts, strings.TrimSpace("jail "+b.in.Version)), " | ")
}
