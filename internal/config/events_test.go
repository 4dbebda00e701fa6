package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestForHowLongEventsAreKept(t *testing.T) {
	for value, want := range map[string]uint32{"": 30, "0": 0, "1": 1, "400": 400} {
		if got := resolved(t, config.Settings{EventsKept: value}).EventsKept; got != want {
			t.Errorf("of %q it is %d, want %d", value, got, want)
		}
	}
	for _, value := range []string{"-1", "401", "30d"} {
		wantFaults(t, config.Settings{EventsKept: value}, "LATCHKEY_EVENTS_KEPT")
	}
}
