package auth_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

func TestParseLimits(t *testing.T) {
	t.Parallel()
	t.Run("nothing is what holds by default", func(t *testing.T) {
		if got := limits(t, ""); !got.Equal(auth.Limits{}) || got.Off() {
			t.Errorf("it is %s", got)
		}
		for _, rate := range []string{"login=30/1m/address", "login_failed=10/1m/address", "login_failed=5/5m/account", "confirm_email=1/3m/account", "request_login_code=1/10s/account"} {
			if !strings.Contains(auth.Limits{}.String()+",", rate+",") {
				t.Errorf("%s does not hold by default", rate)
			}
		}
	})

	t.Run("what is printed can be read", func(t *testing.T) {
		for _, words := range []string{"", "off", "signup=off", "login=7/90s/address login_failed=off/account"} {
			if got := limits(t, words); !limits(t, got.String()).Equal(got) {
				t.Errorf("%q prints %s", words, got)
			}
		}
	})

	t.Run("what is not named stays", func(t *testing.T) {
		got := limits(t, "Login=60/1m/address,\n login_failed=3/10m/account, signup=off").String()
		for _, want := range []string{"login=60/1m/address", "login_failed=10/1m/address", "login_failed=3/10m/account", "signup=off/address"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
	})

	t.Run("every fault is told, with what there is", func(t *testing.T) {
		for word, told := range map[string]string{
			"login":                    "no limit",
			"logins=5/1m/address":      "There are: accept_invitation, administration, change_password",
			"login=0/1m/address":       "count",
			"login=-1/1m/address":      "count",
			"login=x/1m/address":       "count",
			"login=100001/1m/address":  "count",
			"login=5/1/address":        "period",
			"login=5/0s/address":       "period",
			"login=5/25h/address":      "period",
			"login=5/1m":               "count/period/per",
			"login=5/1m/":              "count/period/per",
			"login=":                   "count/period/per",
			"login=on":                 "count/period/per",
			"login=5/1m/address/x":     "count/period/per",
			"login=5/1m/account":       "per address only",
			"login=off/account":        "per address only",
			"manage_email=off/address": "per account only",
			"login=5/1m/ip":            "per address only",
		} {
			_, problems := auth.ParseLimits(word)
			if len(problems) != 1 || !strings.Contains(problems[0], told) {
				t.Errorf("of %q it is said: %v", word, problems)
			}
		}
		if _, problems := auth.ParseLimits("off login=5/1m/address login=6/1m/address nothing=1"); len(problems) != 3 {
			t.Errorf("it is said: %v", problems)
		}
		if _, problems := auth.ParseLimits("login_failed=off login_failed=5/1m/account"); len(problems) != 1 {
			t.Errorf("it is said: %v", problems)
		}
		if _, problems := auth.ParseLimits(" , "); len(problems) != 1 {
			t.Errorf("it is said: %v", problems)
		}
	})
}
