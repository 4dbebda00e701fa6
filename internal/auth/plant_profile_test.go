package auth_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

// plantedName is what a stranger would have an owner read in an email.
const plantedName = "Your account is locked"

// Fields of the profile that a stranger fills in.
const plantedFields = `"billing": {"type": "string"}, "referrer": {"type": "string", "readOnly": true},
	"plan": {"type": "string", "x-set-by": "operator"},
	"home": {"type": "object", "readOnly": true, "properties": {
		"city": {"type": "string"}, "zone": {"type": "string", "x-set-by": "operator"}}}`

// comesByReset lets the owner of an address reset the password of its account.
func comesByReset(t *testing.T, w *authtest.World) {
	t.Helper()
	w.Letters(t)
	_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
	must(t, err)
	wantUngreeted(t, w)
}

// comesByCode lets the owner of an address sign in with a code, and choose a password.
func comesByCode(t *testing.T, w *authtest.World) {
	t.Helper()
	w.Letters(t)
	id, err := w.RequestLoginCode(t.Context(), ada)
	must(t, err)
	grant, err := w.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: id, Code: w.Letter(t, auth.LetterLoginCode).Code})
	must(t, err)
	caller := &auth.Caller{User: grant.User, Session: grant.Session}
	_, err = w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{NewPassword: newPassword})
	must(t, err)
	wantUngreeted(t, w)
}

// wantUngreeted fails the test if the notice of the new password greets with a name, or there is none.
func wantUngreeted(t *testing.T, w *authtest.World) {
	t.Helper()
	if letter := w.Letter(t, auth.LetterPasswordChanged); letter.Name != "" {
		t.Errorf("the notice greets %q, want nobody", letter.Name)
	}
}

var waysOfOwners = map[string]func(t *testing.T, w *authtest.World){"reset": comesByReset, "code": comesByCode}

// TestNothingPlantedOutlivesTheFirstProofOfItsOwner lets a stranger sign up with an address and leave whatever can
// be left in its account, before its owner comes.
func TestNothingPlantedOutlivesTheFirstProofOfItsOwner(t *testing.T) {
	t.Parallel()
	for mode, config := range map[string]auth.Config{"optional": authtest.Optional, "none": authtest.None} {
		config = named(authtest.WithLoginCodes(fields(t, config, plantedFields, "")))
		config.AccessToken, config.Issuer, config.JWTAudience = signed.AccessToken, signed.Issuer, signed.JWTAudience
		config.AccessTokenLifetime, config.JWTAlgorithm = signed.AccessTokenLifetime, signed.JWTAlgorithm
		for way, comes := range waysOfOwners {
			t.Run(mode+", by "+way, func(t *testing.T) {
				onEach(t, func(t *testing.T, store auth.Store) {
					w := authtest.New(t, store, config)
					stranger, tokens := plant(t, w)
					changes := changeLink(t, w, stranger, eve)
					reset := resetLink(t, w, ada)
					comes(t, w)

					user := reload(t, w, ada)
					if user.ID != stranger.User.ID || !user.EmailVerified() {
						t.Error("got another or an unconfirmed account, want the one that was there, confirmed")
					}
					if got, want := user.Profile, profile.Profile(`{"home":{"zone":"b"},"plan":"team"}`); got != want {
						t.Errorf("got the profile %s, want %s", got, want)
					}
					if user.Name != "" || user.Username != (auth.Username{}) {
						t.Errorf("got the name %q and the username %q, want none", user.Name, user.Username.Name)
					}
					if lives(t, w, tokens.AccessToken) {
						t.Error("got a session of the stranger that is alive, want none")
					}
					_, err := refresh(w, t, tokens.RefreshToken)
					refused(t, err, auth.InvalidRefreshToken)
					_, err = w.ConfirmEmailChange(t.Context(), stranger, changes)
					refused(t, err, auth.InvalidToken)
					_, err = w.ResetPassword(t.Context(), reset, evesPassword)
					refused(t, err, auth.InvalidToken)
					if logsIn(t, w, ada, evesPassword) || !logsIn(t, w, ada, newPassword) {
						t.Error("got the password of the stranger, want that of the owner")
					}
					_, err = w.CreateAccount(t.Context(), auth.NewAccount{Email: nobody, Username: "planted", Role: auth.RoleUser})
					must(t, err) // the username is free again
				})
			})
		}
	}
}

// plant lets a stranger sign up with the address of somebody else, and an operator add to the profile.
func plant(t *testing.T, w *authtest.World) (*auth.Caller, *auth.Tokens) {
	t.Helper()
	registration, err := w.Register(t.Context(), auth.RegisterInput{
		Email: ada, Password: evesPassword, Name: plantedName, Username: "planted",
		Profile: map[string]any{"billing": "pay@thief.example", "referrer": "eve", "home": map[string]any{"city": "Lair"}},
	})
	must(t, err)
	_, err = w.SetProfile(t.Context(), ada, map[string]any{"plan": "team", "home": map[string]any{"zone": "b"}})
	must(t, err)
	w.Letters(t)
	grant := registration.Grant
	return &auth.Caller{User: grant.User, Session: grant.Session}, grant.Tokens
}

func TestWhatIsForTheSignUpOnlyCanBeSetOnceMoreByTheOwner(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]auth.Config{
		"of an account": fields(t, authtest.Optional, plantedFields, ""),
		"of a sign-up":  fields(t, authtest.Mandatory, plantedFields, ""),
	} {
		t.Run(name, func(t *testing.T) {
			w := authtest.New(t, authtest.SQLite(t), config)
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: evesPassword, Profile: map[string]any{"referrer": "eve"}})
			must(t, err)
			comesByReset(t, w)
			caller, _ := w.LogIn(t, ada, newPassword)

			_, err = update(t, w, caller, map[string]any{"plan": "team"})
			paths(t, err, "plan")
			_, err = update(t, w, caller, map[string]any{"referrer": "bob", "billing": "pay@lovelace.example"})
			paths(t, err)
			for _, change := range []any{"eve", nil} {
				_, err = update(t, w, caller, map[string]any{"referrer": change})
				paths(t, err, "referrer")
			}
			_, err = update(t, w, caller, map[string]any{"home": map[string]any{"city": "London"}})
			paths(t, err)
			_, err = update(t, w, caller, map[string]any{"home": map[string]any{"city": "Lair"}})
			paths(t, err, "home")
		})
	}
}

// TestWhatWasSaidStaysAfterTheFirstProof confirms accounts in the ways in which nothing is planted.
func TestWhatWasSaidStaysAfterTheFirstProof(t *testing.T) {
	t.Parallel()
	for name, comes := range map[string]func(t *testing.T, w *authtest.World){
		"an account whose owner confirms the address and resets then": func(t *testing.T, w *authtest.World) {
			signUpAsLady(t, w)
			_, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
			must(t, err)
			_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			must(t, err)
		},
		"an account that an operator made without a password": func(t *testing.T, w *authtest.World) {
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: "Lady", Username: "lady", Role: auth.RoleUser})
			must(t, err)
			_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := authtest.New(t, authtest.SQLite(t), named(fields(t, authtest.Optional, plantedFields, "")))
			comes(t, w)
			user := reload(t, w, ada)
			if user.Name != "Lady" || user.Username.Key != "lady" || user.ProfileDropped {
				t.Errorf("got the name %q, the username %q and dropped: %v, want Lady, lady and false", user.Name, user.Username.Name, user.ProfileDropped)
			}
		})
	}
}

func signUpAsLady(t *testing.T, w *authtest.World) {
	t.Helper()
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Name: "Lady", Username: "lady", Password: adasPassword})
	must(t, err)
}
