package auth_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// eventsOf returns the events of an act, or all for "".
func eventsOf(t *testing.T, w *authtest.World, act auth.Act) []auth.AuditEntry {
	t.Helper()
	var events []auth.AuditEntry
	must(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(e auth.AuditEntry) error {
		if act == "" || e.Act == act {
			events = append(events, e)
		}
		return nil
	}))
	return events
}

// trail returns what a use case writes down, and fails the test if one of it holds a secret or has
// not the facts of the request.
func trail(t *testing.T, w *authtest.World, do func(ctx context.Context)) []string {
	t.Helper()
	before := len(eventsOf(t, w, ""))
	do(from(t, "203.0.113.7", laptop))
	var lines []string
	for _, e := range eventsOf(t, w, "")[before:] {
		line := fmt.Sprintf("%s %s", e.Act, e.Outcome)
		if e.UserID != uuid.Nil {
			line += " of a user"
		}
		if e.SessionID != uuid.Nil {
			line += " in a session"
		}
		lines = append(lines, line)
		if e.IPAddress != "203.0.113.7" || e.UserAgent != laptop || e.RequestID != "request" || !e.At.Equal(w.Clock.Now()) {
			t.Errorf("%s: it is of %v, by request %q from %q with %q", line, e.At, e.RequestID, e.IPAddress, e.UserAgent)
		}
		if secrets.MatchString(fmt.Sprintf("%+v", *e.AuditEvent)) {
			t.Errorf("%s: it holds a secret", line)
		}
	}
	return lines
}

func TestEveryActIsWrittenDown(t *testing.T) {
	t.Parallel()
	current, wrong := adasPassword, wrongPassword
	for _, c := range []struct {
		name string
		do   func(t *testing.T, ctx context.Context, w *authtest.World, caller *auth.Caller)
		want []string
	}{
		{"a sign-up, of nobody yet", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Register(ctx, auth.RegisterInput{Email: nobody, Password: adasPassword})
			must(t, err)
		}, []string{"signed_up ok"}},
		{"a sign-up without confirmation", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Replica(authtest.Difference{Config: authtest.None}).Register(ctx, auth.RegisterInput{Email: nobody, Password: adasPassword})
			must(t, err)
		}, []string{"signed_up ok of a user", "logged_in ok of a user in a session"}},
		{"a confirmation", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Register(ctx, auth.RegisterInput{Email: nobody, Password: adasPassword})
			must(t, err)
			_, err = w.ConfirmEmail(ctx, w.Letter(t, auth.LetterConfirm).Token)
			must(t, err)
		}, []string{"signed_up ok", "email_confirmed ok of a user"}},
		{"a login", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Login(ctx, auth.LoginInput{Email: ada, Password: adasPassword})
			must(t, err)
		}, []string{"logged_in ok of a user in a session"}},
		{"a login with a wrong password", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Login(ctx, auth.LoginInput{Email: ada, Password: wrongPassword})
			refused(t, err, auth.InvalidCredentials)
		}, []string{"logged_in INVALID_CREDENTIALS of a user"}},
		{"a login of nobody", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Login(ctx, auth.LoginInput{Email: nobody, Password: adasPassword})
			refused(t, err, auth.InvalidCredentials)
		}, []string{"logged_in INVALID_CREDENTIALS"}},
		{"a logout, once", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			grant, err := w.Login(ctx, auth.LoginInput{Email: ada, Password: adasPassword})
			must(t, err)
			must(t, w.Logout(ctx, grant.Tokens.AccessToken))
			must(t, w.Logout(ctx, grant.Tokens.AccessToken))
		}, []string{"logged_in ok of a user in a session", "logged_out ok of a user in a session"}},
		{"a logout everywhere", func(t *testing.T, ctx context.Context, w *authtest.World, caller *auth.Caller) {
			_, err := w.LogoutAll(ctx, caller, true) // which ends none
			must(t, err)
			_, err = w.LogoutAll(ctx, caller, false)
			must(t, err)
		}, []string{"sessions_ended ok of a user in a session"}},
		{"a session revoked", func(t *testing.T, ctx context.Context, w *authtest.World, caller *auth.Caller) {
			_, err := w.RevokeSession(ctx, caller, caller.Session.ID)
			must(t, err)
		}, []string{"session_revoked ok of a user in a session"}},
		{"a request for a reset, of nobody", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			must(t, w.RequestPasswordReset(ctx, ada, ""))
			must(t, w.RequestPasswordReset(ctx, nobody, ""))
		}, []string{"password_reset_requested ok", "password_reset_requested ok"}},
		{"a reset", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			must(t, w.RequestPasswordReset(ctx, ada, ""))
			_, err := w.ResetPassword(ctx, w.Letter(t, auth.LetterReset).Token, newPassword)
			must(t, err)
		}, []string{"password_reset_requested ok", "password_reset ok of a user"}},
		{"a change of the password", func(t *testing.T, ctx context.Context, w *authtest.World, caller *auth.Caller) {
			_, err := w.ChangePassword(ctx, caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			must(t, err)
		}, []string{"password_changed ok of a user in a session"}},
		{"a guess at the password", func(t *testing.T, ctx context.Context, w *authtest.World, caller *auth.Caller) {
			_, err := w.ChangePassword(ctx, caller, auth.ChangePasswordInput{CurrentPassword: &wrong, NewPassword: newPassword})
			refused(t, err, auth.IncorrectPassword)
		}, []string{"password_changed PASSWORD_INCORRECT of a user in a session"}},
		{"what an operator does", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.CreateAccount(ctx, auth.NewAccount{Email: nobody, Role: auth.RoleUser})
			must(t, err)
			for _, act := range []func() (*auth.User, error){
				func() (*auth.User, error) { return w.SetRole(ctx, nobody, auth.RoleAdmin) },
				func() (*auth.User, error) { return w.SetPassword(ctx, nobody, newPassword) },
				func() (*auth.User, error) { return w.ConfirmAccount(ctx, nobody) },
				func() (*auth.User, error) { return w.ConfirmAccount(ctx, nobody) }, // which changes nothing
				func() (*auth.User, error) { return w.DisableAccount(ctx, nobody) },
			} {
				_, err := act()
				must(t, err)
			}
			_, err = w.Login(ctx, auth.LoginInput{Email: nobody, Password: newPassword})
			refused(t, err, auth.AccountDisabled)
			_, err = w.EnableAccount(ctx, nobody)
			must(t, err)
		}, []string{
			"account_created ok of a user", "role_set_to_admin ok of a user", "password_set ok of a user", "email_confirmed ok of a user",
			"account_disabled ok of a user", "logged_in ACCOUNT_DISABLED of a user", "account_enabled ok of a user",
		}},
		{"nothing of an input that nobody could mean", func(t *testing.T, ctx context.Context, w *authtest.World, _ *auth.Caller) {
			_, err := w.Login(ctx, auth.LoginInput{Email: "ada", Password: ""})
			refused(t, err, auth.InvalidEmail, auth.Required)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := mandatory(t)
			w.Join(t, ada, adasPassword)
			caller, _ := w.LogIn(t, ada, adasPassword)
			if diff := cmp.Diff(c.want, trail(t, w, func(ctx context.Context) { c.do(t, ctx, w, caller) })); diff != "" {
				t.Errorf("what is written down (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeWrittenDownIsNotDone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		before := len(eventsOf(t, w, ""))
		ctx := auth.WithRequest(t.Context(), auth.Request{ID: "no\x00id"}) // no store keeps that
		if _, err := w.Login(ctx, auth.LoginInput{Email: ada, Password: adasPassword}); err == nil {
			t.Error("one can log in")
		}
		if err := w.RequestPasswordReset(ctx, ada, ""); err == nil {
			t.Error("one can ask for a reset")
		}
		w.NoLetter(t)
		if after := len(eventsOf(t, w, "")); after != before {
			t.Errorf("%d events were written", after-before)
		}
	})
}

func TestTheTrailIsRead(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	user := w.Join(t, ada, adasPassword)
	w.Join(t, nobody, adasPassword)
	w.Clock.Advance(day)
	for range 3 {
		w.LogIn(t, ada, adasPassword)
		w.LogIn(t, nobody, adasPassword)
	}
	count := func(query auth.AuditQuery) (events, withEmail int) {
		t.Helper()
		must(t, w.EachAuditEvent(t.Context(), query, func(e auth.AuditEntry) error {
			events++
			if e.Email == ada {
				withEmail++
			}
			return nil
		}))
		return events, withEmail
	}
	for _, c := range []struct {
		name              string
		query             auth.AuditQuery
		events, withEmail int
	}{
		{"whole", auth.AuditQuery{}, 10, 4},
		{"of one user", auth.AuditQuery{User: " ADA@lovelace.example"}, 4, 4},
		{"of one id", auth.AuditQuery{User: user.ID.String()}, 4, 4},
		{"of an id that nobody has", auth.AuditQuery{User: uuid.NewString()}, 0, 0},
		{"since", auth.AuditQuery{Since: day - time.Microsecond}, 6, 3},
		{"since, that moment included", auth.AuditQuery{Since: day}, 10, 4},
		{"of one user since", auth.AuditQuery{User: ada, Since: day - time.Hour}, 3, 3},
		{"of all since long ago", auth.AuditQuery{Since: 2 * day}, 10, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			if events, withEmail := count(c.query); events != c.events || withEmail != c.withEmail {
				t.Errorf("there are %d events, %d with the address; want %d, %d", events, withEmail, c.events, c.withEmail)
			}
		})
	}

	t.Run("of more than a page, each once and in order", func(t *testing.T) {
		const more = 1100
		must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error {
			for i := range more { // three at each time
				event := &auth.AuditEvent{ID: uuid.New(), At: w.Clock.Now().Add(time.Duration(i/3) * time.Second), Act: "many"}
				if err := tx.AddAuditEvent(t.Context(), event); err != nil {
					return err
				}
			}
			return nil
		}))
		events, seen := eventsOf(t, w, "many"), map[uuid.UUID]bool{}
		for i, e := range events {
			seen[e.ID] = true
			if i > 0 && e.At.Before(events[i-1].At) {
				t.Fatal("one is older than the one before it")
			}
		}
		if len(events) != more || len(seen) != more {
			t.Errorf("%d events, %d different ones", len(events), len(seen))
		}
	})
	t.Run("not of an address that nobody has, or that is none", func(t *testing.T) {
		err := w.EachAuditEvent(t.Context(), auth.AuditQuery{User: "who@nowhere.example"}, nil)
		if !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("the error is %v", err)
		}
		refused(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{User: "who"}, nil), auth.InvalidEmail)
	})
	t.Run("until it is enough", func(t *testing.T) {
		errEnough, read := errors.New("enough"), 0
		err := w.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(auth.AuditEntry) error { read++; return errEnough })
		if !errors.Is(err, errEnough) || read != 1 {
			t.Errorf("%d events were read, error %v", read, err)
		}
	})
}
