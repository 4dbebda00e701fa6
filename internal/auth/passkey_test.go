package auth_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = wantJob("passkey_added", normalPriority)
	_ = wantJob("passkey_removed", normalPriority)
	_ = wantJob("passkey_cloned", normalPriority)
)

var _ = newDeed("a passkey, from its addition to its removal", func(t *testing.T, w *authtest.World) {
	w.Join(t, ada, adasPassword)
	token := logIn(t, w).Tokens.AccessToken
	key, added := w.AddKey(t, token)
	_, err := w.AddPasskey(t.Context(), auth.Bearer{Caller: w.Caller(t, token)}, auth.AddPasskeyInput{})
	refused(t, err, auth.PasskeyInvalid)
	key.Count, key.Flags = 1, key.Flags|passkeytest.BackupEligible
	_, err = w.ByKey(t, key)
	must(t, err)
	_, err = w.ByKey(t, key)
	refused(t, err, auth.PasskeyInvalid)
	_, err = w.DisableAccount(t.Context(), ada)
	must(t, err)
	_, err = w.ByKey(t, key)
	refused(t, err, auth.AccountDisabled)
	_, err = w.EnableAccount(t.Context(), ada)
	must(t, err)
	waits, _ := w.Challenged(t, ada, adasPassword)
	_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: map[string]any{}})
	refused(t, err, auth.PasskeyInvalid)
	completed, err := w.ByRecoveryCode(t, waits, added.RecoveryCodes[0])
	must(t, err)
	token = completed.Tokens.AccessToken
	caller := w.Caller(t, token)
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: map[string]any{}})
	refused(t, err, auth.PasskeyInvalid)
	_, err = w.RenamePasskey(t.Context(), caller, added.Passkey.ID, "Phone")
	must(t, err)
	must(t, w.RemovePasskey(t.Context(), caller, added.Passkey.ID))
	_, err = w.ByKey(t, key)
	refused(t, err, auth.NotFound)
})

// keyed is a world in which Ada has a passkey, in a session with the token.
func keyed(t *testing.T, store auth.Store) (w *authtest.World, key *passkeytest.Key, added *auth.PasskeyAddition, token secret.Text) {
	t.Helper()
	w = authtest.New(t, store, authtest.WithPasskeys(authtest.WithLoginCodes(authtest.Mandatory)))
	w.Join(t, ada, adasPassword)
	_, token = w.LogIn(t, ada, adasPassword)
	key, added = w.AddKey(t, token)
	w.Letter(t, auth.LetterPasskeyAdded)
	return w, key, added, token
}

func TestAPasskeyIsAWholeLogin(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.WithPasskeys(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		_, other := w.LogIn(t, ada, adasPassword)
		_, token := w.LogIn(t, ada, adasPassword)
		key, added := w.AddKey(t, token)
		if len(added.RecoveryCodes) != 10 || !added.Passkey.CanLogIn || added.Passkey.Name != "Passkey" {
			t.Errorf("got %d recovery codes and a passkey named %q that can log in: %t; want 10, Passkey, true", len(added.RecoveryCodes), added.Passkey.Name, added.Passkey.CanLogIn)
		}
		if lives(t, w, other) {
			t.Error("another session outlives the first second factor")
		}
		must(t, w.Authorize(w.Caller(t, token), fresh))
		grant, err := w.ByKey(t, key)
		must(t, err)
		if want := []auth.Method{auth.MethodPasskey}; !slices.Equal(grant.Session.Methods, want) || grant.Session.Factors != 2 || grant.Challenge != nil {
			t.Errorf("got a session of %v with %d factors, want %v with two", grant.Session.Methods, grant.Session.Factors, want)
		}
		if diff := cmp.Diff([]string{"pop", "user", "mfa"}, grant.Session.AMR()); diff != "" || grant.Session.ACR() != "urn:latchkey:2" {
			t.Errorf("the session tells %s (-want +got):\n%s", grant.Session.ACR(), diff)
		}
		must(t, w.Authorize(w.Caller(t, grant.Tokens.AccessToken), fresh))

		_, again := w.AddKey(t, grant.Tokens.AccessToken)
		if again.RecoveryCodes != nil || !lives(t, w, token) {
			t.Error("the second passkey makes recovery codes, or ends a session")
		}
		factors, err := w.SecondFactors(t.Context(), grant.User.ID, grant.User.Role)
		must(t, err)
		if len(factors.Passkeys) != 2 || factors.Passkeys[0].LastUsedAt.IsZero() || factors.RecoveryCodesLeft != 10 {
			t.Errorf("got %d passkeys and %d recovery codes, want 2 and 10, the first one used", len(factors.Passkeys), factors.RecoveryCodesLeft)
		}
	})
}

func TestAPasskeyBesideThePassword(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, key, added, token := keyed(t, store)
		key.Flags &^= passkeytest.UserVerified // a key without a PIN is a second factor
		waits, challenge := w.Challenged(t, ada, adasPassword)
		if want := []auth.SecondFactor{auth.FactorPasskey, auth.FactorRecoveryCode}; !slices.Equal(challenge.Factors, want) {
			t.Errorf("the challenge takes %v, want %v", challenge.Factors, want)
		}
		second, other := w.Challenged(t, ada, adasPassword)
		_, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: key.Get(other.PasskeyOptions)})
		refused(t, err, auth.PasskeyInvalid) // it responds to another login
		response := key.Get(challenge.PasskeyOptions)
		completed, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: response})
		must(t, err)
		if want := []auth.Method{auth.MethodPassword, auth.MethodPasskey}; !slices.Equal(completed.Session.Methods, want) || completed.Session.Factors != 2 {
			t.Errorf("got a session of %v with %d factors, want %v with two", completed.Session.Methods, completed.Session.Factors, want)
		}
		_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: response})
		failed(t, err, auth.Unauthenticated)

		right := added.RecoveryCodes[0]
		_, err = w.CompleteLogin(t.Context(), second, auth.CompleteLoginInput{Passkey: response, RecoveryCode: &right})
		failed(t, err, auth.BadInput)
		for range 4 {
			_, err = w.CompleteLogin(t.Context(), second, auth.CompleteLoginInput{Passkey: response})
			refused(t, err, auth.PasskeyInvalid)
		}
		if outcome := lastOutcome(t, w, "login_completed"); outcome != "PASSKEY_INVALID" {
			t.Errorf("the last refusal is in the trail as %q, want PASSKEY_INVALID", outcome)
		}
		_, err = w.ByRecoveryCode(t, second, right)
		must(t, err)
		_, err = w.ByKey(t, key)
		refused(t, err, auth.PasskeyInvalid) // alone it is no login without a PIN
		_ = token
	})
}

func TestAPasskeyMakesASessionFresh(t *testing.T) {
	t.Parallel()
	w, key, _, token := keyed(t, authtest.SQLite(t))
	w.Clock.Advance(10 * time.Minute)
	caller := w.Caller(t, token)
	failed(t, w.Authorize(caller, fresh), auth.NotFresh)
	begun, err := w.BeginPasskeyReauthentication(t.Context(), caller)
	must(t, err)
	in := auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State}
	password := adasPassword
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: in.Passkey, PasskeyState: in.PasskeyState, Password: &password})
	failed(t, err, auth.BadInput)
	grant, err := w.ByKey(t, key)
	must(t, err)
	_, err = w.Reauthenticate(t.Context(), w.Caller(t, grant.Tokens.AccessToken), in)
	refused(t, err, auth.PasskeyInvalid) // it was begun in another session
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: in.Passkey})
	refused(t, err, auth.PasskeyInvalid)
	session, err := w.Reauthenticate(t.Context(), caller, in)
	must(t, err)
	if want := []auth.Method{auth.MethodPassword, auth.MethodPasskey}; !slices.Equal(session.Methods, want) {
		t.Errorf("the session has %v, want %v", session.Methods, want)
	}
	must(t, w.Authorize(w.Caller(t, token), fresh))
	_, err = w.Reauthenticate(t.Context(), caller, in)
	refused(t, err, auth.PasskeyInvalid)
	if outcome := lastOutcome(t, w, "reauthenticated"); outcome != "PASSKEY_INVALID" {
		t.Errorf("the last refusal is in the trail as %q, want PASSKEY_INVALID", outcome)
	}

	w.Join(t, grace, adasPassword)
	other, _ := w.LogIn(t, grace, adasPassword)
	_, err = w.BeginPasskeyReauthentication(t.Context(), other)
	refused(t, err, auth.NotFound)
}

func TestALoginThatHasToEnrollAPasskey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := authtest.WithPasskeys(authtest.Mandatory)
		config.RequireSecondFactor = auth.SecondFactorForEverybody
		w := authtest.New(t, store, config)
		w.Join(t, ada, adasPassword)
		waits, challenge := w.Challenged(t, ada, adasPassword)
		if want := []auth.SecondFactor{auth.FactorTOTP, auth.FactorPasskey}; !slices.Equal(challenge.Factors, want) || challenge.PasskeyOptions != nil {
			t.Errorf("the challenge sets up %v, want %v, and nothing to prove", challenge.Factors, want)
		}
		key := passkeytest.New(authtest.Origin)
		in := w.BeginKey(t, waits, key)
		added, err := w.AddPasskey(t.Context(), waits, in)
		must(t, err)
		if added.Grant == nil || added.Grant.Session.Factors != 2 || len(added.RecoveryCodes) != 10 {
			t.Fatal("the login is not complete, or there are no recovery codes")
		}
		_, err = w.AddPasskey(t.Context(), waits, in)
		if err == nil {
			t.Error("a login is completed twice")
		}
		caller := w.Caller(t, added.Grant.Tokens.AccessToken)
		refused(t, w.RemovePasskey(t.Context(), caller, added.Passkey.ID), auth.SecondFactorNeeded)
		app, _ := w.Enroll(t, added.Grant.Tokens.AccessToken)
		must(t, w.RemovePasskey(t.Context(), caller, added.Passkey.ID))
		refused(t, w.RemoveTOTP(t.Context(), caller), auth.SecondFactorNeeded)
		proves, _ := w.Challenged(t, ada, adasPassword)
		_, err = w.BeginPasskey(t.Context(), proves, false)
		needsFactor(t, err, true)
		_, err = w.AddPasskey(t.Context(), proves, in)
		needsFactor(t, err, true)
		_ = app
	})
}

// TestAPasskeyNeedsAConfirmedAddress: it is a whole account, so nobody plants one.
func TestAPasskeyNeedsAConfirmedAddress(t *testing.T) {
	t.Parallel()
	config := authtest.WithPasskeys(authtest.Optional)
	config.RequireSecondFactor = auth.SecondFactorForEverybody
	w := authtest.New(t, authtest.SQLite(t), config)
	waits := w.Pending(t, signUp(t, w, ada, adasPassword).Grant.Challenge.Token)
	_, err := w.BeginPasskey(t.Context(), waits, false)
	failed(t, err, auth.EmailNotConfirmed)
	_, err = w.AddPasskey(t.Context(), waits, auth.AddPasskeyInput{})
	failed(t, err, auth.EmailNotConfirmed)
	_, challenge := w.Challenged(t, ada, adasPassword)
	if want := []auth.SecondFactor{auth.FactorTOTP}; !slices.Equal(challenge.Factors, want) {
		t.Errorf("the challenge sets up %v, want %v", challenge.Factors, want)
	}
}

// TestTheLastWayInStays: with a password, or a code by email, passkeys can go; without, one has to stay.
func TestTheLastWayInStays(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, _, first, token := keyed(t, store)
		withoutCodes := w.Config()
		withoutCodes.LoginCodes = false
		replica := w.Replica(authtest.Difference{Config: withoutCodes})
		must(t, w.Store.SetPassword(t.Context(), first.Passkey.UserID, "", w.Clock.Now()))
		caller := w.Caller(t, token)
		refused(t, replica.RemovePasskey(t.Context(), caller, first.Passkey.ID), auth.LastCredential)

		// One that is found only by its id, or that was copied, is no way in.
		bearer := auth.Bearer{Caller: caller}
		plain := passkeytest.New(authtest.Origin)
		plain.Outputs = map[string]any{"credProps": map[string]any{"rk": false}}
		second, err := w.AddPasskey(t.Context(), bearer, w.BeginKey(t, bearer, plain))
		must(t, err)
		if second.Passkey.CanLogIn {
			t.Error("a passkey that no browser finds can log in")
		}
		refused(t, replica.RemovePasskey(t.Context(), caller, first.Passkey.ID), auth.LastCredential)
		third, cloned := w.AddKey(t, token)
		cloned.Passkey.ClonedAt = w.Clock.Now()
		must(t, w.Store.UpdatePasskey(t.Context(), cloned.Passkey))
		refused(t, replica.RemovePasskey(t.Context(), caller, first.Passkey.ID), auth.LastCredential)
		w.Letters(t)

		must(t, replica.RemovePasskey(t.Context(), caller, second.Passkey.ID))
		_, fourth := w.AddKey(t, token)
		must(t, replica.RemovePasskey(t.Context(), caller, first.Passkey.ID))
		refused(t, replica.RemovePasskey(t.Context(), caller, first.Passkey.ID), auth.NotFound)
		refused(t, replica.RemovePasskey(t.Context(), caller, fourth.Passkey.ID), auth.LastCredential)
		must(t, w.RemovePasskey(t.Context(), caller, fourth.Passkey.ID)) // codes are a way in
		must(t, w.RemovePasskey(t.Context(), caller, cloned.Passkey.ID))
		if user := reload(t, w, ada); user.HasSecondFactor() {
			t.Error("without factors there is one")
		}
		factors, err := w.SecondFactors(t.Context(), caller.User.ID, caller.User.Role)
		must(t, err)
		if factors.RecoveryCodesLeft != 0 {
			t.Errorf("got %d recovery codes without a factor, want 0", factors.RecoveryCodesLeft)
		}
		_ = third
	})
}

func TestTheOldestFactorCounts(t *testing.T) {
	t.Parallel()
	w, _, first, token := keyed(t, authtest.SQLite(t))
	begun := w.Clock.Now()
	w.Clock.Advance(time.Minute)
	w.Enroll(t, token)
	w.Clock.Advance(time.Minute)
	w.AddKey(t, token)
	for _, c := range []struct {
		remove func() error
		since  time.Time
	}{
		{func() error { return nil }, begun},
		{func() error { return w.RemovePasskey(t.Context(), w.Caller(t, token), first.Passkey.ID) }, begun.Add(time.Minute)},
		{func() error { return w.RemoveTOTP(t.Context(), w.Caller(t, token)) }, begun.Add(2 * time.Minute)},
	} {
		must(t, c.remove())
		if got := reload(t, w, ada).SecondFactorSince; !got.Equal(c.since) {
			t.Errorf("the oldest factor is of %s, want %s", got, c.since)
		}
	}
	left, err := w.SecondFactors(t.Context(), first.Passkey.UserID, auth.RoleUser)
	must(t, err)
	if left.RecoveryCodesLeft != 10 {
		t.Errorf("got %d recovery codes beside a passkey, want 10", left.RecoveryCodesLeft)
	}
}

func TestLostPasskeysAreRemovedByAnOperator(t *testing.T) {
	t.Parallel()
	w, key, _, token := keyed(t, authtest.SQLite(t))
	_, err := w.RemoveFactors(t.Context(), authtest.AsOperator("lost her phone"), ada)
	must(t, err)
	_, err = w.ByKey(t, key)
	refused(t, err, auth.NotFound)
	if lives(t, w, token) {
		t.Error("a session outlives the passkeys")
	}
	logIn(t, w)
}

func TestAnAccountHasTwentyPasskeys(t *testing.T) {
	t.Parallel()
	w, _, _, token := keyed(t, authtest.SQLite(t))
	bearer := auth.Bearer{Caller: w.Caller(t, token)}
	late := w.BeginKey(t, bearer, passkeytest.New(authtest.Origin))
	for range 19 {
		w.AddKey(t, token)
	}
	_, err := w.BeginPasskey(t.Context(), bearer, false)
	refused(t, err, auth.TooMany)
	_, err = w.AddPasskey(t.Context(), bearer, late)
	refused(t, err, auth.TooMany)
}

func TestPasskeysAreCalledSomething(t *testing.T) {
	t.Parallel()
	w, _, first, token := keyed(t, authtest.SQLite(t))
	caller := w.Caller(t, token)
	bearer := auth.Bearer{Caller: caller}
	key, name := passkeytest.New(authtest.Origin), "  Ada's phone "
	key.AAGUID = uuid.MustParse("bada5566-a7aa-401f-bd96-45619a55120d")
	in := w.BeginKey(t, bearer, key)
	in.Name = &name
	added, err := w.AddPasskey(t.Context(), bearer, in)
	must(t, err)
	if added.Passkey.Name != "Ada's phone" || added.Passkey.Provider() != "1Password" {
		t.Errorf("got %q of %q, want Ada's phone of 1Password", added.Passkey.Name, added.Passkey.Provider())
	}
	unnamed := passkeytest.New(authtest.Origin)
	unnamed.AAGUID = key.AAGUID
	added, err = w.AddPasskey(t.Context(), bearer, w.BeginKey(t, bearer, unnamed))
	must(t, err)
	if added.Passkey.Name != "1Password" {
		t.Errorf("got the name %q, want that of the provider", added.Passkey.Name)
	}
	for name, code := range map[string]auth.ProblemCode{"": auth.Required, " ": auth.Required, strings.Repeat("x", 101): auth.InvalidName, "a\x07b": auth.InvalidName} {
		_, err := w.RenamePasskey(t.Context(), caller, first.Passkey.ID, name)
		refused(t, err, code)
	}
	w.Letters(t)
	w.Join(t, grace, adasPassword)
	other, _ := w.LogIn(t, grace, adasPassword)
	_, err = w.RenamePasskey(t.Context(), other, first.Passkey.ID, "mine")
	refused(t, err, auth.NotFound)
	refused(t, w.RemovePasskey(t.Context(), other, first.Passkey.ID), auth.NotFound)
}

// TestABrowserIsToldItsPasskeys: the list that it gets is the one that there is, and those of a user are excluded from
// a new one.
func TestABrowserIsToldItsPasskeys(t *testing.T) {
	t.Parallel()
	w, key, added, token := keyed(t, authtest.SQLite(t))
	userID := added.Passkey.UserID
	signal, err := w.PasskeySignal(t.Context(), userID)
	must(t, err)
	id := base64.RawURLEncoding.EncodeToString(key.ID)
	want := &auth.PasskeySignal{
		RPID: "example.com", Handle: base64.RawURLEncoding.EncodeToString(key.Handle), CredentialIDs: []string{id}, Name: ada, DisplayName: ada,
	}
	if diff := cmp.Diff(want, signal); diff != "" {
		t.Errorf("the signal (-want +got):\n%s", diff)
	}
	begun, err := w.BeginPasskey(t.Context(), auth.Bearer{Caller: w.Caller(t, token)}, false)
	must(t, err)
	excluded, _ := begun.Options["excludeCredentials"].([]any)
	if first, _ := excluded[0].(map[string]any); len(excluded) != 1 || first["id"] != id {
		t.Errorf("a new passkey excludes %v, want the one that there is", excluded)
	}
	w.Join(t, grace, adasPassword)
	if signal, err := w.PasskeySignal(t.Context(), reload(t, w, grace).ID); signal != nil || err != nil {
		t.Errorf("got the signal %v and the error %v of a user without passkeys, want neither", signal, err)
	}
}
