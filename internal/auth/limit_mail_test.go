package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestAMailboxIsNotFloodedByThoseWhoClaimIt lets many machines and accounts claim one address.
func TestAMailboxIsNotFloodedByThoseWhoClaimIt(t *testing.T) {
	t.Parallel()
	for _, email := range []string{ada, nobody} {
		t.Run("by signing up with "+email, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, authtest.Mandatory)
				w.Join(t, ada, adasPassword)
				w.Clock.Advance(time.Hour)
				register := func(host int) error {
					_, err := w.Register(from(t, fmt.Sprintf("2001:db8:0:%x::1", host), laptop), auth.RegisterInput{Email: email, Password: evesPassword})
					return err
				}
				for i := range 5 {
					must(t, register(i))
				}
				for i := range 20 {
					tooOften(t, register(5+i), 3*time.Minute)
				}
				must(t, w.RequestPasswordReset(from(t, "192.0.2.1", laptop), email, ""))
				ahead := 0
				must(t, w.EachQueuedMail(t.Context(), func(m *auth.QueuedMail) error {
					if m.Recipient == email && m.Job != auth.JobPasswordReset {
						ahead++
					}
					return nil
				}))
				if ahead != 5 {
					t.Errorf("%d mails wait for the address, want 5", ahead)
				}
				w.Clock.Advance(3 * time.Minute)
				must(t, register(99))
				tooOften(t, register(100), 3*time.Minute)
			})
		})

		t.Run("by changing accounts to "+email, func(t *testing.T) {
			w := mandatory(t)
			w.Join(t, ada, adasPassword)
			w.Clock.Advance(time.Hour)
			for i := range 8 {
				evil := fmt.Sprintf("eve%d@x.example", i)
				_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: evil, Password: evesPassword, Role: auth.RoleUser, Verified: true})
				must(t, err)
				caller, _ := w.LogIn(t, evil, evesPassword)
				if err := w.RequestEmailChange(fromAddress(t, i), caller, email, ""); i < 5 {
					must(t, err)
				} else {
					tooOften(t, err, 3*time.Minute)
				}
			}
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: evesPassword})
			tooOften(t, err, 3*time.Minute) // it is one and the same mailbox
		})
	}

	t.Run("a sign-up that made no mail does not count", func(t *testing.T) {
		config := authtest.Mandatory
		config.Usernames = auth.UsernamesOptional
		w := authtest.New(t, authtest.SQLite(t), config)
		register := func(username string) error {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword, Username: username})
			return err
		}
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: nobody, Password: adasPassword, Username: "taken"})
		must(t, err)
		for range 10 {
			refused(t, register("taken"), auth.UsernameTaken)
		}
		for i := range 5 {
			must(t, register(fmt.Sprintf("free%d", i)))
		}
		tooOften(t, register("taken"), 3*time.Minute)
	})
}
