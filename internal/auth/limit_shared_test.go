//go:build !race

package auth_test

import (
	"context"
	"fmt"
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

// TestOneMachineKeepsNoAddressFromSigningUp has strangers sign an address up, and change accounts to it, as often as
// they can, from one machine, from one network and from five machines. Its owner tries now and then.
func TestOneMachineKeepsNoAddressFromSigningUp(t *testing.T) {
	t.Parallel()
	for name, hosts := range map[string][]string{
		"from one machine":   {"198.51.100.66"},
		"from five machines": {"198.51.100.66", "198.51.100.67", "198.51.100.68", "198.51.100.69", "198.51.100.70"},
		"from one network":   {"2001:db8:1:1::1", "2001:db8:1:200::1", "2001:db8:1:ff00::1", "2001:db8:1:3::1", "2001:db8:1:4::1", "2001:db8:1:5::1", "2001:db8:1:6::1", "2001:db8:1:7::1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := mandatory(t)
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Password: adasPassword, Role: auth.RoleUser, Verified: true})
			must(t, err)
			caller, _ := w.LogIn(t, ada, adasPassword)
			register := func(ctx context.Context) error {
				_, err := w.Register(ctx, auth.RegisterInput{Email: nobody, Password: evesPassword})
				return err
			}
			through := 0
			for step := range 4 * 60 { // four hours
				for i, host := range hosts {
					for range 6 {
						if register(from(t, host, laptop)) == nil {
							through++
						}
					}
					if i == 0 {
						_ = w.RequestEmailChange(from(t, host, laptop), caller, nobody, "")
					}
				}
				if step%20 == 19 {
					must(t, register(from(t, "203.0.113.1", phone)))
				}
				w.Clock.Advance(time.Minute)
			}
			if most := 5*len(hosts) + 80*len(hosts); through > most || through < 5 {
				t.Errorf("got %d sign-ups of strangers let through, want 5 to %d", through, most)
			}
		})
	}
}

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
			for i := range 40 { // 5 that all share, and 25 beyond
				evil := fmt.Sprintf("eve%d@x.example", i)
				_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: evil, Password: evesPassword, Role: auth.RoleUser, Verified: true})
				must(t, err)
				caller, _ := w.LogIn(t, evil, evesPassword)
				if err := w.RequestEmailChange(fromAddress(t, i), caller, email, ""); i < 30 {
					must(t, err)
				} else {
					tooOften(t, err, 3*time.Minute)
				}
			}
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: evesPassword})
			tooOften(t, err, 3*time.Minute) // it is one and the same mailbox
			got := 0
			for _, letter := range w.Letters(t) {
				if letter.To.Address == email {
					got++
				}
			}
			if got != 2 { // what one network has of the budget of a mailbox, whatever was let through
				t.Errorf("got %d emails to %s, want 2", got, email)
			}
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
