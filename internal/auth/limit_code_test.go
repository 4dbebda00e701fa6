package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestOneMachineTakesNoCodesFromTheOwner has a stranger ask for codes as often as it can.
func TestOneMachineTakesNoCodesFromTheOwner(t *testing.T) {
	t.Parallel()
	for _, email := range []string{ada, nobody} {
		onEach(t, func(t *testing.T, store auth.Store) {
			config := authtest.Mandatory
			config.LoginCodes = true
			w := authtest.New(t, store, config)
			w.Join(t, ada, adasPassword)
			attacker, elsewhere := from(t, "198.51.100.66", laptop), from(t, "203.0.113.1", phone)
			mails := 0
			for s := range 600 {
				if _, err := w.RequestLoginCode(attacker, email); err == nil {
					mails++
				} else {
					_ = failed(t, err, auth.RateLimited)
				}
				if s%120 == 61 { // the owner asks every other minute
					_, err := w.RequestLoginCode(elsewhere, email)
					must(t, err)
				}
				w.Clock.Advance(time.Second)
			}
			if mails > 60 {
				t.Errorf("the stranger made %d mails to %s in ten minutes", mails, email)
			}
		})
	}
}
