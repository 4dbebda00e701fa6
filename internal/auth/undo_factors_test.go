package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
)

// aWeek is how long before a change of address a factor may be a thief's.
const aWeek = 7 * 24 * time.Hour

// TestUndoRemovesTheFactorsAThiefAdded: a thief with a session adds an app first and changes the address then, or the
// other way around. The owner, who reads the old mailbox, gets in.
func TestUndoRemovesTheFactorsAThiefAdded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after bool }{"before the change": {before: true}, "after it": {after: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))
				w.Join(t, ada, adasPassword)
				_, token := w.LogIn(t, ada, adasPassword)
				if c.before {
					w.Enroll(t, token)
					w.Letters(t)
					w.Clock.Advance(aWeek)
				}
				undo := changed(t, w, w.Caller(t, token), eve)
				if c.after {
					w.Clock.Advance(aWeek - time.Hour)
					_, token = w.LogIn(t, eve, adasPassword)
					w.Enroll(t, token)
					w.Letters(t)
				}
				_, err := w.UndoEmailChange(t.Context(), undo)
				must(t, err)
				if user := reload(t, w, ada); user.HasSecondFactor() || recoveryCodesLeft(t, w) != 0 {
					t.Errorf("a second factor: %t, %d recovery codes; want none", user.HasSecondFactor(), recoveryCodesLeft(t, w))
				}
				var kinds []auth.LetterKind
				for _, letter := range w.Letters(t) {
					kinds = append(kinds, letter.Kind)
					if letter.Kind == auth.LetterReset {
						_, err := w.ResetPassword(t.Context(), letter.Token, newPassword)
						must(t, err)
					}
				}
				if !slices.Contains(kinds, auth.LetterSecondFactorsRemoved) {
					t.Errorf("the letters are %v, want one about the second factors", kinds)
				}
				w.LogIn(t, ada, newPassword)
			})
		})
	}
}

// TestUndoLeavesAFactorOfLongStanding: who reads the old mailbox of somebody who has moved on undoes the change, and has
// the account with the owner's factor still in front of it.
func TestUndoLeavesAFactorOfLongStanding(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, token := enrolled(t, store)
		w.Clock.Advance(aWeek + time.Microsecond)
		undo := changed(t, w, w.Caller(t, token), eve)
		_, err := w.CreateRecoveryCodes(t.Context(), w.Caller(t, token))
		must(t, err)
		w.Letters(t)
		_, err = w.UndoEmailChange(t.Context(), undo)
		must(t, err)
		if user := reload(t, w, ada); !user.HasSecondFactor() || recoveryCodesLeft(t, w) != 0 {
			t.Errorf("a second factor: %t, %d recovery codes; want the one and none", user.HasSecondFactor(), recoveryCodesLeft(t, w))
		}
		_, err = w.ResetPassword(t.Context(), w.Letter(t, auth.LetterReset).Token, newPassword)
		must(t, err)
		waits, _ := w.Challenged(t, ada, newPassword)
		_, err = w.ByTOTP(t, waits, app.Next(t))
		must(t, err)
	})
}

// TestAThiefsPasskeyGoesWithTheAddress: what was added since a week before a change that is undone goes, the rest stays.
func TestAThiefsPasskeyGoesWithTheAddress(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, mine, _, _ := keyed(t, store)
		w.Clock.Advance(aWeek)
		grant, err := w.ByKey(t, mine)
		must(t, err)
		token := grant.Tokens.AccessToken
		w.Clock.Advance(time.Microsecond)
		before, _ := w.AddKey(t, token)
		w.Letters(t)
		undo := changed(t, w, w.Caller(t, token), eve)
		w.Clock.Advance(time.Minute)
		after, _ := w.AddKey(t, token)
		_, err = w.UndoEmailChange(t.Context(), undo)
		must(t, err)
		for name, thiefs := range map[string]*passkeytest.Key{"before the change": before, "after it": after} {
			_, err := w.ByKey(t, thiefs)
			if err == nil {
				t.Errorf("the passkey that a thief added %s signs in", name)
				continue
			}
			refused(t, err, auth.NotFound)
		}
		_, err = w.ByKey(t, mine)
		must(t, err)
		if !slices.ContainsFunc(w.Letters(t), func(l *auth.Letter) bool { return l.Kind == auth.LetterSecondFactorsRemoved }) {
			t.Error("there is no notice of the passkeys that were removed")
		}
	})
}
