package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// byCookie logs in for a browser that has the session token, or none.
func byCookie(t *testing.T, w *authtest.World, replaces secret.Text) *auth.Grant {
	t.Helper()
	grant, err := w.Login(t.Context(), auth.LoginInput{
		Email: ada, Password: adasPassword, SessionDelivery: auth.SessionDelivery{Delivery: auth.DeliveryCookie, Replaces: replaces},
	})
	must(t, err)
	return grant
}

func TestACookieCarriesAnOpaqueTokenWhateverAccessTokensAre(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]auth.Config{"opaque": authtest.Mandatory, "JWT": signed} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, config)
				w.Join(t, ada, adasPassword)
				grant := byCookie(t, w, "")
				if grant.Tokens.AccessToken != "" || grant.Tokens.RefreshToken != "" {
					t.Error("tokens are in the answer too")
				}
				if secret.CheckToken(secret.SessionToken, grant.Tokens.Cookie) != nil || !lives(t, w, grant.Tokens.Cookie) {
					t.Error("the cookie does not carry the session")
				}
				if !grant.Tokens.CookieUntil.Equal(grant.Session.EndsAt) || !grant.Tokens.ExpiresAt.Equal(grant.Session.ExpiresAt()) {
					t.Error("the times are others")
				}

				next, err := w.RefreshSession(t.Context(), auth.RefreshInput{SessionToken: grant.Tokens.Cookie})
				must(t, err)
				if next.Tokens.RefreshToken != "" || next.Tokens.Cookie != "" {
					t.Error("a refresh by cookie gets a refresh token, or another cookie")
				}
				if hasJWT := next.Tokens.AccessToken != ""; hasJWT != (name == "JWT") {
					t.Errorf("it got an access token: %v", hasJWT)
				}
			})
		})
	}
}

func TestAnAccessTokenGotByACookieIsForOthersOnly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		w.Join(t, ada, adasPassword)
		cookie := byCookie(t, w, "").Tokens.Cookie
		next, err := w.RefreshSession(t.Context(), auth.RefreshInput{SessionToken: cookie})
		must(t, err)
		_, err = w.Authenticate(t.Context(), next.Tokens.AccessToken)
		if fault := failed(t, err, auth.Unauthenticated); !strings.Contains(fault.Message, "cookie") {
			t.Errorf("the message is %s", fault.Message)
		}
		info, err := w.Introspect(t.Context(), next.Tokens.AccessToken)
		must(t, err)
		if !info.Active {
			t.Error("other services are told that it is worth nothing")
		}
		must(t, w.Logout(t.Context(), cookie))
		if info, err = w.Introspect(t.Context(), next.Tokens.AccessToken); err != nil || info.Active {
			t.Error("got an active access token of an ended session, want an inactive one")
		}
	})
}

func TestAnAccessTokenCannotProlongItself(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	for name, token := range map[string]secret.Text{
		"a JWT": grant.Tokens.AccessToken, "a refresh token": grant.Tokens.RefreshToken, "nothing": "", "one of nobody": secret.NewToken(secret.SessionToken),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.RefreshSession(t.Context(), auth.RefreshInput{SessionToken: token})
			refused(t, err, auth.InvalidRefreshToken)
		})
	}
}

func TestALoginReplacesTheSessionOfTheCookie(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		first, elsewhere := byCookie(t, w, ""), byCookie(t, w, "")
		second := byCookie(t, w, first.Tokens.Cookie)
		if lives(t, w, first.Tokens.Cookie) {
			t.Error("the session that was replaced lives on")
		}
		for _, grant := range []*auth.Grant{elsewhere, second} {
			if !lives(t, w, grant.Tokens.Cookie) {
				t.Error("another session ended with it")
			}
		}
		byCookie(t, w, first.Tokens.Cookie) // it is gone, and that is no error
		byCookie(t, w, "rubbish")

		grant, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword, SessionDelivery: auth.SessionDelivery{Replaces: second.Tokens.Cookie}})
		must(t, err)
		if !lives(t, w, second.Tokens.Cookie) || !lives(t, w, grant.Tokens.AccessToken) {
			t.Error("a login without a cookie replaced that of one")
		}
		_, err = w.Login(t.Context(), auth.LoginInput{Email: ada, Password: wrongPassword, SessionDelivery: auth.SessionDelivery{Delivery: auth.DeliveryCookie, Replaces: second.Tokens.Cookie}})
		refused(t, err, auth.InvalidCredentials)
		if !lives(t, w, second.Tokens.Cookie) {
			t.Error("a login that failed ended the session")
		}
	})
}

func TestAChangedPasswordGivesACookieAnother(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), signed)
	w.Join(t, ada, adasPassword)
	grant := byCookie(t, w, "")
	caller, err := w.Authenticate(t.Context(), grant.Tokens.Cookie)
	must(t, err)
	w.Clock.Advance(time.Minute)
	current := adasPassword
	change, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword, Delivery: auth.DeliveryCookie})
	must(t, err)
	if lives(t, w, grant.Tokens.Cookie) || !lives(t, w, change.Tokens.Cookie) || change.Tokens.AccessToken != "" || change.Tokens.RefreshToken != "" {
		t.Error("the session does not go on with another cookie, and with that alone")
	}
}
