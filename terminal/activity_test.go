package terminal

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEvents(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []Event
	}{
		{"text\x1b[2J", nil},
		{"\a\a", []Event{{EventBell, ""}}},
		{"\x1b]0;title\a", []Event{{EventTitle, "title"}}},
		{"\x1b]2;a\u202eb\x01c" + st, []Event{{EventTitle, "abc"}}},
		{"\x1b]9;may I?\a", []Event{{EventNotification, "may I?"}}},
		{"\x1b]777;notify;Agent;done\u009b!\a", []Event{{EventNotification, "Agent: done!"}}},
		{"\x1b]777;notify;Agent\a", []Event{{EventNotification, "Agent"}}},
		{"\x1b]99;i=1:p=body;waits" + st, []Event{{EventNotification, "waits"}}},
		{"\x1b]9;4;3\a\x1b]9;4;1;50\a\x1b]9;4;0;\a", []Event{{EventBusy, ""}, {EventDone, ""}}},
		{"\x1b]9;9;/tmp\a\x1b]777;run;x\a\x1b]99;a=report;x\a\x1b]52;c;aGk=\a", nil},
		{"\x1bPx\ay" + st, nil},
	} {
		f := New(Policy{})
		f.Filter(nil, []byte(test.in))
		if got := f.Events(); !slices.Equal(got, test.want) || f.Events() != nil {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
	f := New(Policy{})
	for i := range 1000 {
		f.Filter(nil, fmt.Appendf(nil, "\x1b]2;%d\a", i))
	}
	if got := f.Events(); len(got) != maxEvents || got[maxEvents-1].Text != "999" {
		t.Errorf("kept %q", got)
	}
}

func TestActivity(t *testing.T) {
	titles := Titles{Working: "^[⠀-⣿] ", Waiting: "^✳ "}
	for _, test := range []struct {
		name, steps string // out:TEXT, key:TEXT or a time to wait
		want        Status
	}{
		{"at first", "", Status{State: Working}},
		{"text", "out:text", Status{State: Working}},
		{"quiet", "out:text 10s", Status{State: Idle}},
		{"quiet after a key", "9s key:x 9s", Status{State: Working}},
		{"bell", "out:\a", Status{State: Waiting, Cause: EventBell}},
		{"bell and quiet", "out:\a 60s", Status{State: Waiting, Cause: EventBell}},
		{"bell and text", "out:\a out:text", Status{State: Waiting, Cause: EventBell}},
		{"bell and key", "out:\a key:y", Status{State: Working}},
		{"bell and focus", "out:\a key:\x1b[I key:\x1b[O key:\x1b[<0;1;1M key:\x1b[?1;2c key:\x1b[3;4R key:\x1b]11;rgb:0/0/0\x1b\\", Status{State: Waiting, Cause: EventBell}},
		{"bell and arrow", "out:\a key:\x1b[A", Status{State: Working}},
		{"bell behind words", "out:\x1b]9;may-I?\a\a", Status{State: Waiting, Cause: EventNotification, Text: "may-I?"}},
		{"words behind a bell", "out:\a\x1b]9;may-I?\a", Status{State: Waiting, Cause: EventNotification, Text: "may-I?"}},
		{"title at first", "out:\x1b]0;✳_Agent\a", Status{State: Working, Title: "✳ Agent"}},
		{"title after work", "out:\x1b]0;⠂_a\a out:\x1b]0;✳_a\a", Status{State: Waiting, Cause: EventTitle, Text: "✳ a", Title: "✳ a"}},
		{"title after a key", "key:x out:\x1b]0;✳_a\a", Status{State: Waiting, Cause: EventTitle, Text: "✳ a", Title: "✳ a"}},
		{"same title again", "key:x out:\x1b]0;✳_a\a key:y out:\x1b]0;✳_a\a", Status{State: Working, Title: "✳ a"}},
		{"back to work", "out:\a out:\x1b]0;⠂_a\a", Status{State: Working, Title: "⠂ a"}},
		{"progress", "out:\x1b]9;4;3\a out:\x1b]9;4;0\a", Status{State: Waiting, Cause: EventDone}},
		{"end of no progress", "out:\x1b]9;4;0\a", Status{State: Working}},
	} {
		now := time.Unix(1000, 0)
		a, err := NewActivity(titles, 10*time.Second, now)
		if err != nil {
			t.Fatal(err)
		}
		f := New(Policy{})
		for step := range strings.FieldsSeq(test.steps) {
			what, text, _ := strings.Cut(step, ":")
			text = strings.ReplaceAll(text, "_", " ")
			switch what {
			case "out":
				f.Filter(nil, []byte(text))
				a.Wrote(now, f.Events())
			case "key":
				a.Typed(now, []byte(text))
			default:
				d, err := time.ParseDuration(step)
				if err != nil {
					t.Fatal(err)
				}
				now = now.Add(d)
			}
		}
		got := a.Status(now)
		if got.Since.After(now) || got.Since.Before(time.Unix(1000, 0)) {
			t.Errorf("%s: since %v", test.name, got.Since)
		}
		if got.Since = (time.Time{}); got != test.want {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
	if _, err := NewActivity(Titles{Working: "("}, 0, time.Time{}); err == nil {
		t.Error("a broken expression passes")
	}
}
