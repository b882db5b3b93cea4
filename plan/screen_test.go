package plan

import (
	"errors"
	"slices"
	"testing"

	"jail/config"
	"jail/jail"
	"jail/terminal"
)

func TestNotifyOfAWordThatIsNoProgram(t *testing.T) {
	for text, want := range map[config.Notify]string{
		"node": "", "'/no/such' x": "", "/no/such": "", "say 'a b'": "", config.NotifyBell: "", "": "",
		"dekstop": `did you mean "desktop"?`, "nothing-like-it": "write bell, desktop, off or a command that is installed",
	} {
		in := Input{Host: Host{Home: "/home/u", Env: []string{"PATH=/usr/bin"}, Files: listing{map[string]File{
			"/usr": {Type: Directory}, "/usr/bin": {Type: Directory}, "/usr/bin/node": {Type: Regular, Executable: true}}, nil}}}
		in.Config.Screen.Notify = text
		got := ""
		var bad *NotifyError
		if errors.As(newBuilder(in).checkNotify(), &bad) {
			got = bad.Hint()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestScreen(t *testing.T) {
	asked := config.Screen{StatusBar: config.BarDark}
	bar := terminal.Bar{Style: terminal.BarDark, Hue: 137, Place: "~/p", Command: "node", Facts: "net host | without syscalls | jail 1.2"}
	for _, tt := range []struct {
		name   string
		screen config.Screen
		env    string
		quirk  config.Quirk
		flag   bool
		output jail.Output
		want   jail.Screen
		notes  int
	}{
		{name: "nothing asked for"},
		{name: "bar", screen: asked, want: jail.Screen{Bar: bar}},
		{name: "bar off", screen: config.Screen{StatusBar: config.BarOff}},
		{name: "tmux", screen: asked, env: "TMUX=x", notes: 1},
		{name: "zellij", screen: asked, env: "ZELLIJ=0", notes: 1},
		{name: "screen", screen: asked, env: "STY=1.x", notes: 1},
		{name: "no multiplexer", screen: asked, env: "TMUX=", want: jail.Screen{Bar: bar}},
		{name: "tmux, by a flag", screen: asked, env: "TMUX=x", flag: true, want: jail.Screen{Bar: bar}},
		{name: "an agent that does not bear it", screen: asked, quirk: config.NoStatusBar, notes: 1},
		{name: "the same, by a flag", screen: asked, quirk: config.NoStatusBar, flag: true, want: jail.Screen{Bar: bar}},
		{name: "nothing filtered", screen: asked, output: jail.OutputRaw, flag: true, notes: 1},
		{name: "an agent's key", quirk: config.RedrawsOnKey, want: jail.Screen{Redraw: 12}},
		{name: "not its key", screen: config.Screen{RedrawKey: config.RedrawOff}, quirk: config.RedrawsOnKey},
		{name: "another key", screen: config.Screen{RedrawKey: "ctrl-a"}, quirk: config.RedrawsOnKey, want: jail.Screen{Redraw: 1}},
		{name: "bell", screen: config.Screen{Notify: config.NotifyBell}, want: jail.Screen{Notify: jail.NotifyBell, About: "p"}},
		{name: "desktop", screen: config.Screen{Notify: config.NotifyDesktop}, want: jail.Screen{Notify: jail.NotifyOSC9, About: "p"}},
		{name: "desktop of foot", screen: config.Screen{Notify: config.NotifyDesktop}, env: "TERM=foot", want: jail.Screen{Notify: jail.NotifyOSC777, About: "p"}},
		{name: "desktop in tmux", screen: config.Screen{Notify: config.NotifyDesktop}, env: "TMUX=x", want: jail.Screen{Notify: jail.NotifyBell, About: "p"}},
		{name: "command", screen: config.Screen{Notify: "say 'a b'"}, want: jail.Screen{Notify: jail.NotifyCommand, Run: []string{"say", "a b"}, About: "p"}},
	} {
		in := Input{Version: "1.2", Project: Project{Dir: "/home/u/p", Cwd: "/home/u/p"}}
		in.Host = Host{Home: "/home/u", Env: []string{"PATH=/usr/bin", tt.env}, Files: listing{map[string]File{
			"/home/u": {Type: Directory}, "/usr": {Type: Directory}, "/usr/bin": {Type: Directory}, "/usr/bin/node": {Type: Regular, Executable: true}}, nil}}
		in.Config.Command, in.Config.Screen = []string{"node", "--key=secret"}, tt.screen
		in.Config.Origins = map[string]string{"status_bar": "user"}
		if tt.flag {
			in.Config.Origins["status_bar"] = "command line"
		}
		if tt.quirk != "" {
			in.Config.Agent = config.Agent{Name: "x", Terminal: []config.Quirk{tt.quirk}}
		}
		b := newBuilder(in)
		b.lose("syscalls", "off")
		b.lose("network", "open")
		b.gap("hidden", "a gap")
		s := jail.Spec{Terminal: jail.TerminalOwn, Network: jail.NetworkHost, Output: tt.output, Program: "/usr/bin/node"}
		got := b.screen(s)
		if got.Bar.Style != terminal.BarOff {
			got.Bar.Hue = bar.Hue // any, and the same for each run
		}
		if got.Bar != tt.want.Bar || got.Redraw != tt.want.Redraw || got.Notify != tt.want.Notify || got.About != tt.want.About || !slices.Equal(got.Run, tt.want.Run) || len(b.notes) != tt.notes {
			t.Errorf("%s: got %+v and %q, want %+v", tt.name, got, b.notes, tt.want)
		}
		s.Terminal = jail.TerminalInherit
		if got := b.screen(s); got.Bar.Style != terminal.BarOff || got.Redraw != 0 || got.Notify != jail.NotifyOff {
			t.Errorf("%s: without a terminal of the jail's own: %+v", tt.name, got)
		}
	}
}
