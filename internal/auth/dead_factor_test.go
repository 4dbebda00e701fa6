package auth_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// factored is Ada with factors, some of which may not work any more, in a session that is fresh.
type factored struct {
	*authtest.World
	token    secret.Text
	passkeys []uuid.UUID
}

// withFactors gives Ada an app, if she is to have one, and so many passkeys, of which the last ones were copied.
func withFactors(t *testing.T, store auth.Store, config auth.Config, app bool, passkeys, copied int) *factored {
	t.Helper()
	w := authtest.New(t, store, authtest.WithPasskeys(authtest.Mandatory))
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	f := &factored{World: w, token: token}
	if app {
		w.Enroll(t, token)
	}
	for i := range passkeys {
		_, added := w.AddKey(t, token)
		f.passkeys = append(f.passkeys, added.Passkey.ID)
		if i >= passkeys-copied {
			added.Passkey.ClonedAt = w.Clock.Now()
			must(t, w.Store.UpdatePasskey(t.Context(), added.Passkey))
		}
	}
	w.Letters(t)
	f.World = w.Replica(authtest.Difference{Config: authtest.WithPasskeys(config)})
	return f
}

// caller returns who has the session.
func (f *factored) caller(t *testing.T) *auth.Caller {
	t.Helper()
	return f.Caller(t, f.token)
}

// wantFactor fails the test unless Ada has a second factor, and recovery codes, or neither.
func (f *factored) wantFactor(t *testing.T, want bool) {
	t.Helper()
	user, left := reload(t, f.World, ada), recoveryCodesLeft(t, f.World)
	if user.HasSecondFactor() != want || (left > 0) != want {
		t.Errorf("a second factor: %t, %d recovery codes; want a factor and codes: %t", user.HasSecondFactor(), left, want)
	}
}

// TestAFactorThatDoesNotWorkKeepsNothing: beside a copied passkey, or any while they are turned off, an app is the last
// factor.
func TestAFactorThatDoesNotWorkKeepsNothing(t *testing.T) {
	t.Parallel()
	staff := authtest.Requiring(authtest.Mandatory, auth.SecondFactorForEverybody)
	for name, c := range map[string]struct {
		copied int
		off    bool
	}{"a copied passkey": {copied: 1}, "a passkey while they are off": {off: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store auth.Store) {
				f := withFactors(t, store, authtest.Mandatory, true, 1, c.copied)
				world := func(config auth.Config) *authtest.World {
					if config = authtest.WithPasskeys(config); c.off {
						config.RelyingParty = nil
					}
					return f.Replica(authtest.Difference{Config: config})
				}
				refused(t, world(staff).RemoveTOTP(t.Context(), f.caller(t)), auth.SecondFactorNeeded)
				f.wantFactor(t, true)
				must(t, world(authtest.Mandatory).RemoveTOTP(t.Context(), f.caller(t)))
				f.wantFactor(t, false)
				grant, err := world(authtest.Mandatory).Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
				must(t, err)
				if grant.Challenge != nil {
					t.Error("a factor that does not work is asked for")
				}
			})
		})
	}
}

// TestAFactorThatDoesNotWorkBlocksNothing: it can be removed, whatever the account needs and has left.
func TestAFactorThatDoesNotWorkBlocksNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		f := withFactors(t, store, authtest.Requiring(authtest.Mandatory, auth.SecondFactorForEverybody), true, 2, 2)
		// The app is the one that works: each of the others can go, and it cannot.
		must(t, f.RemovePasskey(t.Context(), f.caller(t), f.passkeys[0]))
		refused(t, f.RemoveTOTP(t.Context(), f.caller(t)), auth.SecondFactorNeeded)
		// It is locked: nothing works, so nothing is kept that would.
		for range 100 {
			must(t, f.Store.InTx(t.Context(), func(tx auth.Tx) error {
				_, err := tx.TryTOTP(t.Context(), f.caller(t).User.ID, 100)
				return err
			}))
		}
		must(t, f.RemoveTOTP(t.Context(), f.caller(t)))
		f.wantFactor(t, true) // the other passkey is there, and a recovery code stands in for it
		must(t, f.RemovePasskey(t.Context(), f.caller(t), f.passkeys[1]))
		f.wantFactor(t, false)
	})
}

// TestAPasskeyThatDoesNotSignInIsNoLastWayIn: it can be removed when there is no way in at all.
func TestAPasskeyThatDoesNotSignInIsNoLastWayIn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		f := withFactors(t, store, authtest.Mandatory, true, 2, 1)
		must(t, f.Store.SetPassword(t.Context(), f.caller(t).User.ID, "", f.Clock.Now()))
		refused(t, f.RemovePasskey(t.Context(), f.caller(t), f.passkeys[0]), auth.LastCredential)
		must(t, f.RemovePasskey(t.Context(), f.caller(t), f.passkeys[1]))
		off := f.Config()
		off.RelyingParty = nil
		must(t, f.Replica(authtest.Difference{Config: off}).RemovePasskey(t.Context(), f.caller(t), f.passkeys[0]))
	})
}
