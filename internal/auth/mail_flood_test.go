//go:build !race

package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestAMailboxGetsNoMoreThanItsBudget(t *testing.T) {
	t.Parallel()
	settings := map[string]func(*auth.Config){
		"by default":                     func(*auth.Config) {},
		"with login codes":               func(c *auth.Config) { c.LoginCodes = true },
		"with usernames":                 func(c *auth.Config) { c.Usernames = auth.UsernamesOptional },
		"where confirmation is optional": func(c *auth.Config) { c.EmailVerification = auth.VerificationOptional },
	}
	for name, set := range settings {
		for _, victim := range []string{ada, nobody} {
			for _, clients := range []int{1, 5} {
				t.Run(fmt.Sprintf("%s, %d clients against %s", name, clients, victim), func(t *testing.T) {
					t.Parallel()
					config := authtest.Mandatory
					set(&config)
					w := authtest.New(t, authtest.SQLite(t), config)
					_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Password: adasPassword, Role: auth.RoleUser, Verified: true})
					must(t, err)
					w.Letters(t)

					var sent []time.Time
					names := 0
					const step = 20 * time.Minute
					for range 26 * time.Hour / step {
						for client := range clients {
							flood(from(t, fmt.Sprintf("2001:db8:%x::1", client), laptop), w, victim, &names)
						}
						for range w.Letters(t) {
							sent = append(sent, w.Clock.Now())
						}
						w.Clock.Advance(step)
					}
					if len(sent) < 5 {
						t.Errorf("got %d emails, want some: the flood is to be one", len(sent))
					}
					for i, at := range sent {
						within := func(span time.Duration) int {
							n := 0
							for _, other := range sent[:i+1] {
								if at.Sub(other) < span {
									n++
								}
							}
							return n
						}
						if n := within(time.Hour); n > 6 {
							t.Errorf("got %d emails within an hour, want 6 at most", n)
						}
						if n := within(24 * time.Hour); n > 20 {
							t.Errorf("got %d emails within a day, want 20 at most", n)
						}
						if t.Failed() {
							return
						}
					}
				})
			}
		}
	}
}
