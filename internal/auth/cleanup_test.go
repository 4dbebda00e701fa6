package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// swept cleans up and returns what went, without the lines of what did not.
func swept(t *testing.T, w *authtest.World) map[auth.ExpiredKind]int {
	t.Helper()
	lines, err := w.CleanUp(t.Context(), nil)
	must(t, err)
	went := map[auth.ExpiredKind]int{}
	for _, line := range lines {
		if line.Rows > 0 {
			went[line.Kind] = line.Rows
		}
	}
	return went
}

// wantSwept fails the test unless exactly so much goes of the kind; of zero nothing of any kind may.
func wantSwept(t *testing.T, w *authtest.World, what auth.ExpiredKind, rows int) {
	t.Helper()
	went := swept(t, w)
	if went[what] != rows {
		t.Errorf("of %s %d went, want %d", what, went[what], rows)
	}
	if rows == 0 && len(went) > 0 {
		t.Errorf("something went: %v", went)
	}
}

// keepingEvents is a configuration in which other things go first: how long events are kept, is a setting.
func keepingEvents() auth.Config {
	config := authtest.Unlimited(authtest.Mandatory)
	config.EventsKept = 1000 * day
	return config
}

func TestCleanUp(t *testing.T) {
	t.Parallel()
	const moment = time.Microsecond
	for _, c := range []struct {
		name string
		kind auth.ExpiredKind
		make func(t *testing.T, w *authtest.World)
		age  time.Duration // at which it goes
	}{
		{"a link", auth.ExpiredTokens, func(t *testing.T, w *authtest.World) { resetLink(t, w, ada) }, auth.ResetLifetime},
		{"a sign-up", auth.ExpiredSignUps, func(t *testing.T, w *authtest.World) { signUp(t, w, nobody, adasPassword) }, 14 * day},
		{"a session that is not used", auth.ExpiredIdleSessions, func(t *testing.T, w *authtest.World) { w.LogIn(t, ada, adasPassword) }, 30*day + 5*time.Minute},
		{"a session that is used", auth.ExpiredOldSessions, func(t *testing.T, w *authtest.World) {
			_, token := w.LogIn(t, ada, adasPassword)
			for range 89 {
				w.Clock.Advance(day)
				if !lives(t, w, token) {
					t.Fatal("got an expired session, want one that is alive")
				}
			}
			w.Clock.Advance(-89 * day)
		}, 90 * day},
		{"a mail that was given up", auth.ExpiredMail, func(t *testing.T, w *authtest.World) {
			holder, now := uuid.New(), w.Clock.Now()
			must(t, w.ResendConfirmationEmail(t.Context(), nobody, ""))
			items, err := w.Store.LeaseOutbox(t.Context(), holder, now, now.Add(time.Minute), 1)
			must(t, err)
			must(t, w.Store.AbandonOutbox(t.Context(), items[0].ID, holder, now, "550 no such user"))
		}, 30 * day},
		{"an event", auth.ExpiredAuditEvents, func(t *testing.T, w *authtest.World) {
			_, err := w.DisableAccount(t.Context(), ada)
			must(t, err)
		}, 400 * day},
	} {
		t.Run(c.name+" stays to its last moment, and then goes", func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, keepingEvents())
				w.Join(t, ada, adasPassword)
				w.Clock.Advance(401 * day)
				swept(t, w)

				c.make(t, w)
				w.Clock.Advance(c.age - moment)
				wantSwept(t, w, c.kind, 0)
				w.Clock.Advance(moment)
				wantSwept(t, w, c.kind, 1)
				wantSwept(t, w, c.kind, 0)
				if users(t, w) != 1 {
					t.Error("the user went too")
				}
			})
		})
	}
}

func TestCleanUpTakesSmallSteps(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		steps := 0
		w := authtest.New(t, authtest.Observe(store, func(method string) {
			if method == "Discard" {
				steps++
			}
		}), authtest.Mandatory)
		const events = 1001
		must(t, store.InTx(t.Context(), func(tx auth.Tx) error {
			for range events {
				if err := tx.AddAuditEvent(t.Context(), &auth.AuditEvent{ID: uuid.New(), At: w.Clock.Now().Add(-401 * day), Act: "old"}); err != nil {
					return err
				}
			}
			return nil
		}))
		lines, err := w.CleanUp(t.Context(), nil)
		must(t, err)
		if lines.Total() != events || steps != len(lines)-2+2 { // accounts are erased and successors forgotten, not discarded
			t.Errorf("%d went in %d steps", lines.Total(), steps)
		}
	})
}

// failing is a store in which one kind of rows cannot be discarded.
type failing struct {
	auth.Store
	what auth.ExpiredKind
}

var errStuck = errors.New("stuck")

func (f failing) Discard(ctx context.Context, what auth.ExpiredKind, upTo time.Time, limit int) (int, error) {
	if what == f.what {
		return 0, errStuck
	}
	return f.Store.Discard(ctx, what, upTo, limit)
}

func TestWhatCannotBeCleanedUpKeepsNothingElse(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), keepingEvents())
	w.Join(t, ada, adasPassword)
	resetLink(t, w, ada)
	w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(31 * day)
	lines, err := w.Replica(authtest.Difference{Store: failing{w.Store, auth.ExpiredTokens}}).CleanUp(t.Context(), nil)
	if !errors.Is(err, errStuck) || lines.Total() != 1 {
		t.Errorf("%d went, error %v", lines.Total(), err)
	}
	wantSwept(t, w, auth.ExpiredTokens, 1)
}

func TestCleanUpDisturbsNobody(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		for range 20 {
			w.LogIn(t, ada, adasPassword)
			resetLink(t, w, ada)
		}
		w.Clock.Advance(30 * day)
		for _, err := range atOnce(9, func(i int) error {
			switch i % 3 {
			case 0:
				_, err := w.CleanUp(t.Context(), nil)
				return err
			case 1:
				_, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
				return err
			default:
				_, err := w.DisableAccount(t.Context(), nobody)
				if errors.Is(err, auth.ErrNotFound) {
					_, err = w.SetRole(t.Context(), ada, auth.RoleStaff)
				}
				return err
			}
		}) {
			must(t, err)
		}
		wantSwept(t, w, auth.ExpiredTokens, 0)
		caller, _ := w.LogIn(t, ada, adasPassword)
		got, err := w.Sessions(t.Context(), caller)
		must(t, err)
		if len(got) != 4 {
			t.Errorf("%d sessions live, want those of the 4 logins", len(got))
		}
	})
}

func TestCleanUpTellsWhatItDoes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		told := map[auth.ExpiredKind]int{}
		swept, err := w.CleanUp(t.Context(), func(what auth.ExpiredKind, gone int) {
			if gone != 0 {
				t.Errorf("%d of %s are gone, where there is nothing", gone, what)
			}
			told[what]++
		})
		must(t, err)
		for _, line := range swept {
			if told[line.Kind] != 1 {
				t.Errorf("%s is told %d times", line.Kind, told[line.Kind])
			}
		}
	})
}
