package main

import (
	"testing"
	"time"
)

func TestWhatWasTurnedAwayWasSent(t *testing.T) {
	all := &timed{done: make(latencies, 3), turnedAway: make(latencies, 7), took: 2 * time.Second}
	if got := all.sent(); got != 5 {
		t.Errorf("%v were sent a second, want 5", got)
	}
}
