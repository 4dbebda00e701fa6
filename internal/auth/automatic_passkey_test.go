package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// automatic makes a passkey in the session of a token, as a browser does that asks nobody.
func automatic(t *testing.T, w *authtest.World, token secret.Text) (*passkeytest.Key, auth.Bearer, auth.AddPasskeyInput) {
	t.Helper()
	bearer := auth.Bearer{Caller: w.Caller(t, token)}
	begun, err := w.BeginPasskey(t.Context(), bearer, true)
	must(t, err)
	key := passkeytest.New(authtest.Origin)
	key.Flags = passkeytest.BackupEligible | passkeytest.BackedUp // nobody is there, and nobody is verified
	return key, bearer, auth.AddPasskeyInput{State: begun.State, Credential: key.Create(begun.Options)}
}

// TestAPasskeyMadeWithoutAskingProvesNothing: it is added, and the session is as fresh as before.
func TestAPasskeyMadeWithoutAskingProvesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.WithPasskeys(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		_, token := w.LogIn(t, ada, adasPassword)
		w.Enroll(t, token)
		proved := w.Caller(t, token).Session
		w.Clock.Advance(9 * time.Minute)
		key, bearer, in := automatic(t, w, token)
		added, err := w.AddPasskey(t.Context(), bearer, in)
		must(t, err)
		if added.RecoveryCodes != nil || !added.Passkey.CanLogIn {
			t.Error("there are recovery codes again, or the passkey cannot sign in")
		}
		session := w.Caller(t, token).Session
		if !session.SecondFactorAt.Equal(proved.SecondFactorAt) || !session.AuthenticatedAt.Equal(proved.AuthenticatedAt) || len(session.Methods) != len(proved.Methods) {
			t.Errorf("the session was proved at %s by %v, want at %s by %v", session.SecondFactorAt, session.Methods, proved.SecondFactorAt, proved.Methods)
		}
		w.Clock.Advance(time.Minute)
		failed(t, w.Authorize(w.Caller(t, token), auth.Requirement{Role: auth.RoleUser, Fresh: true}), auth.NotFresh)
		key.Flags |= passkeytest.UserPresent | passkeytest.UserVerified
		_, err = w.ByKey(t, key)
		must(t, err)
	})
}

// TestAPasskeyMadeWithoutAskingIsNoFirstFactor: the user was not asked whether the password is to be enough no longer, and
// a login that waits for a factor to be set up is not complete without anybody there.
func TestAPasskeyMadeWithoutAskingIsNoFirstFactor(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.WithPasskeys(authtest.Mandatory))
	w.Join(t, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	_, err := w.BeginPasskey(t.Context(), auth.Bearer{Caller: caller}, true)
	refused(t, err, auth.SecondFactorNeeded)
	w = w.Replica(authtest.Difference{Config: authtest.Requiring(w.Config(), auth.SecondFactorForEverybody)})
	waits, challenge := w.Challenged(t, ada, adasPassword)
	if challenge.Kind != auth.ChallengeEnroll {
		t.Fatalf("the challenge is %s, want ENROLL", challenge.Kind)
	}
	_, err = w.BeginPasskey(t.Context(), waits, true)
	refused(t, err, auth.SecondFactorNeeded)
	key := passkeytest.New(authtest.Origin)
	key.Flags = passkeytest.BackupEligible
	_, err = w.AddPasskey(t.Context(), waits, w.BeginKey(t, waits, key))
	refused(t, err, auth.PasskeyInvalid) // nobody was there, though it had to be asked
}
