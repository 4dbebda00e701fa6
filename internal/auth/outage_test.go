package auth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// useCases calls every method of the Service that needs the store, in a way that works while there
// is one.
func useCases(ctx context.Context, w *authtest.World, caller *auth.Caller) map[string]func() error {
	fresh := uuid.NewString() + "@lovelace.example"
	current := adasPassword
	discard := func(_ any, err error) error { return err }
	register := auth.RegisterInput{Email: fresh, Password: adasPassword}
	useCases := map[string]func() error{
		"Register": func() error { return discard(w.Register(ctx, register)) },
		"Register at once": func() error {
			return discard(w.Replica(authtest.Difference{Config: authtest.Optional}).Register(ctx, register))
		},
		"ConfirmEmail":            func() error { return discard(w.ConfirmEmail(ctx, secret.NewToken(secret.ConfirmToken))) },
		"ResendConfirmationEmail": func() error { return w.ResendConfirmationEmail(ctx, ada, "") },
		"Login":                   func() error { return discard(w.Login(ctx, auth.LoginInput{Email: ada, Password: adasPassword})) },
		"Logout":                  func() error { return w.Logout(ctx, secret.NewToken(secret.SessionToken)) },
		"Authenticate":            func() error { return discard(w.Authenticate(ctx, secret.NewToken(secret.SessionToken))) },
		"RequestPasswordReset":    func() error { return w.RequestPasswordReset(ctx, ada, "") },
		"ResetPassword": func() error {
			return discard(w.ResetPassword(ctx, secret.NewToken(secret.ResetToken), newPassword))
		},
		"ChangePassword": func() error {
			return discard(w.ChangePassword(ctx, caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword}))
		},
		"CreateAccount": func() error {
			return discard(w.CreateAccount(ctx, auth.NewAccount{Email: fresh, Role: auth.RoleUser, Password: adasPassword}))
		},
		"SetRole":        func() error { return discard(w.SetRole(ctx, ada, auth.RoleStaff)) },
		"SetPassword":    func() error { return discard(w.SetPassword(ctx, ada, newPassword)) },
		"DisableAccount": func() error { return discard(w.DisableAccount(ctx, ada)) },
		"EnableAccount":  func() error { return discard(w.EnableAccount(ctx, ada)) },
		"ConfirmAccount": func() error { return discard(w.ConfirmAccount(ctx, ada)) },
		"EachAccount":    func() error { return w.EachAccount(ctx, func(*auth.User) error { return nil }) },
		"EachSignUp":     func() error { return w.EachSignUp(ctx, func(*auth.SignUp) error { return nil }) },
	}
	for _, item := range []*auth.OutboxItem{
		{Job: auth.JobSignUp, SignUpID: uuid.New()},
		{Job: auth.JobConfirmation, EmailKey: ada},
		{Job: auth.JobPasswordReset, EmailKey: ada},
		{Job: auth.JobPasswordChanged, UserID: caller.User.ID},
	} {
		useCases["Compose "+string(item.Job)] = func() error { return discard(w.Compose(ctx, item)) }
	}
	return useCases
}

func TestAnOutageIsNoAnswer(t *testing.T) {
	t.Parallel()
	for kind, open := range map[string]func(t *testing.T) string{
		"SQLite":   func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/test.db" },
		"Postgres": func(t *testing.T) string { return pgtest.URL(t) },
	} {
		t.Run(kind, func(t *testing.T) {
			db, err := store.Open(t.Context(), open(t))
			must(t, err)
			_, err = db.Migrate(t.Context(), nil)
			must(t, err)
			w := authtest.New(t, db, authtest.Mandatory)
			w.Join(t, ada, adasPassword)
			caller, token := w.LogIn(t, ada, adasPassword)
			must(t, db.Close())

			down := useCases(t.Context(), w, caller)
			down["Authenticate with a good token"] = func() error {
				_, err := w.Authenticate(t.Context(), token)
				return err
			}
			down["Logout with a good token"] = func() error { return w.Logout(t.Context(), token) }
			wakes := w.Wakes()
			for name, do := range down {
				t.Run(name, func(t *testing.T) { isOutage(t, do()) })
			}
			if w.Wakes() != wakes {
				t.Error("the mailer was told of mail")
			}
		})
	}
}

// The store fails for a moment in the middle of a use case, at each of its calls in turn.
func TestAnOutageInTheMiddleIsNoAnswer(t *testing.T) {
	t.Parallel()
	names := useCases(t.Context(), mandatory(t), &auth.Caller{User: &auth.User{}})
	delete(names, "Register at once") // has a Service of its own
	names["Login with a wrong password"], names["ResetPassword of a sign-up"] = nil, nil
	for name := range names {
		t.Run(name, func(t *testing.T) {
			config := authtest.Mandatory
			config.Limits = limits(t, "confirm_email=off/account") // what an outage interrupts counts all the same
			w := authtest.New(t, authtest.SQLite(t), config)
			w.Join(t, ada, adasPassword)
			caller, token := w.LogIn(t, ada, adasPassword)
			signUp(t, w, nobody, adasPassword)
			confirm := w.Letter(t, auth.LetterConfirm).Token
			reset, resetSignUp := resetLink(t, w, ada), resetLink(t, w, nobody)
			w.Clock.Advance(2 * time.Minute) // so that the use of the session is written down

			for failing := 1; ; failing++ {
				store, happened := authtest.Interrupt(w.Store, failing)
				watched, ctx := w.Replica(authtest.Difference{Store: store}), from(t, fmt.Sprintf("192.0.2.%d", failing), laptop)
				all := useCases(ctx, watched, caller)
				all["ConfirmEmail"] = func() error { _, err := watched.ConfirmEmail(ctx, confirm); return err }
				all["ResetPassword"] = func() error { _, err := watched.ResetPassword(ctx, reset, newPassword); return err }
				all["ResetPassword of a sign-up"] = func() error { _, err := watched.ResetPassword(ctx, resetSignUp, newPassword); return err }
				all["Login with a wrong password"] = func() error {
					_, err := watched.Login(ctx, auth.LoginInput{Email: ada, Password: wrongPassword})
					return err
				}
				all["Authenticate"] = func() error { _, err := watched.Authenticate(ctx, token); return err }
				all["Logout"] = func() error { return watched.Logout(ctx, token) }
				err := all[name]()
				if !happened() {
					if failing == 1 {
						t.Error("the store was not asked")
					}
					var problems auth.Problems
					if !errors.Is(err, auth.ErrNoLetter) && !errors.As(err, &problems) {
						must(t, err)
					}
					return
				}
				isOutage(t, err)
			}
		})
	}
}

// isOutage fails the test unless err is neither nil nor an answer.
func isOutage(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	discreet(t, err)
	var (
		fault    *auth.Error
		problems auth.Problems
	)
	if errors.As(err, &fault) || errors.As(err, &problems) {
		t.Errorf("an outage is answered with %v", err)
	}
	for _, absence := range []error{auth.ErrNotFound, auth.ErrEmailTaken, auth.ErrNoLetter} {
		if errors.Is(err, absence) {
			t.Errorf("an outage is taken for %v", absence)
		}
	}
}
