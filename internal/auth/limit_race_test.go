package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// patiently runs a test on each database with two replicas, on which nobody loses patience, however
// slow the machine is.
func patiently(t *testing.T, run func(t *testing.T, replicas [2]*authtest.World)) {
	t.Helper()
	hasher := authtest.Hasher(t, authtest.CheapParams, secret.WithLimits(2, 200, time.Minute))
	config := authtest.Mandatory
	config.LimitPatience = time.Minute
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, config)
		w.Join(t, ada, adasPassword)
		run(t, [2]*authtest.World{
			w.Replica(authtest.Difference{Hasher: hasher}), w.Replica(authtest.Difference{Hasher: hasher}),
		})
	})
}

// tally counts what came of logins at once.
func tally(t *testing.T, errs []error) (in, wrong, refusals int) {
	t.Helper()
	for _, err := range errs {
		var problems auth.Problems
		switch {
		case err == nil:
			in++
		case errors.As(err, &problems):
			refused(t, err, auth.InvalidCredentials)
			wrong++
		default:
			failed(t, err, auth.RateLimited)
			refusals++
		}
	}
	return in, wrong, refusals
}

func TestOfAHundredWrongPasswordsAtOnceFiveAreCompared(t *testing.T) {
	t.Parallel()
	patiently(t, func(t *testing.T, replicas [2]*authtest.World) {
		for round, email := range []string{ada, nobody} {
			_, wrong, refusals := tally(t, atOnce(100, func(i int) error {
				return guess(fromAddress(t, 100*round+i), replicas[i%2], email)
			}))
			if wrong != 5 || refusals != 95 {
				t.Errorf("for %s %d were compared and %d refused", email, wrong, refusals)
			}
		}
	})
}

func TestRightPasswordsAtOnceTripNoLimitOfFailures(t *testing.T) {
	t.Parallel()
	patiently(t, func(t *testing.T, replicas [2]*authtest.World) {
		for i := range 4 { // one guess is left
			refused(t, guess(fromAddress(t, i), replicas[0], ada), auth.InvalidCredentials)
		}
		home := from(t, "192.0.2.1", laptop)
		for name, at := range map[string]func(i int) context.Context{
			"twenty from one address": func(int) context.Context { return home },
			"sixty from anywhere":     func(i int) context.Context { return fromAddress(t, 10+i) },
		} {
			n := 20
			if name == "sixty from anywhere" {
				n = 60
			}
			for _, err := range atOnce(n, func(i int) error { return enters(at(i), replicas[i%2]) }) {
				if err != nil {
					t.Errorf("%s: one ends with %v", name, err)
				}
			}
		}
	})
}

func TestRightAndWrongPasswordsAtOnce(t *testing.T) {
	t.Parallel()
	patiently(t, func(t *testing.T, replicas [2]*authtest.World) {
		home := from(t, "192.0.2.1", laptop)
		must(t, enters(home, replicas[0]))
		var errs, owners []error
		for i, err := range atOnce(75, func(i int) error {
			switch w := replicas[i%2]; i % 5 {
			case 0:
				return enters(home, w)
			case 1:
				return enters(fromAddress(t, i), w)
			default:
				return guess(fromAddress(t, i), w, ada)
			}
		}) {
			if i%5 == 0 {
				owners = append(owners, err)
			} else {
				errs = append(errs, err)
			}
		}
		if _, wrong, refusals := tally(t, errs); wrong != 5 || refusals < 40 {
			t.Errorf("%d wrong ones were compared, and %d refused", wrong, refusals)
		}
		if in, _, _ := tally(t, owners); in != len(owners) {
			t.Errorf("from a client that is known %d of %d got in", in, len(owners))
		}
	})
}

func TestWhoWaitsTooLongIsSentAway(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.LimitPatience = time.Millisecond
	config.Limits = limits(t, "login_failed=1/5m/account")
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	var second error
	must(t, enters(t.Context(), w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
		if method == "UserByEmail" { // the first holds the only unit now
			second = enters(t.Context(), w)
		}
	})})))
	tooOften(t, second, 2*time.Second)
	must(t, enters(t.Context(), w))
}

// TestWhoHangsUpIsCounted guesses and goes away before the answer is written down.
func TestWhoHangsUpIsCounted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		for range 5 {
			ctx, hangUp := context.WithCancel(t.Context())
			impatient := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
				if method == "InTx" {
					hangUp()
				}
			})})
			if err := guess(ctx, impatient, ada); !errors.Is(err, context.Canceled) {
				t.Errorf("it ends with %v", err)
			}
		}
		tooOften(t, guess(t.Context(), w, ada), time.Minute)
	})
}

func TestWhatIsNotComparedIsNotCounted(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	full := w.Replica(authtest.Difference{Hasher: occupied(t)})
	for range 7 {
		tooOften(t, enters(t.Context(), full), secret.BusyRetryAfter)
	}
	for range 5 {
		refused(t, guess(t.Context(), w, ada), auth.InvalidCredentials)
	}
	tooOften(t, guess(t.Context(), w, ada), time.Minute)
}

// TestWhoHangsUpBetweenComparisonAndAnswerIsCounted guesses a password whose hash is old: after the
// comparison there is more work, which whoever goes away then cuts short.
func TestWhoHangsUpBetweenComparisonAndAnswerIsCounted(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	hasher := authtest.Hasher(t, secret.Params{MemoryKiB: 256, Passes: 2, Parallelism: 1})
	var hangUp context.CancelFunc
	hasher.Observe(func(context.Context, secret.HashWork) { hangUp() })
	raised := w.Replica(authtest.Difference{Hasher: hasher})
	wrong := wrongPassword
	for name, try := range map[string]func(ctx context.Context, w *authtest.World) error{
		"in a login": func(ctx context.Context, w *authtest.World) error { return guess(ctx, w, ada) },
		"in a session": func(ctx context.Context, w *authtest.World) error {
			_, err := w.Reauthenticate(ctx, caller, byPassword(wrong))
			return err
		},
		"for another password": func(ctx context.Context, w *authtest.World) error {
			_, err := w.ChangePassword(ctx, caller, auth.ChangePasswordInput{CurrentPassword: &wrong, NewPassword: newPassword})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range 5 {
				var ctx context.Context
				ctx, hangUp = context.WithCancel(fromAddress(t, i))
				if err := try(ctx, raised); !errors.Is(err, context.Canceled) {
					t.Fatalf("it ends with %v", err)
				}
			}
			tooOften(t, try(t.Context(), w), time.Minute)
		})
	}
}

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
