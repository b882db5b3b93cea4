package main

import (
	"testing"
	"time"
)

func TestCheckIsOfTheRunThatALogIsOf(t *testing.T) {
	for _, tt := range []struct {
		entries []netEntry
		want    string
	}{
		{[]netEntry{{Verdict: verdictStart, Command: "claude"}, {Verdict: verdictDeny, Command: "curl"}}, "jail net check HOST claude"},
		{[]netEntry{{Verdict: verdictStart}, {Verdict: verdictDeny, Command: "curl"}}, "jail net check HOST"}, // of a shell
		{nil, "jail net check HOST"},
	} {
		if got := checkOf(tt.entries); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.entries, got, tt.want)
		}
	}
}

func TestLaterLogsHaveLaterNames(t *testing.T) {
	p := places{state: "/state"}
	earlier := p.newNetLog()
	time.Sleep(time.Millisecond)
	if later := p.newNetLog(); later <= earlier {
		t.Errorf("%q is not behind %q", later, earlier)
	}
}
