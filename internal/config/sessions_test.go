package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestTheLimitOfSessions(t *testing.T) {
	for value, want := range map[string]uint32{"": 100, "1": 1, " 7 ": 7, "10000": 10_000} {
		if got := resolved(t, config.Settings{MaxSessionsPerUser: value}).MaxSessionsPerUser; got != want {
			t.Errorf("of %q it is %d, want %d", value, got, want)
		}
	}
	for _, value := range []string{"0", "-1", "10001", "many", "1.5"} {
		wantFaults(t, config.Settings{MaxSessionsPerUser: value}, "LATCHKEY_MAX_SESSIONS_PER_USER")
	}
}
