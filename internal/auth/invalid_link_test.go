package auth_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// linked is a use case that a mailed link leads to.
type linked struct {
	kind   secret.TokenKind
	follow func(ctx context.Context, w *authtest.World, caller *auth.Caller, token secret.Text) error
	mailed func(t *testing.T, w *authtest.World, caller *auth.Caller) secret.Text
	want   string
}

var linkedActs = map[string]linked{
	"confirm": {
		secret.ConfirmToken,
		func(ctx context.Context, w *authtest.World, _ *auth.Caller, token secret.Text) error {
			_, err := w.ConfirmEmail(ctx, token)
			return err
		},
		func(t *testing.T, w *authtest.World, _ *auth.Caller) secret.Text {
			return confirmLink(t, w, nobody, adasPassword)
		},
		"email_confirmed TOKEN_INVALID",
	},
	"reset": {
		secret.ResetToken,
		func(ctx context.Context, w *authtest.World, _ *auth.Caller, token secret.Text) error {
			_, err := w.ResetPassword(ctx, token, newPassword)
			return err
		},
		func(t *testing.T, w *authtest.World, _ *auth.Caller) secret.Text { return resetLink(t, w, ada) },
		"password_reset TOKEN_INVALID",
	},
	"change of address": {
		secret.EmailChangeToken,
		func(ctx context.Context, w *authtest.World, caller *auth.Caller, token secret.Text) error {
			_, err := w.ConfirmEmailChange(ctx, caller, token)
			return err
		},
		func(t *testing.T, w *authtest.World, caller *auth.Caller) secret.Text {
			return changeLink(t, w, caller, lady)
		},
		"email_changed TOKEN_INVALID in a session",
	},
	"undo": {
		secret.UndoToken,
		func(ctx context.Context, w *authtest.World, _ *auth.Caller, token secret.Text) error {
			_, err := w.UndoEmailChange(ctx, token)
			return err
		},
		func(t *testing.T, w *authtest.World, caller *auth.Caller) secret.Text {
			return changed(t, w, caller, lady)
		},
		"email_change_undone TOKEN_INVALID",
	},
}

func TestALinkThatDoesNotWorkIsWrittenDown(t *testing.T) {
	t.Parallel()
	for name, c := range linkedActs {
		t.Run(name, func(t *testing.T) {
			w := mandatory(t)
			caller, _ := joined(t, w, ada, adasPassword)
			expired := c.mailed(t, w, caller)
			w.Clock.Advance(8 * day)
			caller, _ = w.LogIn(t, reloadByID(t, w, caller).Email.Address, adasPassword)
			w.Letters(t)

			for what, token := range map[string]secret.Text{"expired": expired, "unknown": secret.NewToken(c.kind)} {
				got := trail(t, w, func(ctx context.Context) { refused(t, c.follow(ctx, w, caller, token), auth.InvalidToken) })
				if diff := cmp.Diff([]string{c.want}, got); diff != "" {
					t.Errorf("%s: what is written down (-want +got):\n%s", what, diff)
				}
			}
			for what, token := range map[string]secret.Text{"mistyped": mistyped(expired), "of another kind": secret.NewRefreshToken(), "nothing": ""} {
				got := trail(t, w, func(ctx context.Context) { refused(t, c.follow(ctx, w, caller, token), auth.InvalidToken) })
				if len(got) != 0 {
					t.Errorf("%s: got %v written down, want nothing", what, got)
				}
			}
		})
	}
}

func reloadByID(t *testing.T, w *authtest.World, caller *auth.Caller) *auth.User {
	t.Helper()
	user, err := w.Store.UserByID(t.Context(), caller.User.ID)
	must(t, err)
	return user
}

// TestLinksThatDoNotWorkCannotFillTheTrail holds that what is written down has the limit of the links.
func TestLinksThatDoNotWorkCannotFillTheTrail(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	ctx := from(t, "203.0.113.7", firefox)
	for range 200 {
		_, _ = w.ResetPassword(ctx, secret.NewToken(secret.ResetToken), newPassword)
	}
	if n := len(eventsOf(t, w, "")); n > 25 {
		t.Errorf("got %d events of 200 made-up links within a moment, want at most 25", n)
	}
}

// TestLinksOfUnknownClientsCannotFillTheTrail makes links up behind a Unix socket, where no client has an address. A
// link that works does so all the same.
func TestLinksOfUnknownClientsCannotFillTheTrail(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	for hour := range 2 {
		before := len(eventsOf(t, w, ""))
		for range 200 {
			_, err := w.ResetPassword(t.Context(), secret.NewToken(secret.ResetToken), newPassword)
			refused(t, err, auth.InvalidToken)
		}
		if n := len(eventsOf(t, w, "")) - before; n != 60 {
			t.Errorf("got %d events of 200 made-up links in hour %d, want 60", n, hour+1)
		}
		w.Clock.Advance(time.Hour)
	}
	_, err := w.ResetPassword(t.Context(), resetLinkAmong(t, w, joinedNow(t, w, ada)), newPassword)
	must(t, err)
}

func joinedNow(t *testing.T, w *authtest.World, email string) string {
	t.Helper()
	w.Join(t, email, adasPassword)
	return email
}

func TestARightCodeThatIsRefusedIsWrittenDown(t *testing.T) {
	t.Parallel()
	got := disabledAtTheCode(t, withCodes(t))
	if want := []string{"logged_in_by_code ACCOUNT_DISABLED of a user"}; !slices.Equal(got, want) {
		t.Errorf("got %v written down, want %v", got, want)
	}
}

// disabledAtTheCode disables an account while its owner types the code, and returns what is written down of the login.
func disabledAtTheCode(t *testing.T, w *authtest.World) []string {
	t.Helper()
	w.Join(t, ada, adasPassword)
	code := askForCode(t, w, ada)
	user := reload(t, w, ada)
	user.DisabledAt = w.Clock.Now()
	must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error { return tx.UpdateUser(t.Context(), user) }))
	return trail(t, w, func(ctx context.Context) {
		_, err := w.LoginWithCode(ctx, code)
		refused(t, err, auth.AccountDisabled)
	})
}

// TestSessionsOfUnconfirmedAccountsEndWhenConfirmationBecomesMandatory changes the settings while sessions live.
func TestSessionsOfUnconfirmedAccountsEndWhenConfirmationBecomesMandatory(t *testing.T) {
	t.Parallel()
	for kind, tokens := range map[string]auth.AccessTokenKind{"opaque": auth.AccessTokenOpaque, "JWT": auth.AccessTokenJWT} {
		t.Run(kind, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				before := signed
				before.AccessToken, before.EmailVerification = tokens, auth.VerificationOptional
				after := before
				after.EmailVerification = auth.VerificationMandatory
				w := authtest.New(t, store, before)
				registration := signUp(t, w, ada, adasPassword)
				confirm := w.Letter(t, auth.LetterConfirm).Token
				access, next := registration.Grant.Tokens.AccessToken, registration.Grant.Tokens.RefreshToken
				strict := w.Replica(authtest.Difference{Config: after})

				if !lives(t, w, access) || lives(t, strict, access) {
					t.Error("got a session that lives only when the address has to be confirmed, want the opposite")
				}
				_, err := strict.AuthorizeRead(t.Context(), access, auth.Requirement{Role: auth.RoleUser})
				failed(t, err, auth.Unauthenticated)
				info, err := strict.Introspect(t.Context(), access)
				must(t, err)
				if info.Active {
					t.Error("got an active token by introspection, want none")
				}
				_, err = strict.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
				failed(t, err, auth.Unauthenticated)
				if next != "" {
					_, err = refresh(strict, t, next)
					refused(t, err, auth.InvalidRefreshToken)
				}

				_, err = strict.ConfirmEmail(t.Context(), confirm)
				must(t, err)
				if !lives(t, strict, access) {
					t.Error("got an ended session after the confirmation, want one that lives")
				}
				w.Clock.Advance(time.Second)
			})
		})
	}
}

func TestAChangeOfThePasswordCountsAsItsProof(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.WithLoginCodes(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		grant := comeByCode(t, w, ada)
		current := adasPassword
		caller := &auth.Caller{User: grant.User, Session: grant.Session}
		change, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
		must(t, err)
		caller, err = w.Authenticate(t.Context(), change.Tokens.AccessToken)
		must(t, err)
		if want := []auth.Method{auth.MethodMailedCode, auth.MethodPassword}; !slices.Equal(caller.Session.Methods, want) {
			t.Errorf("got the methods %v, want %v", caller.Session.Methods, want)
		}
	})
}
