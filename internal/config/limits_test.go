package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestRateLimits(t *testing.T) {
	for given, isOff := range map[string]bool{
		"": false, "off": true, "OFF": true, " login=60/1m/address, signup=off ": false, "login_failed=off/account": false,
	} {
		t.Run("of "+given, func(t *testing.T) {
			s := production()
			s.RateLimits = given
			if got := resolved(t, s).RateLimits; got.Off() != isOff {
				t.Errorf("they are %s", got)
			}
		})
	}

	t.Run("every fault is told at once", func(t *testing.T) {
		s := production()
		s.RateLimits = "logins=5/1m/address,login=0/1m/address,off"
		wantFaults(t, s, "LATCHKEY_RATE_LIMITS", "LATCHKEY_RATE_LIMITS", "LATCHKEY_RATE_LIMITS")
	})

	t.Run("what was changed is kept", func(t *testing.T) {
		limits := resolved(t, config.Settings{RateLimits: "check_password=7/1h/address"}).RateLimits
		if got := strings.Split(limits.String(), ","); !slices.Contains(got, "check_password=7/1h/address") {
			t.Errorf("got the limits %s, want check_password=7/1h/address among them", got)
		}
	})
}
