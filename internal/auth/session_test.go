package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const day = 24 * time.Hour

func TestSessionExpires(t *testing.T) {
	t.Parallel()
	t.Run("after 30 days without use", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		_, token := w.LogIn(t, ada, adasPassword)
		w.Clock.Advance(30*day - time.Microsecond)
		if !lives(t, w, token) {
			t.Error("got an expired session just before 30 days, want one that is alive")
		}
		w.Clock.Advance(30 * day)
		if lives(t, w, token) {
			t.Error("got a session that is alive after 30 idle days, want an expired one")
		}
	})

	t.Run("after 90 days, however much it is used", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		_, token := w.LogIn(t, ada, adasPassword)
		for range 89 {
			w.Clock.Advance(day)
			if !lives(t, w, token) {
				t.Fatal("got an expired session that was used each day, want one that is alive")
			}
		}
		caller, err := w.Authenticate(t.Context(), token)
		must(t, err)
		if left := caller.Session.ExpiresAt().Sub(w.Clock.Now()); left != day {
			t.Errorf("it says that it has %v left, want a day", left)
		}
		w.Clock.Advance(day)
		if lives(t, w, token) {
			t.Error("got a session that is alive after 90 days, want an expired one")
		}
	})
}

func TestSessionUseIsWrittenAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	writes := 0
	watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
		if method != "SessionByDigest" {
			writes++
		}
	})})
	for range 60 { // five minutes
		w.Clock.Advance(5 * time.Second)
		caller, err := watched.Authenticate(t.Context(), token)
		must(t, err)
		if late := w.Clock.Now().Sub(caller.Session.LastSeenAt); late >= time.Minute {
			t.Errorf("it was last seen %v ago", late)
		}
	}
	if writes != 5 {
		t.Errorf("%d writes in five minutes, want 5", writes)
	}

	t.Run("and never back, when the clocks of replicas differ", func(t *testing.T) {
		w.Clock.Advance(time.Hour)
		caller, err := w.Authenticate(t.Context(), token)
		must(t, err)
		seen := caller.Session.LastSeenAt
		w.Clock.Advance(-10 * time.Minute)
		caller, err = w.Authenticate(t.Context(), token)
		must(t, err)
		if !caller.Session.LastSeenAt.Equal(seen) {
			t.Errorf("it was last seen at %v, and before at %v", caller.Session.LastSeenAt, seen)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	const none, own, others, all = "none", "own", "others", "all"
	for _, c := range []struct {
		name string
		do   func(t *testing.T, w *authtest.World, caller *auth.Caller, token secret.Text) error
		ends string
	}{
		{"logout ends its own", func(t *testing.T, w *authtest.World, _ *auth.Caller, token secret.Text) error {
			return w.Logout(t.Context(), token)
		}, own},
		{"a reset ends all", func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) error {
			_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			return err
		}, all},
		{"a request for a reset ends none", func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) error {
			return w.RequestPasswordReset(t.Context(), ada, "")
		}, none},
		{"disabling ends all", func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) error {
			_, err := w.DisableAccount(t.Context(), ada)
			return err
		}, all},
		{"setting the password ends all", func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) error {
			_, err := w.SetPassword(t.Context(), ada, newPassword)
			return err
		}, all},
		{"a role ends none", func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) error {
			_, err := w.SetRole(t.Context(), ada, auth.RoleAdmin)
			return err
		}, none},
		// The token of the session itself is replaced: see the tests of ChangePassword.
		{"a change ends the others, and the old token", func(t *testing.T, w *authtest.World, caller *auth.Caller, _ secret.Text) error {
			current := adasPassword
			change, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			if err == nil && !lives(t, w, change.Tokens.AccessToken) {
				t.Error("the new token does not work")
			}
			return err
		}, all},
		{"another login ends none", func(t *testing.T, w *authtest.World, _ *auth.Caller, _ secret.Text) error {
			w.LogIn(t, ada, adasPassword)
			return nil
		}, none},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := mandatory(t)
			w.Join(t, nobody, adasPassword)
			w.Join(t, ada, adasPassword)
			_, strangers := w.LogIn(t, nobody, adasPassword)
			caller, token := w.LogIn(t, ada, adasPassword)
			_, second := w.LogIn(t, ada, adasPassword)
			must(t, c.do(t, w, caller, token))
			if lives(t, w, token) == (c.ends == own || c.ends == all) {
				t.Error("its own session is not as it should be")
			}
			if lives(t, w, second) == (c.ends == others || c.ends == all) {
				t.Error("another session is not as it should be")
			}
			if !lives(t, w, strangers) {
				t.Error("a session of somebody else has ended")
			}
		})
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	for name, given := range map[string]secret.Text{
		"no token":         "",
		"a malformed one":  token + "x",
		"an unknown one":   secret.NewToken(secret.SessionToken),
		"one of a session": token,
		"one that was":     token,
	} {
		t.Run(name+" is no error", func(t *testing.T) { must(t, w.Logout(t.Context(), given)) })
	}
	if lives(t, w, token) {
		t.Error("the session goes on")
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	link := confirmLink(t, w, ada, adasPassword)
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: nobody, Role: auth.RoleUser, Password: adasPassword, Verified: true})
	must(t, err)
	reset := resetLink(t, w, nobody)
	_, token := w.LogIn(t, nobody, adasPassword)
	reached := 0
	watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(string) { reached++ })})

	for name, given := range map[string]secret.Text{
		"nothing":                     "",
		"a word":                      marker,
		"a token that was cut":        token[:len(token)-1],
		"a token with something on":   token + "0",
		"a token with a space":        " " + token,
		"a mistyped token":            token[:20] + other(token[20:21]) + token[21:],
		"a token in capitals":         secret.Text(strings.ToUpper(token.Reveal())),
		"the token of a confirm link": link,
		"the token of a reset link":   reset,
		"a megabyte":                  secret.Text(strings.Repeat(marker, 1<<17)),
		"a NUL":                       token + "\x00",
	} {
		t.Run(name+", without asking the store", func(t *testing.T) {
			_, err := watched.Authenticate(t.Context(), given)
			if fault := failed(t, err, auth.Unauthenticated); !strings.Contains(fault.Message, "malformed") {
				t.Errorf("it says %q", fault.Message)
			}
			if reached != 0 {
				t.Error("the store was asked")
			}
		})
	}
	t.Run("a token that nobody has", func(t *testing.T) {
		_, err := watched.Authenticate(t.Context(), secret.NewToken(secret.SessionToken))
		failed(t, err, auth.Unauthenticated)
		if reached != 1 {
			t.Errorf("the store was asked %d times", reached)
		}
	})
	t.Run("a session of a user who was disabled past us", func(t *testing.T) {
		user := reload(t, w, nobody)
		user.DisabledAt = w.Clock.Now()
		must(t, w.Store.UpdateUser(t.Context(), user))
		if lives(t, w, token) {
			t.Error("got a session of a disabled user that is alive, want none")
		}
	})
}

// other returns a digit of a token that is not the one given.
func other(digit secret.Text) secret.Text {
	if digit == "A" {
		return "B"
	}
	return "A"
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller := func(role auth.Role, isVerified bool, proved time.Duration) *auth.Caller {
		user := &auth.User{ID: uuid.New(), Role: role}
		if isVerified {
			user.VerifiedAt = w.Clock.Now()
		}
		return &auth.Caller{User: user, Session: &auth.Session{AuthenticatedAt: w.Clock.Now().Add(-proved)}}
	}
	const granted = auth.Internal
	for _, c := range []struct {
		name   string
		caller *auth.Caller
		need   auth.Requirement
		want   auth.Kind
	}{
		{"nobody may nothing", nil, auth.Requirement{Role: auth.RoleUser}, auth.Unauthenticated},
		{"a user may what users may", caller(auth.RoleUser, false, day), auth.Requirement{Role: auth.RoleUser}, granted},
		{"a user may not what staff may", caller(auth.RoleUser, true, 0), auth.Requirement{Role: auth.RoleStaff}, auth.Forbidden},
		{"an admin may what staff may", caller(auth.RoleAdmin, true, 0), auth.Requirement{Role: auth.RoleStaff}, granted},
		{"an unknown role may nothing", caller("OWNER", true, 0), auth.Requirement{Role: auth.RoleUser}, auth.Forbidden},
		{"a requirement without a role is met by nobody", caller(auth.RoleAdmin, true, 0), auth.Requirement{}, auth.Forbidden},
		{"an address that is not confirmed", caller(auth.RoleAdmin, false, 0), auth.Requirement{Role: auth.RoleUser, Verified: true}, auth.EmailNotConfirmed},
		{"a confirmed one", caller(auth.RoleUser, true, 0), auth.Requirement{Role: auth.RoleUser, Verified: true}, granted},
		{"a login of nearly ten minutes ago is fresh", caller(auth.RoleUser, true, 10*time.Minute-time.Microsecond), auth.Requirement{Role: auth.RoleUser, Fresh: true}, granted},
		{"one of ten minutes is not", caller(auth.RoleUser, true, 10*time.Minute), auth.Requirement{Role: auth.RoleUser, Fresh: true}, auth.NotFresh},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := w.Authorize(c.caller, c.need)
			if c.want == granted {
				must(t, err)
				return
			}
			failed(t, err, c.want)
		})
	}
}
