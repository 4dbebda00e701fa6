package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestAStrangersResetReplacesNoneOfTheOwner: the request of the owner waits, as when the mail server is slow, and a
// stranger asks for the same. The budget withholds what the stranger asks for, and must withhold no more.
func TestAStrangersResetReplacesNoneOfTheOwner(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		home := from(t, "192.0.2.1", laptop)
		_, err := w.Login(home, auth.LoginInput{Email: ada, Password: adasPassword})
		must(t, err)
		w.Letters(t)
		for i := range 20 { // strangers use up the budget of the address
			must(t, w.RequestPasswordReset(from(t, fmt.Sprintf("2001:db8:0:%x::1", i), laptop), ada, ""))
			w.Letters(t)
			w.Clock.Advance(time.Minute)
		}
		must(t, w.RequestPasswordReset(home, ada, ""))
		w.Clock.Advance(12 * time.Second)
		must(t, w.RequestPasswordReset(from(t, "2001:db8:0:ff::1", laptop), ada, ""))
		w.Letter(t, auth.LetterReset)
	})
}

func TestSeveralResetsOfOneClientThatWaitAreOneLetter(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	w.Letters(t)
	for range 3 {
		must(t, w.RequestPasswordReset(from(t, "192.0.2.1", laptop), ada, ""))
		w.Clock.Advance(time.Second)
	}
	w.Letter(t, auth.LetterReset)
}
