package main

import (
	"testing"
	"time"
)

func TestLaterLogsHaveLaterNames(t *testing.T) {
	p := places{state: "/state"}
	earlier := p.newNetLog()
	time.Sleep(time.Millisecond)
	if later := p.newNetLog(); later <= earlier {
		t.Errorf("%q is not behind %q", later, earlier)
	}
}
