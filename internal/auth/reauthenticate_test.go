package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("reauthentication_code", normalPriority)

var fresh = auth.Requirement{Role: auth.RoleUser, Fresh: true}

// bareCaller returns somebody without a password who has just come by code.
func bareCaller(t *testing.T, w *authtest.World) *auth.Caller {
	t.Helper()
	if _, err := w.Store.UserByEmail(t.Context(), ada); errors.Is(err, auth.ErrNotFound) {
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Verified: true})
		must(t, err)
	}
	grant := comeByCode(t, w, ada)
	return &auth.Caller{User: grant.User, Session: grant.Session}
}

// proofByCode asks for a code to step up and returns it as it is mailed.
func proofByCode(t *testing.T, w *authtest.World, caller *auth.Caller) auth.ReauthenticateInput {
	t.Helper()
	id, err := w.RequestReauthenticationCode(t.Context(), caller)
	must(t, err)
	code := w.Letter(t, auth.LetterReauthenticationCode).Code
	return auth.ReauthenticateInput{RequestID: &id, Code: &code}
}

func byPassword(password secret.Text) auth.ReauthenticateInput {
	return auth.ReauthenticateInput{Password: &password}
}

func TestReauthenticateByPassword(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	_, elsewhere := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(10 * time.Minute)
	caller, err := w.Authenticate(t.Context(), token)
	must(t, err)
	failed(t, w.Authorize(caller, fresh), auth.NotFresh)

	t.Run("a wrong one proves nothing", func(t *testing.T) {
		_, err := w.Reauthenticate(t.Context(), caller, byPassword(wrongPassword))
		refused(t, err, auth.IncorrectPassword)
		again, err := w.Authenticate(t.Context(), token)
		must(t, err)
		failed(t, w.Authorize(again, fresh), auth.NotFresh)
	})

	t.Run("the right one makes this session fresh, and changes nothing else", func(t *testing.T) {
		session, err := w.Reauthenticate(t.Context(), caller, byPassword(adasPassword))
		must(t, err)
		if !session.AuthenticatedAt.Equal(w.Clock.Now()) {
			t.Errorf("it was proved at %v", session.AuthenticatedAt)
		}
		again, err := w.Authenticate(t.Context(), token)
		must(t, err)
		must(t, w.Authorize(again, fresh))
		if again.Session.EndsAt != caller.Session.EndsAt || again.Session.CreatedAt != caller.Session.CreatedAt {
			t.Error("the session lasts longer")
		}
		other, err := w.Authenticate(t.Context(), elsewhere)
		must(t, err)
		failed(t, w.Authorize(other, fresh), auth.NotFresh)
	})

	t.Run("for ten minutes", func(t *testing.T) {
		w.Clock.Advance(10 * time.Minute)
		again, err := w.Authenticate(t.Context(), token)
		must(t, err)
		failed(t, w.Authorize(again, fresh), auth.NotFresh)
	})

	t.Run("also while another login rehashes the password", func(t *testing.T) {
		raised := authtest.CheapParams
		raised.Passes++
		overtaken := false
		store := authtest.Observe(w.Store, func(method string) {
			if method == "InTx" && !overtaken {
				overtaken = true
				w.Replica(authtest.Difference{Hasher: authtest.Hasher(t, raised)}).LogIn(t, ada, adasPassword)
			}
		})
		_, err := w.Replica(authtest.Difference{Store: store}).Reauthenticate(t.Context(), caller, byPassword(adasPassword))
		must(t, err)
	})

	t.Run("not when it was changed meanwhile, and then the session has ended", func(t *testing.T) {
		changed := false
		store := authtest.Observe(w.Store, func(method string) {
			if method == "InTx" && !changed {
				changed = true
				_, err := w.SetPassword(t.Context(), ada, newPassword)
				must(t, err)
			}
		})
		_, err := w.Replica(authtest.Difference{Store: store}).Reauthenticate(t.Context(), caller, byPassword(adasPassword))
		refused(t, err, auth.IncorrectPassword)
		_, err = w.Reauthenticate(t.Context(), caller, byPassword(newPassword))
		failed(t, err, auth.Unauthenticated)
	})
}

func TestReauthenticateByCode(t *testing.T) {
	t.Parallel()
	w := withCodes(t).Replica(authtest.Difference{Config: authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory))})
	caller, other := bareCaller(t, w), bareCaller(t, w)
	w.Clock.Advance(time.Hour)

	t.Run("works once, in the session that asked, as soon as it asks and wherever codes are off for logins", func(t *testing.T) {
		off := w.Replica(authtest.Difference{Config: authtest.Unlimited(authtest.Mandatory)})
		in := proofByCode(t, off, caller)
		_, err := off.Reauthenticate(t.Context(), other, in)
		refused(t, err, auth.InvalidCode)
		invalid(t, w, auth.LoginWithCodeInput{RequestID: *in.RequestID, Code: *in.Code})
		session, err := off.Reauthenticate(t.Context(), caller, in)
		must(t, err)
		if !session.AuthenticatedAt.Equal(w.Clock.Now()) {
			t.Errorf("it was proved at %v", session.AuthenticatedAt)
		}
		_, err = off.Reauthenticate(t.Context(), caller, in)
		refused(t, err, auth.InvalidCode)
	})

	t.Run("takes no code that was mailed to log in", func(t *testing.T) {
		in := askForCode(t, w, ada)
		_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{RequestID: &in.RequestID, Code: &in.Code})
		refused(t, err, auth.InvalidCode)
		_, err = w.LoginWithCode(t.Context(), in)
		must(t, err)
	})

	t.Run("has ten minutes and five tries", func(t *testing.T) {
		in := proofByCode(t, w, caller)
		w.Clock.Advance(10 * time.Minute)
		_, err := w.Reauthenticate(t.Context(), caller, in)
		refused(t, err, auth.InvalidCode)

		in = proofByCode(t, w, caller)
		wrong := wrongCode
		for range 5 {
			_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{RequestID: in.RequestID, Code: &wrong})
			refused(t, err, auth.InvalidCode)
		}
		_, err = w.Reauthenticate(t.Context(), caller, in)
		refused(t, err, auth.InvalidCode)
	})

	t.Run("is void when the address has changed, and none is mailed then", func(t *testing.T) {
		in := proofByCode(t, w, caller)
		_, err := w.RequestReauthenticationCode(t.Context(), caller)
		must(t, err)
		user := reload(t, w, ada)
		user.Email = address.Email{Address: nobody, Canonical: nobody}
		must(t, w.Store.UpdateUser(t.Context(), user))
		_, err = w.Reauthenticate(t.Context(), caller, in)
		refused(t, err, auth.InvalidCode)
		w.NoLetter(t)
		user.Email = caller.User.Email
		must(t, w.Store.UpdateUser(t.Context(), user))
	})

	t.Run("is not enough for who has got a password, however that came", func(t *testing.T) {
		in := proofByCode(t, w, caller)
		must(t, w.Store.SetPassword(t.Context(), caller.User.ID, "$argon2id$", w.Clock.Now()))
		_, err := w.Reauthenticate(t.Context(), caller, in)
		refused(t, err, auth.InvalidCode)
		must(t, w.Store.SetPassword(t.Context(), caller.User.ID, "", w.Clock.Now()))
	})

	t.Run("needs both, and not a password too", func(t *testing.T) {
		id, code, password := uuid.New(), wrongCode, adasPassword
		_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{RequestID: &id})
		refused(t, err, auth.Required)
		_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Code: &code})
		refused(t, err, auth.Required)
		_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{})
		refused(t, err, auth.Required)
		_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &password, Code: &code})
		failed(t, err, auth.BadInput)
	})

	t.Run("lets a first password be chosen, which voids the code, and then no code is to be had", func(t *testing.T) {
		in := proofByCode(t, w, caller)
		_, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{NewPassword: adasPassword})
		failed(t, err, auth.NotFresh)
		session, err := w.Reauthenticate(t.Context(), caller, in)
		must(t, err)
		caller := &auth.Caller{User: caller.User, Session: session}
		in = proofByCode(t, w, caller)
		change, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{NewPassword: adasPassword})
		must(t, err)
		w.Letters(t)
		_, err = w.Reauthenticate(t.Context(), caller, in)
		refused(t, err, auth.InvalidCode)
		_, err = w.RequestReauthenticationCode(t.Context(), &auth.Caller{User: change.User, Session: session})
		refused(t, err, auth.Required)
		// A request by somebody who did not know of the password yet comes to nothing.
		_, err = w.RequestReauthenticationCode(t.Context(), caller)
		must(t, err)
		w.NoLetter(t)
	})

	t.Run("is of no use in a session that has ended", func(t *testing.T) {
		w := withCodes(t)
		caller := bareCaller(t, w)
		in := proofByCode(t, w, caller)
		must(t, w.Store.EndSession(t.Context(), caller.Session.ID))
		_, err := w.Reauthenticate(t.Context(), caller, in)
		failed(t, err, auth.Unauthenticated)
	})
}
