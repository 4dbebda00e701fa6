package auth_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const grace = "grace@hopper.example"

// TestAStateOfAnother: what was begun by a user, in a session, or for a purpose, is finished there alone.
func TestAStateOfAnother(t *testing.T) {
	t.Parallel()
	w, key, _, token := keyed(t, authtest.SQLite(t))
	caller := w.Caller(t, token)
	grant, err := w.ByKey(t, key)
	must(t, err)
	sibling := w.Caller(t, grant.Tokens.AccessToken) // another session of the same user
	w.Join(t, grace, adasPassword)
	other, _ := w.LogIn(t, grace, adasPassword)

	added := passkeytest.New(authtest.Origin)
	for name, bearer := range map[string]*auth.Caller{"another user": other, "another session": sibling} {
		_, err := w.AddPasskey(t.Context(), auth.Bearer{Caller: bearer}, w.BeginKey(t, auth.Bearer{Caller: caller}, added))
		if err == nil {
			t.Errorf("a passkey is added with the state of %s", name)
			continue
		}
		refused(t, err, auth.PasskeyInvalid)
	}
	login, err := w.BeginPasskeyLogin(t.Context())
	must(t, err)
	proof, err := w.BeginPasskeyReauthentication(t.Context(), caller)
	must(t, err)
	add, err := w.BeginPasskey(t.Context(), auth.Bearer{Caller: caller}, false)
	must(t, err)
	for name, begun := range map[string]*auth.Ceremony{"a proof": proof, "an addition": add} {
		_, err := w.LoginWithPasskey(t.Context(), auth.LoginWithPasskeyInput{State: begun.State, Credential: key.Get(begun.Options)})
		if err == nil {
			t.Errorf("a login is finished with the state of %s", name)
			continue
		}
		refused(t, err, auth.PasskeyInvalid)
	}
	for name, begun := range map[string]*auth.Ceremony{"a login": login, "an addition": add} {
		_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State})
		if err == nil {
			t.Errorf("a session is fresh with the state of %s", name)
			continue
		}
		refused(t, err, auth.PasskeyInvalid)
	}
	for name, begun := range map[string]*auth.Ceremony{"a login": login, "a proof": proof} {
		begun.Options["user"], begun.Options["rp"] = add.Options["user"], add.Options["rp"]
		_, err := w.AddPasskey(t.Context(), auth.Bearer{Caller: caller}, auth.AddPasskeyInput{State: begun.State, Credential: added.Create(begun.Options)})
		if err == nil {
			t.Errorf("a passkey is added with the state of %s", name)
			continue
		}
		refused(t, err, auth.PasskeyInvalid)
	}
	// Another server has another key.
	foreign := authtest.New(t, authtest.SQLite(t), authtest.WithPasskeys(authtest.Mandatory))
	in := w.KeyLogin(t, key)
	in.State = foreign.KeyLogin(t, key).State
	_, err = w.LoginWithPasskey(t.Context(), in)
	refused(t, err, auth.PasskeyInvalid)
}

// TestACeremonyIsFinishedOnce: of many at once one is, however its state is spelled.
func TestACeremonyIsFinishedOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, key, _, token := keyed(t, store)
		replica := w.Replica(authtest.Difference{})
		in := w.KeyLogin(t, key)
		once(t, 16, func(i int) error {
			_, err := []*authtest.World{w, replica}[i%2].LoginWithPasskey(t.Context(), in)
			return err
		})
		in.State = secret.Text(in.State.Reveal()[:4] + "\n" + in.State.Reveal()[4:]) // base64 lets line breaks pass
		_, err := w.LoginWithPasskey(t.Context(), in)
		refused(t, err, auth.PasskeyInvalid)

		caller := w.Caller(t, token)
		bearer := auth.Bearer{Caller: caller}
		add := w.BeginKey(t, bearer, passkeytest.New(authtest.Origin))
		once(t, 8, func(int) error { _, err := w.AddPasskey(t.Context(), bearer, add); return err })
		begun, err := w.BeginPasskeyReauthentication(t.Context(), caller)
		must(t, err)
		proof := auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State}
		once(t, 8, func(int) error { _, err := w.Reauthenticate(t.Context(), caller, proof); return err })
		_, challenge := w.Challenged(t, ada, adasPassword)
		second := auth.CompleteLoginInput{Passkey: key.Get(challenge.PasskeyOptions)}
		waits := w.Pending(t, challenge.Token)
		once(t, 5, func(int) error { _, err := w.CompleteLogin(t.Context(), waits, second); return err })
	})
}

// once does something several times at the same moment, and fails the test unless it succeeds once.
func once(t *testing.T, times int, do func(i int) error) {
	t.Helper()
	errs := make([]error, times)
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() { errs[i] = do(i) })
	}
	group.Wait()
	done := 0
	for _, err := range errs {
		var problems auth.Problems
		var fault *auth.Error
		switch {
		case err == nil:
			done++
		case errors.As(err, &problems) && problems[0].Code == auth.PasskeyInvalid:
		case errors.As(err, &fault) && fault.Kind == auth.Unauthenticated: // of a login that is complete
		default:
			t.Errorf("unexpected error: %v", err)
		}
	}
	if done != 1 {
		t.Errorf("it was done %d times, want once", done)
	}
}

func TestACeremonyExpires(t *testing.T) {
	t.Parallel()
	w, key, _, token := keyed(t, authtest.SQLite(t))
	bearer := auth.Bearer{Caller: w.Caller(t, token)}
	login, add := w.KeyLogin(t, key), w.BeginKey(t, bearer, passkeytest.New(authtest.Origin))
	soon := w.KeyLogin(t, key)
	begun, err := w.BeginPasskeyReauthentication(t.Context(), bearer.Caller)
	must(t, err)
	w.Clock.Advance(auth.CeremonyLifetime - time.Second)
	_, err = w.LoginWithPasskey(t.Context(), soon)
	must(t, err)
	w.Clock.Advance(time.Second)
	_, err = w.LoginWithPasskey(t.Context(), login)
	refused(t, err, auth.PasskeyInvalid)
	_, err = w.AddPasskey(t.Context(), bearer, add)
	refused(t, err, auth.PasskeyInvalid)
	_, err = w.Reauthenticate(t.Context(), bearer.Caller, auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State})
	refused(t, err, auth.PasskeyInvalid)
}

// TestWhatABrowserMayNotSay changes one thing at a time of a login, of a proof beside the password, and of a proof in a
// session.
func TestWhatABrowserMayNotSay(t *testing.T) {
	t.Parallel()
	w, key, _, token := keyed(t, authtest.SQLite(t))
	caller, good := w.Caller(t, token), *key
	for name, change := range map[string]func(){
		"a wrong origin":               func() { key.Origin = "https://auth.example.org" },
		"a wrong rpIdHash":             func() { key.RPID = "example.org" },
		"a topOrigin":                  func() { key.TopOrigin = "https://evil.example" },
		"create in place of get":       func() { key.Type = "webauthn.create" },
		"no user present":              func() { key.Flags &^= passkeytest.UserPresent },
		"a flipped bit":                func() { key.Tamper = func(data []byte) { data[36] ^= 1 } },
		"the userHandle of another":    func() { key.Handle = []byte(strings.Repeat("x", 32)) },
		"a key that is another":        func() { *key = *passkeytest.New(authtest.Origin); key.ID, key.Handle = good.ID, good.Handle },
		"a backup that cannot be made": func() { key.Flags |= passkeytest.BackedUp },
	} {
		*key = good
		change()
		_, err := w.ByKey(t, key)
		wantCode(t, "a login with "+name, err)
		waits, challenge := w.Challenged(t, ada, adasPassword)
		_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: key.Get(challenge.PasskeyOptions)})
		wantCode(t, "a second factor with "+name, err)
		begun, err := w.BeginPasskeyReauthentication(t.Context(), caller)
		must(t, err)
		_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State})
		wantCode(t, "a proof with "+name, err)
	}
	*key = good
	key.Flags &^= passkeytest.UserVerified
	_, err := w.ByKey(t, key)
	wantCode(t, "a login without user verification", err)
	key.Flags, key.Handle = good.Flags, nil
	_, err = w.ByKey(t, key)
	wantCode(t, "a login without userHandle", err)
	*key = good
	in := w.KeyLogin(t, key)
	in.Credential["padding"] = strings.Repeat("x", 1<<20)
	_, err = w.LoginWithPasskey(t.Context(), in)
	wantCode(t, "a login with a megabyte", err)
	_, err = w.ByKey(t, key)
	must(t, err)
}

func wantCode(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s succeeds", what)
		return
	}
	if codes := authtest.Codes(t, err); codes[0] != auth.PasskeyInvalid {
		t.Errorf("%s: got %v, want PASSKEY_INVALID", what, codes)
	}
}

// TestAPasskeyOfAnotherUser: it completes no login and proves nothing in a session of somebody else.
func TestAPasskeyOfAnotherUser(t *testing.T) {
	t.Parallel()
	w, adas, _, _ := keyed(t, authtest.SQLite(t))
	w.Join(t, grace, adasPassword)
	_, token := w.LogIn(t, grace, adasPassword)
	w.AddKey(t, token)
	caller := w.Caller(t, token)
	waits, challenge := w.Challenged(t, grace, adasPassword)
	_, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: adas.Get(challenge.PasskeyOptions)})
	wantCode(t, "a second factor of another", err)
	begun, err := w.BeginPasskeyReauthentication(t.Context(), caller)
	must(t, err)
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: adas.Get(begun.Options), PasskeyState: &begun.State})
	wantCode(t, "a proof of another", err)
	// The id of somebody else's passkey is refused like any other fault: whose it is, is not told.
	mine := passkeytest.New(authtest.Origin)
	mine.ID = adas.ID
	bearer := auth.Bearer{Caller: caller}
	_, err = w.AddPasskey(t.Context(), bearer, w.BeginKey(t, bearer, mine))
	wantCode(t, "the credential id of another", err)
	grant, err := w.ByKey(t, adas)
	must(t, err)
	if grant.User.Email.Address != ada {
		t.Error("the passkey of Ada logs somebody else in")
	}
}

func TestAPasskeyOfAnAccountThatIsDisabledOrDeleted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, key, _, _ := keyed(t, store)
		waits, challenge := w.Challenged(t, ada, adasPassword)
		begun := w.KeyLogin(t, key)
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = w.LoginWithPasskey(t.Context(), begun)
		refused(t, err, auth.AccountDisabled)
		_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: key.Get(challenge.PasskeyOptions)})
		failed(t, err, auth.Unauthenticated)
		_, err = w.EnableAccount(t.Context(), ada)
		must(t, err)
		grant, err := w.ByKey(t, key)
		must(t, err)
		must(t, w.DeleteAccount(t.Context(), w.Caller(t, grant.Tokens.AccessToken), ada))
		_, err = w.ByKey(t, key)
		if err == nil {
			t.Fatal("a deleted account is entered")
		}
		authtest.Codes(t, err)
	})
}

// TestTheBackupFlagFlips: a password manager begins to sync, and stops. Each time that is noted, and the login goes on.
func TestTheBackupFlagFlips(t *testing.T) {
	t.Parallel()
	w, key, _, _ := keyed(t, authtest.SQLite(t))
	for i, flags := range []byte{passkeytest.BackupEligible | passkeytest.BackedUp, 0, 0} {
		key.Flags = passkeytest.UserPresent | passkeytest.UserVerified | flags
		grant, err := w.ByKey(t, key)
		must(t, err)
		factors, err := w.SecondFactors(t.Context(), grant.User.ID, grant.User.Role)
		must(t, err)
		if got := factors.Passkeys[0]; got.BackupEligible != (flags != 0) || got.BackedUp != (flags != 0) {
			t.Errorf("login %d: the passkey can be synced: %t, and is: %t; want %t", i, got.BackupEligible, got.BackedUp, flags != 0)
		}
	}
	if n := len(eventsOf(t, w, "passkey_backup_changed")); n != 2 {
		t.Errorf("got %d changes in the trail, want 2", n)
	}
}

// TestAClonedPasskey: a counter that does not rise marks it, whichever way it is used, and from then on it does not work.
func TestAClonedPasskey(t *testing.T) {
	t.Parallel()
	for _, counter := range []uint32{5, 4, 0} {
		onEach(t, func(t *testing.T, store auth.Store) {
			w, key, _, token := keyed(t, store)
			key.Count = 5
			_, err := w.ByKey(t, key)
			must(t, err)
			key.Count = counter
			_, err = w.ByKey(t, key)
			refused(t, err, auth.PasskeyInvalid)
			w.Letter(t, auth.LetterPasskeyCloned)
			key.Count = 6
			_, err = w.ByKey(t, key)
			refused(t, err, auth.PasskeyInvalid)
			w.NoLetter(t)
			if n := len(eventsOf(t, w, "passkey_cloned")); n != 1 {
				t.Errorf("got %d marks in the trail, want one", n)
			}
			caller := w.Caller(t, token)
			_, err = w.BeginPasskeyReauthentication(t.Context(), caller)
			refused(t, err, auth.NotFound)
			_, challenge := w.Challenged(t, ada, adasPassword)
			if challenge.PasskeyOptions != nil || len(challenge.Factors) != 1 {
				t.Errorf("a challenge takes %v, want a recovery code alone", challenge.Factors)
			}
		})
	}
}

func TestACloneIsFoundInASessionAndBesideThePassword(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"session", "password"} {
		w, key, _, token := keyed(t, authtest.SQLite(t))
		key.Count = 5
		_, err := w.ByKey(t, key)
		must(t, err)
		if way == "session" {
			caller := w.Caller(t, token)
			begun, err := w.BeginPasskeyReauthentication(t.Context(), caller)
			must(t, err)
			_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State})
			refused(t, err, auth.PasskeyInvalid)
		} else {
			waits, challenge := w.Challenged(t, ada, adasPassword)
			_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: key.Get(challenge.PasskeyOptions)})
			refused(t, err, auth.PasskeyInvalid)
		}
		w.Letter(t, auth.LetterPasskeyCloned)
	}
}

// TestAToleratedClone works on, and its user is told once.
func TestAToleratedClone(t *testing.T) {
	t.Parallel()
	w, key, added, _ := keyed(t, authtest.SQLite(t))
	config := w.Config()
	config.TolerateClonedPasskeys = true
	tolerant := w.Replica(authtest.Difference{Config: config})
	for _, counter := range []uint32{5, 5, 4} {
		key.Count = counter
		_, err := tolerant.ByKey(t, key)
		must(t, err)
	}
	w.Letter(t, auth.LetterPasskeyCloned)
	found, err := w.Store.PasskeyByCredential(t.Context(), added.Passkey.CredentialID)
	must(t, err)
	if found.SignCount != 5 || found.ClonedAt.IsZero() {
		t.Errorf("got the counter %d, marked at %s; want 5, marked", found.SignCount, found.ClonedAt)
	}
	key.Count = 6
	_, err = w.ByKey(t, key) // where it is not tolerated
	refused(t, err, auth.PasskeyInvalid)
}

// TestRacesOfPasskeys: whatever happens between the two halves of a use, or while it is verified, is seen.
func TestRacesOfPasskeys(t *testing.T) {
	t.Parallel()
	w, key, added, token := keyed(t, authtest.SQLite(t))
	caller := w.Caller(t, token)
	waits, challenge := w.Challenged(t, ada, adasPassword)
	login := w.KeyLogin(t, key)
	begun, err := w.BeginPasskeyReauthentication(t.Context(), caller)
	must(t, err)
	stale, err := w.BeginPasskey(t.Context(), auth.Bearer{Caller: caller}, false)
	must(t, err)
	must(t, w.RemovePasskey(t.Context(), caller, added.Passkey.ID))
	_, err = w.LoginWithPasskey(t.Context(), login)
	refused(t, err, auth.NotFound)
	_, err = w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{Passkey: key.Get(challenge.PasskeyOptions)})
	failed(t, err, auth.Unauthenticated) // the login ended with the passkey
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Passkey: key.Get(begun.Options), PasskeyState: &begun.State})
	refused(t, err, auth.PasskeyInvalid)

	// It is removed while its signature is verified.
	key, added = w.AddKey(t, token)
	removed := false
	racing := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
		if method == "InTx" && !removed {
			removed = true
			must(t, w.Store.DeletePasskey(t.Context(), added.Passkey.UserID, added.Passkey.ID))
		}
	})})
	_, err = racing.LoginWithPasskey(t.Context(), w.KeyLogin(t, key))
	refused(t, err, auth.PasskeyInvalid)

	// A session that ended adds no passkey.
	must(t, w.Logout(t.Context(), token))
	_, err = w.AddPasskey(t.Context(), auth.Bearer{Caller: caller}, auth.AddPasskeyInput{State: stale.State, Credential: passkeytest.New(authtest.Origin).Create(stale.Options)})
	failed(t, err, auth.Unauthenticated)
}

// TestPasskeysThatAreOff open nothing, and what has them keeps its recovery codes.
func TestPasskeysThatAreOff(t *testing.T) {
	t.Parallel()
	w, key, added, token := keyed(t, authtest.SQLite(t))
	in, config := w.KeyLogin(t, key), w.Config()
	config.RelyingParty = nil
	off := w.Replica(authtest.Difference{Config: config})
	caller := w.Caller(t, token)
	for name, call := range map[string]func() error{
		"begin a login": func() error { _, err := off.BeginPasskeyLogin(t.Context()); return err },
		"log in":        func() error { _, err := off.LoginWithPasskey(t.Context(), in); return err },
		"begin to add":  func() error { _, err := off.BeginPasskey(t.Context(), auth.Bearer{Caller: caller}, false); return err },
		"add": func() error {
			_, err := off.AddPasskey(t.Context(), auth.Bearer{Caller: caller}, auth.AddPasskeyInput{})
			return err
		},
		"begin a proof": func() error { _, err := off.BeginPasskeyReauthentication(t.Context(), caller); return err },
	} {
		t.Run(name, func(t *testing.T) { failed(t, call(), auth.Forbidden) })
	}
	waits, challenge := off.Challenged(t, ada, adasPassword)
	if challenge.PasskeyOptions != nil {
		t.Error("a challenge asks for a passkey")
	}
	_, err := off.ByRecoveryCode(t, waits, added.RecoveryCodes[0])
	must(t, err)
	if signal, err := off.PasskeySignal(t.Context(), caller.User.ID); signal != nil || err != nil {
		t.Errorf("got the signal %v and the error %v, want neither", signal, err)
	}
}
