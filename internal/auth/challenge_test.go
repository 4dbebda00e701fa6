package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// enrolled returns a world in which Ada has an authenticator app, which she has, with her recovery codes and the
// token of the session in which she set it up. Nothing is limited.
func enrolled(t *testing.T, store auth.Store) (w *authtest.World, app *authtest.App, codes []secret.Text, token secret.Text) {
	t.Helper()
	w = authtest.New(t, store, authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory)))
	w.Join(t, ada, adasPassword)
	_, token = w.LogIn(t, ada, adasPassword)
	app, codes = w.Enroll(t, token)
	w.Letter(t, auth.LetterTOTPAdded)
	return w, app, codes, token
}

func TestAPasswordAloneIsNoSession(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, _ := enrolled(t, store)
		before := reload(t, w, ada).LastLoginAt
		w.Clock.Advance(time.Hour)
		waits, challenge := w.Challenged(t, ada, adasPassword)

		if challenge.Kind != auth.ChallengeProve || !challenge.ExpiresAt.Equal(w.Clock.Now().Add(10*time.Minute)) {
			t.Errorf("the challenge is %s until %s, want PROVE for 10 minutes", challenge.Kind, challenge.ExpiresAt)
		}
		if want := []auth.SecondFactor{auth.FactorTOTP, auth.FactorRecoveryCode}; !slices.Equal(challenge.Factors, want) {
			t.Errorf("the factors are %v, want %v", challenge.Factors, want)
		}
		if after := reload(t, w, ada).LastLoginAt; !after.Equal(before) {
			t.Errorf("the user logged in at %s, want %s as before", after, before)
		}
		if lives(t, w, challenge.Token) {
			t.Error("the token of a challenge opens a session")
		}
		_, err := w.RefreshSession(t.Context(), auth.RefreshInput{SessionToken: challenge.Token})
		refused(t, err, auth.InvalidRefreshToken)
		info, err := w.Introspect(t.Context(), challenge.Token)
		must(t, err)
		if info.Active {
			t.Error("the token of a challenge is active")
		}

		completed, err := w.ByTOTP(t, waits, app.Code(t))
		must(t, err)
		session := completed.Session
		if want := []auth.Method{auth.MethodPassword, auth.MethodTOTP}; !slices.Equal(session.Methods, want) || session.Factors != 2 || !session.SecondFactorAt.Equal(session.AuthenticatedAt) {
			t.Errorf("the session has the methods %v and %d factors, want %v and 2", session.Methods, session.Factors, want)
		}
		if !lives(t, w, completed.Tokens.AccessToken) || completed.User.ID != reload(t, w, ada).ID || completed.ReplacementRecoveryCode != "" {
			t.Error("the login is not complete")
		}
		_, err = w.ByTOTP(t, waits, app.Next(t))
		failed(t, err, auth.Unauthenticated) // it was completed
	})
}

func TestACodeByEmailIsOneFactor(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	grant, err := w.LoginWithCode(t.Context(), askForCode(t, w, ada))
	must(t, err)
	if grant.Challenge == nil {
		t.Fatal("a code by email is a whole login")
	}
	completed, err := w.ByTOTP(t, w.Pending(t, grant.Challenge.Token), app.Next(t))
	must(t, err)
	if want := []auth.Method{auth.MethodMailedCode, auth.MethodTOTP}; !slices.Equal(completed.Session.Methods, want) {
		t.Errorf("the methods are %v, want %v", completed.Session.Methods, want)
	}
}

func TestAChallengeExpires(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	waits, challenge := w.Challenged(t, ada, adasPassword)
	w.Clock.Advance(10*time.Minute - time.Microsecond)
	w.Pending(t, challenge.Token)
	w.Clock.Advance(time.Microsecond)
	_, err := w.AuthenticateChallenge(t.Context(), challenge.Token)
	failed(t, err, auth.Unauthenticated)
	_, err = w.ByTOTP(t, waits, app.Code(t)) // of one that was let in a moment before
	failed(t, err, auth.Unauthenticated)
}

func TestAChallengeHasFiveTries(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	app.Next(t)
	waits, _ := w.Challenged(t, ada, adasPassword)
	for range 5 {
		_, err := w.ByTOTP(t, waits, "000000")
		refused(t, err, auth.InvalidCode)
	}
	_, err := w.ByTOTP(t, waits, app.Code(t))
	failed(t, err, auth.Unauthenticated)
	again, _ := w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, again, app.Code(t))
	must(t, err)

	waits, _ = w.Challenged(t, ada, adasPassword)
	compared := 0
	for _, err := range atOnce(40, func(int) error {
		_, err := w.ByTOTP(t, waits, "000000")
		return err
	}) {
		if _, isProblem := err.(auth.Problems); isProblem { //nolint:errorlint // it is never wrapped
			compared++
			continue
		}
		failed(t, err, auth.Unauthenticated)
	}
	if compared != 5 {
		t.Errorf("of 40 tries at once %d were compared, want 5", compared)
	}
}

func TestAChallengeEndsWithEachChangeOfCredentials(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	fresh := func() *auth.Caller {
		waits, _ := w.Challenged(t, ada, adasPassword)
		completed, err := w.ByTOTP(t, waits, app.Next(t))
		must(t, err)
		return w.Caller(t, completed.Tokens.AccessToken)
	}
	for _, c := range []struct {
		name   string
		change func() error
	}{
		{"change of password", func() error { _, err := change(t, w, fresh(), adasPassword, newPassword); return err }},
		{"password by an operator", func() error { _, err := w.SetPassword(t.Context(), ada, adasPassword); return err }},
		{"reset", func() error {
			w.Letters(t)
			_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			return err
		}},
		{"password by an operator again", func() error { _, err := w.SetPassword(t.Context(), ada, adasPassword); return err }},
		{"logout everywhere", func() error { _, err := w.LogoutAll(t.Context(), fresh(), true); return err }},
		{"role", func() error { _, err := w.SetRole(t.Context(), ada, auth.RoleStaff); return err }},
		{"disabled", func() error { _, err := w.DisableAccount(t.Context(), ada); return err }},
		{"enabled", func() error { _, err := w.EnableAccount(t.Context(), ada); return err }},
		{"new recovery codes", func() error { _, err := w.CreateRecoveryCodes(t.Context(), fresh()); return err }},
		{"another app", func() error {
			bearer := auth.Bearer{Caller: fresh()}
			other, setup := w.BeginApp(t, bearer)
			app = other
			_, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: other.Code(t)})
			return err
		}},
		{"app removed", func() error { return w.RemoveTOTP(t.Context(), fresh()) }},
	} {
		if c.name == "enabled" { // the login that waits is from before the account was disabled
			must(t, c.change())
			continue
		}
		password := adasPassword
		if c.name == "password by an operator again" || c.name == "password by an operator" {
			password = newPassword
		}
		_, challenge := w.Challenged(t, ada, password)
		must(t, c.change())
		_, err := w.AuthenticateChallenge(t.Context(), challenge.Token)
		if err == nil {
			t.Errorf("%s: got a challenge that still waits, want none", c.name)
			continue
		}
		failed(t, err, auth.Unauthenticated)
	}
}

// TestAWrongPasswordIsTheSameWorkWithASecondFactor compares what whoever measures could see.
func TestAWrongPasswordIsTheSameWorkWithASecondFactor(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w, _, _, _ := enrolled(t, authtest.SQLite(t))
	w = w.Replica(authtest.Difference{Hasher: hasher, Config: authtest.Requiring(authtest.Mandatory, auth.SecondFactorForStaff)})
	special := population(t, w)
	special[ada] = "a user with a second factor"
	for name, do := range map[string]func(w *authtest.World, in auth.LoginInput) (any, error){
		"by a login": func(w *authtest.World, in auth.LoginInput) (any, error) { return w.Login(t.Context(), in) },
		"by Basic":   func(w *authtest.World, in auth.LoginInput) (any, error) { return w.AuthenticateBasic(t.Context(), in) },
	} {
		attempt := func(email string) work {
			return measure(t, w, func(w *authtest.World) (any, error) {
				return do(w, auth.LoginInput{Email: email, Password: wrongPassword})
			})
		}
		want := attempt(nobody)
		if want.Hashes != 1 {
			t.Fatalf("%s: for an unknown address there are %v hashes, want 1", name, want.Hashes)
		}
		for email, who := range special {
			if diff := cmp.Diff(want, attempt(email)); diff != "" {
				t.Errorf("%s: it is different for %s (-unknown +known):\n%s", name, who, diff)
			}
		}
	}
}

func TestAChallengeOfOneUserIsNotCompletedByAnother(t *testing.T) {
	t.Parallel()
	w, adasApp, adasCodes, _ := enrolled(t, authtest.SQLite(t))
	w.Join(t, grace, evesPassword)
	_, token := w.LogIn(t, grace, evesPassword)
	gracesApp, gracesCodes := w.Enroll(t, token)

	adas, _ := w.Challenged(t, ada, adasPassword)
	_, err := w.ByTOTP(t, adas, gracesApp.Next(t))
	refused(t, err, auth.InvalidCode)
	_, err = w.ByRecoveryCode(t, adas, gracesCodes[0])
	refused(t, err, auth.InvalidCode)
	graces, _ := w.Challenged(t, grace, evesPassword)
	_, err = w.ByRecoveryCode(t, graces, adasCodes[0])
	refused(t, err, auth.InvalidCode)

	_, err = w.ByTOTP(t, adas, adasApp.Code(t))
	must(t, err)
	_, err = w.ByRecoveryCode(t, graces, gracesCodes[0])
	must(t, err)
}

func TestASessionCompletesNoLogin(t *testing.T) {
	t.Parallel()
	w, app, codes, token := enrolled(t, authtest.SQLite(t))
	bearer := auth.Bearer{Caller: w.Caller(t, token)}
	_, err := w.ByTOTP(t, bearer, app.Next(t))
	failed(t, err, auth.Unauthenticated)
	_, err = w.ByRecoveryCode(t, bearer, codes[0])
	failed(t, err, auth.Unauthenticated)
	_, err = w.AuthenticateChallenge(t.Context(), token)
	failed(t, err, auth.Unauthenticated)
	left, err := w.Store.RecoveryCodesLeft(t.Context(), bearer.Caller.User.ID)
	must(t, err)
	if left != 10 {
		t.Errorf("%d recovery codes are left, want 10", left)
	}
}

func TestWhatIsTypedToCompleteALogin(t *testing.T) {
	t.Parallel()
	w, app, codes, _ := enrolled(t, authtest.SQLite(t))
	waits, _ := w.Challenged(t, ada, adasPassword)
	empty := secret.Text("")
	totp := app.Next(t)
	_, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{})
	refused(t, err, auth.Required)
	_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{TOTPCode: &empty})
	refused(t, err, auth.Required)
	_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{RecoveryCode: &empty})
	refused(t, err, auth.Required)
	_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{TOTPCode: &totp, RecoveryCode: &codes[0]})
	failed(t, err, auth.BadInput)
	_, err = w.ByTOTP(t, waits, " "+totp[:3]+" - "+totp[3:]+"\n")
	must(t, err)
}

// TestALoginIsCompletedOnce proves different factors in one login at once: one of them completes it, and the others are
// not used up.
func TestALoginIsCompletedOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, _, codes, _ := enrolled(t, store)
		waits, _ := w.Challenged(t, ada, adasPassword)
		transactions := 0
		overtaken := w.Replica(authtest.Difference{Store: authtest.Observe(store, func(method string) {
			if method != "InTx" {
				return
			}
			if transactions++; transactions == 2 { // the code was compared, and is about to be used
				_, err := w.ByRecoveryCode(t, waits, codes[1])
				must(t, err)
			}
		})})
		_, err := overtaken.ByRecoveryCode(t, waits, codes[0])
		failed(t, err, auth.Unauthenticated)
		if left := recoveryCodesLeft(t, w); left != 10 {
			t.Errorf("%d codes are left, want 10", left)
		}
		again, _ := w.Challenged(t, ada, adasPassword)
		_, err = w.ByRecoveryCode(t, again, codes[0])
		must(t, err)
	})
}
