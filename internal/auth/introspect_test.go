package auth_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const issuer = "https://auth.lovelace.example"

// issuing returns a world whose tokens have an issuer.
func issuing(t *testing.T, store auth.Store) *authtest.World {
	t.Helper()
	config := authtest.Mandatory
	config.Issuer, config.Usernames = issuer, auth.UsernamesOptional
	return authtest.New(t, store, config)
}

func introspect(t *testing.T, w *authtest.World, token secret.Text) *auth.TokenInfo {
	t.Helper()
	info, err := w.Introspect(t.Context(), token)
	must(t, err)
	return info
}

func wantInfo(t *testing.T, got, want *auth.TokenInfo) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the token is told to be another (-want +got):\n%s", diff)
	}
}

var inactive = &auth.TokenInfo{}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := issuing(t, store)
		w.Join(t, ada, adasPassword)
		caller, token := w.LogIn(t, ada, adasPassword)
		begun := caller.Session.CreatedAt
		want := &auth.TokenInfo{
			Active: true, Subject: caller.User.ID, Username: ada, Email: ada, EmailVerified: true, Roles: []auth.Role{auth.RoleUser},
			SessionID: caller.Session.ID, IssuedAt: begun, AuthTime: begun, ExpiresAt: begun.Add(30 * day),
			Issuer: issuer, Audience: []string{issuer}, ClientID: "latchkey", ACR: "urn:latchkey:1", AMR: []string{"pwd"},
		}

		t.Run("tells whose token it is", func(t *testing.T) {
			wantInfo(t, introspect(t, w, token), want)
		})
		t.Run("counts as a use of the session", func(t *testing.T) {
			w.Clock.Advance(20 * day)
			want.ExpiresAt = begun.Add(50 * day)
			wantInfo(t, introspect(t, w, token), want)
			w.Clock.Advance(20 * day)
			want.ExpiresAt = begun.Add(70 * day)
			wantInfo(t, introspect(t, w, token), want)
			w.Clock.Advance(29 * day)
			want.ExpiresAt = begun.Add(90 * day) // and no later
			wantInfo(t, introspect(t, w, token), want)
		})
		t.Run("tells what is so at this moment", func(t *testing.T) {
			_, err := w.ChangeUsername(t.Context(), caller, "Countess")
			must(t, err)
			_, err = w.SetRole(t.Context(), ada, auth.RoleAdmin)
			must(t, err)
			w.Letter(t, auth.LetterRoleChanged)
			want.Username, want.Roles = "Countess", []auth.Role{auth.RoleUser, auth.RoleStaff, auth.RoleAdmin}
			wantInfo(t, introspect(t, w, token), want)
		})
		t.Run("tells nothing of what is no access token", func(t *testing.T) {
			_, key := newClient(t, w, "shop")
			for i, other := range []secret.Text{
				"", "x", token[:len(token)-1], token + "x", " " + token, key, secret.NewToken(secret.SessionToken), resetLink(t, w, ada), "a\x00b",
				"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
			} {
				wantInfo(t, introspect(t, w, other), inactive)
				if t.Failed() {
					t.Fatalf("token %d", i)
				}
			}
		})
		t.Run("tells nothing of a session that has ended by itself", func(t *testing.T) {
			_, idle := w.LogIn(t, ada, adasPassword)
			w.Clock.Advance(30*day - time.Second)
			wantInfo(t, introspect(t, w, token), inactive)
			_, late := w.LogIn(t, ada, adasPassword)
			w.Clock.Advance(time.Second)
			wantInfo(t, introspect(t, w, idle), inactive)
			if !introspect(t, w, late).Active {
				t.Error("a session that has not ended is told to have")
			}
		})
		t.Run("tells nothing after a logout, a change of the password and when the user is shut out", func(t *testing.T) {
			_, first := w.LogIn(t, ada, adasPassword)
			must(t, w.Logout(t.Context(), first))
			wantInfo(t, introspect(t, w, first), inactive)
			_, second := w.LogIn(t, ada, adasPassword)
			third, _ := w.LogIn(t, ada, adasPassword)
			_, err := change(t, w, third, adasPassword, newPassword)
			must(t, err)
			wantInfo(t, introspect(t, w, second), inactive)
			_, fourth := w.LogIn(t, ada, newPassword)
			_, err = w.DisableAccount(t.Context(), ada)
			must(t, err)
			wantInfo(t, introspect(t, w, fourth), inactive)
		})
	})
}

func TestAnUnconfirmedAddressIsToldToBeOne(t *testing.T) {
	t.Parallel()
	w := optional(t)
	registration := signUp(t, w, ada, adasPassword)
	if info := introspect(t, w, registration.Grant.Tokens.AccessToken); !info.Active || info.EmailVerified {
		t.Errorf("active %v, verified %v", info.Active, info.EmailVerified)
	}
}

func TestRevokingAToken(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := issuing(t, store)
		client, key := newClient(t, w, "shop")
		w.Join(t, ada, adasPassword)
		caller, token := w.LogIn(t, ada, adasPassword)
		_, stays := w.LogIn(t, ada, adasPassword)

		for i, other := range []secret.Text{"", "x", key, secret.NewToken(secret.SessionToken), resetLink(t, w, ada)} {
			if err := w.RevokeToken(t.Context(), client, other); err != nil {
				t.Errorf("token %d: %v", i, err)
			}
		}
		if !lives(t, w, token) || !lives(t, w, stays) || len(eventsOf(t, w, "token_revoked")) != 0 {
			t.Fatal("what is no access token ended a session")
		}

		must(t, w.RevokeToken(t.Context(), client, token))
		must(t, w.RevokeToken(t.Context(), client, token))
		if lives(t, w, token) || !lives(t, w, stays) {
			t.Error("another session has ended than that of the token")
		}
		wantInfo(t, introspect(t, w, token), inactive)
		events := eventsOf(t, w, "token_revoked")
		if len(events) != 1 {
			t.Fatalf("it is written down %d times", len(events))
		}
		if e := events[0]; e.UserID != caller.User.ID || e.SessionID != caller.Session.ID || e.APIClientID != client.ID || e.Outcome != "ok" {
			t.Error("got an event without the user, the session, the client or the outcome, want all four")
		}
	})
}

// Introspection and the end of the session at once: whoever asks after the end is told of it, and
// nobody is told anything else than the one or the other.
func TestRevokingWhileIntrospecting(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := issuing(t, store)
		client, _ := newClient(t, w, "shop")
		w.Join(t, ada, adasPassword)
		_, token := w.LogIn(t, ada, adasPassword)
		w.Clock.Advance(2 * time.Minute) // so that uses are written down

		var ended atomic.Bool
		for _, err := range atOnce(20, func(i int) error {
			if i%4 == 0 {
				err := w.RevokeToken(t.Context(), client, token)
				ended.Store(true)
				return err
			}
			for range 20 {
				hadEnded := ended.Load()
				info, err := w.Introspect(t.Context(), token)
				if err != nil {
					return err
				}
				if hadEnded && info.Active {
					t.Error("a token is active after its end")
				}
				if !info.Active && info.Subject != uuid.Nil {
					t.Error("of an inactive token more is told")
				}
			}
			return nil
		}) {
			must(t, err)
		}
		if n := len(eventsOf(t, w, "token_revoked")); n != 1 {
			t.Errorf("the end is written down %d times", n)
		}
		wantInfo(t, introspect(t, w, token), inactive)
	})
}

// Without a database nothing is known, least of all that a token is not active.
func TestAnOutageIsNoInactiveToken(t *testing.T) {
	t.Parallel()
	w := issuing(t, authtest.SQLite(t))
	client, key := newClient(t, w, "shop")
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(2 * time.Minute)
	for _, step := range []struct {
		name string
		do   func(w *authtest.World) error
	}{
		{"Introspect", func(w *authtest.World) error { _, err := w.Introspect(t.Context(), token); return err }},
		{"AuthenticateAPIClient", func(w *authtest.World) error { _, err := w.AuthenticateAPIClient(t.Context(), "", key); return err }},
		{"CreateAPIClient", func(w *authtest.World) error { _, _, err := w.CreateAPIClient(t.Context(), "books"); return err }},
		{"APIClients", func(w *authtest.World) error { _, err := w.APIClients(t.Context()); return err }},
		{"DeleteAPIClient", func(w *authtest.World) error { _, err := w.DeleteAPIClient(t.Context(), "books"); return err }},
		{"RevokeToken", func(w *authtest.World) error { return w.RevokeToken(t.Context(), client, token) }},
	} {
		t.Run(step.name, func(t *testing.T) {
			for failing := 1; ; failing++ { // at each of its calls in turn
				store, happened := authtest.Interrupt(w.Store, failing)
				err := step.do(w.Replica(authtest.Difference{Store: store}))
				if !happened() {
					must(t, err)
					return
				}
				isOutage(t, err)
			}
		})
	}
	wantInfo(t, introspect(t, w, token), inactive)
}

func TestIntrospectionOfAJWTTellsWhatItSaysOfItself(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := signed
		config.JWTAudience = []string{"https://api.example.com", "https://reports.example.com"}
		w := authtest.New(t, store, config)
		w.Join(t, ada, adasPassword)
		first := logIn(t, w)
		w.Clock.Advance(time.Hour)
		grant := refreshes(t, w, first.Tokens.RefreshToken)
		now := w.Clock.Now().UTC().Truncate(time.Second)
		wantInfo(t, introspect(t, w, grant.Tokens.AccessToken), &auth.TokenInfo{
			Active: true, Subject: grant.User.ID, Username: ada, Email: ada, EmailVerified: true, Roles: []auth.Role{auth.RoleUser},
			SessionID: grant.Session.ID, IssuedAt: now, AuthTime: first.Session.AuthenticatedAt, ExpiresAt: now.Add(15 * time.Minute),
			Issuer: config.Issuer, Audience: config.JWTAudience, ClientID: "latchkey", ACR: "urn:latchkey:1", AMR: []string{"pwd"},
		})
		for name, token := range map[string]secret.Text{
			"a JWT that has expired": first.Tokens.AccessToken, "a refresh token": grant.Tokens.RefreshToken, "a used one": first.Tokens.RefreshToken,
		} {
			if introspect(t, w, token).Active {
				t.Errorf("%s is active", name)
			}
		}
		w.NoLetter(t) // introspection of a used refresh token is no use of it
	})
}

func TestRevokingAnyTokenEndsItsSession(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		w.Join(t, ada, adasPassword)
		client, _, err := w.CreateAPIClient(t.Context(), "reports")
		must(t, err)
		for name, choose := range map[string]func(first, last *auth.Grant) secret.Text{
			"a JWT":                  func(_, last *auth.Grant) secret.Text { return last.Tokens.AccessToken },
			"a JWT that has expired": func(first, _ *auth.Grant) secret.Text { return first.Tokens.AccessToken },
			"the refresh token":      func(_, last *auth.Grant) secret.Text { return last.Tokens.RefreshToken },
			"a used refresh token":   func(first, _ *auth.Grant) secret.Text { return first.Tokens.RefreshToken },
		} {
			t.Run(name, func(t *testing.T) {
				other, first := logIn(t, w), logIn(t, w)
				w.Clock.Advance(16 * time.Minute)
				last := refreshes(t, w, first.Tokens.RefreshToken)
				must(t, w.RevokeToken(t.Context(), client, choose(first, last)))
				if lives(t, w, last.Tokens.AccessToken) {
					t.Error("the session lives on")
				}
				_, err := refresh(w, t, last.Tokens.RefreshToken)
				refused(t, err, auth.InvalidRefreshToken)
				refreshes(t, w, other.Tokens.RefreshToken)
			})
		}
	})
}
