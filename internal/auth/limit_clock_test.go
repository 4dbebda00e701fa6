package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestAClockThatWasAheadLocksNobodyOut lets one replica be an hour ahead for a while.
func TestAClockThatWasAheadLocksNobodyOut(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		home := from(t, "192.0.2.1", laptop)
		w.Clock.Advance(time.Hour)
		for range 5 {
			refused(t, guess(home, w, ada), auth.InvalidCredentials)
		}
		tooOften(t, guess(home, w, ada), time.Minute)
		w.Clock.Advance(-time.Hour)

		other := w.Replica(authtest.Difference{})
		tooOften(t, enters(home, other), time.Minute)
		w.Clock.Advance(time.Minute)
		must(t, enters(home, other))
		must(t, enters(home, w)) // which remembers the refusal of its clock
	})
}
