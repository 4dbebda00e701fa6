package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// watches has the end of a session told.
func watches(t *testing.T, w *authtest.World, token secret.Text) <-chan *auth.SessionEnd {
	t.Helper()
	caller, err := w.AuthorizeWatch(t.Context(), token, auth.Requirement{Role: auth.RoleUser})
	must(t, err)
	told, err := w.WatchSession(t.Context(), caller)
	must(t, err)
	return told
}

// endTold returns what is told of a session that ends; nil: the channel was closed without a word.
func endTold(t *testing.T, told <-chan *auth.SessionEnd) *auth.SessionEnd {
	t.Helper()
	select {
	case end := <-told:
		return end
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was told for 30 s")
		return nil
	}
}

func TestTheEndOfASessionIsTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end    func(t *testing.T, w *authtest.World, watched *auth.Grant)
		reason auth.SessionEndReason
	}{
		"a logout": {func(t *testing.T, w *authtest.World, watched *auth.Grant) {
			must(t, w.Logout(t.Context(), watched.Tokens.AccessToken))
		}, auth.EndLoggedOut},
		"a revocation": {func(t *testing.T, w *authtest.World, watched *auth.Grant) {
			_, err := w.RevokeSession(t.Context(), w.Caller(t, logIn(t, w).Tokens.AccessToken), watched.Session.ID)
			must(t, err)
		}, auth.EndRevoked},
		"an end of all": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			_, err := w.LogoutAll(t.Context(), w.Caller(t, logIn(t, w).Tokens.AccessToken), true)
			must(t, err)
		}, auth.EndRevoked},
		"a change of the password": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			current := adasPassword
			_, err := w.ChangePassword(t.Context(), w.Caller(t, logIn(t, w).Tokens.AccessToken), auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			must(t, err)
		}, auth.EndPasswordChanged},
		"a reset": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			must(t, err)
		}, auth.EndPasswordChanged},
		"a refresh token that is used again": {func(t *testing.T, w *authtest.World, watched *auth.Grant) {
			next := refreshes(t, w, watched.Tokens.RefreshToken)
			refreshes(t, w, next.Tokens.RefreshToken)
			_, err := refresh(w, t, watched.Tokens.RefreshToken)
			refused(t, err, auth.InvalidRefreshToken)
		}, auth.EndRefreshReused},
		"an account that is disabled": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			_, err := w.DisableAccount(t.Context(), ada)
			must(t, err)
		}, auth.EndDisabled},
		"an account that is deleted": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			must(t, w.DeleteAccount(t.Context(), w.Caller(t, logIn(t, w).Tokens.AccessToken), ada))
		}, auth.EndDeleted},
		"an administrator": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			_, err := w.EndAccountSessions(t.Context(), authtest.AsOperator(""), ada)
			must(t, err)
		}, auth.EndByAdministrator},
		"time": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			w.Clock.Advance(31 * 24 * time.Hour)
			must(t, w.Store.UpdateUser(t.Context(), reload(t, w, ada)))
		}, auth.EndExpired},
		"time and the clean-up": {func(t *testing.T, w *authtest.World, _ *auth.Grant) {
			w.Clock.Advance(91 * 24 * time.Hour)
			_, err := w.CleanUp(t.Context(), nil)
			must(t, err)
			must(t, w.Store.UpdateUser(t.Context(), reload(t, w, ada)))
		}, auth.EndExpired},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store auth.Store) {
				config := authtest.Unlimited(signed)
				config.AccessTokenLifetime = 15 * time.Minute
				w := authtest.New(t, store, config)
				w.Join(t, ada, adasPassword)
				watched := logIn(t, w)
				opaque := w.Replica(authtest.Difference{Config: authtest.Unlimited(authtest.Mandatory)})
				stays := logIn(t, opaque)
				told, others := watches(t, w, watched.Tokens.AccessToken), watches(t, opaque, stays.Tokens.AccessToken)
				c.end(t, w, watched)
				end := endTold(t, told)
				if end == nil || end.Reason != c.reason {
					t.Fatalf("got %+v, want the reason %s", end, c.reason)
				}
				if _, open := <-told; open {
					t.Error("more is told of a session that has ended")
				}
				if c.reason == auth.EndLoggedOut || c.reason == auth.EndRefreshReused || name == "a revocation" {
					select {
					case end := <-others:
						t.Errorf("got %+v of another session, want nothing", end)
					default:
					}
				}
			})
		})
	}
}

// TestAnEarlierActIsNoReason: the session survived the change of its password, and ended later by something that is no act
// of its own.
func TestAnEarlierActIsNoReason(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	current := adasPassword
	changed, err := w.ChangePassword(t.Context(), w.Caller(t, grant.Tokens.AccessToken), auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
	must(t, err)
	w.Clock.Advance(3 * time.Second)
	told := watches(t, w, changed.Tokens.AccessToken)
	must(t, w.Store.EndSession(t.Context(), grant.Session.ID))
	if end := endTold(t, told); end == nil || end.Reason != auth.EndRevoked {
		t.Errorf("got %+v, want the reason %s", end, auth.EndRevoked)
	}
}

// TestWaitingForTheEndIsNoUse: or a page that stays open would keep a session for ever.
func TestWaitingForTheEndIsNoUse(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	w.Clock.Advance(time.Hour)
	watches(t, w, grant.Tokens.AccessToken)
	session, _, err := w.Store.SessionByID(t.Context(), grant.Session.ID)
	must(t, err)
	if !session.LastSeenAt.Equal(grant.Session.LastSeenAt) {
		t.Errorf("got %v for when the session was last seen, want %v", session.LastSeenAt, grant.Session.LastSeenAt)
	}
}

func TestWaitingEndsWithTheTokenAndWithoutAWord(t *testing.T) {
	t.Parallel()
	t.Run("a JWT", func(t *testing.T) {
		t.Parallel()
		w := authtest.New(t, authtest.SQLite(t), signed)
		w.Join(t, ada, adasPassword)
		grant := logIn(t, w)
		w.Clock.Advance(grant.Tokens.ExpiresAt.Sub(w.Clock.Now()) - 10*time.Millisecond)
		if end := endTold(t, watches(t, w, grant.Tokens.AccessToken)); end != nil {
			t.Errorf("got %+v, want that nothing is told of a session that lives", end)
		}
	})
	t.Run("one that was replaced", func(t *testing.T) {
		t.Parallel()
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		grant := logIn(t, w)
		told := watches(t, w, grant.Tokens.AccessToken)
		current := adasPassword
		_, err := w.ChangePassword(t.Context(), w.Caller(t, grant.Tokens.AccessToken), auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
		must(t, err)
		if end := endTold(t, told); end != nil {
			t.Errorf("got %+v, want that nothing is told of a session that lives", end)
		}
	})
	t.Run("the one who waits goes", func(t *testing.T) {
		t.Parallel()
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		caller := w.Caller(t, logIn(t, w).Tokens.AccessToken)
		ctx, cancel := context.WithCancel(t.Context())
		told, err := w.WatchSession(ctx, caller)
		must(t, err)
		cancel()
		if end := endTold(t, told); end != nil {
			t.Errorf("got %+v, want nothing", end)
		}
	})
}

// failingReads is a store that cannot be read a number of times.
type failingReads struct {
	auth.Store
	failed chan struct{}
}

func (s *failingReads) SessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	select {
	case s.failed <- struct{}{}:
		return nil, nil, errors.New("connection refused")
	default:
		return s.Store.SessionByID(ctx, id)
	}
}

func TestAnOutageIsNoEndOfASession(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	store := &failingReads{Store: w.Store, failed: make(chan struct{}, 1)}
	told := watches(t, w.Replica(authtest.Difference{Store: store}), grant.Tokens.AccessToken)
	for len(store.failed) == 0 {
		must(t, w.Store.UpdateUser(t.Context(), reload(t, w, ada))) // it looks again
	}
	select {
	case end := <-told:
		t.Fatalf("got %+v for an outage, want nothing", end)
	default:
	}
	must(t, w.Logout(t.Context(), grant.Tokens.AccessToken))
	if end := endTold(t, told); end == nil || end.Reason != auth.EndLoggedOut {
		t.Errorf("got %+v after the outage, want that the session was logged out", end)
	}
}

func TestTheNumberOfThoseWhoWaitIsBounded(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	w.Join(t, ada, adasPassword)
	ctx := auth.WithRequest(t.Context(), auth.Request{ClientIP: netip.MustParseAddr("192.0.2.1")})
	caller := w.Caller(t, logIn(t, w).Tokens.AccessToken)
	ending, end := context.WithCancel(ctx)
	first, err := w.WatchSession(ending, caller)
	must(t, err)
	for range 4 {
		_, err := w.WatchSession(ctx, caller)
		must(t, err)
	}
	_, err = w.WatchSession(ctx, caller)
	failed(t, err, auth.RateLimited)
	end()
	endTold(t, first)
	_, err = w.WatchSession(ctx, caller)
	must(t, err)

	for range 19 { // five of each, with the one above a hundred
		caller := w.Caller(t, logIn(t, w).Tokens.AccessToken)
		for range 5 {
			_, err := w.WatchSession(ctx, caller)
			must(t, err)
		}
	}
	another := w.Caller(t, logIn(t, w).Tokens.AccessToken)
	_, err = w.WatchSession(ctx, another)
	failed(t, err, auth.RateLimited)
	elsewhere := auth.WithRequest(t.Context(), auth.Request{ClientIP: netip.MustParseAddr("192.0.2.2")})
	_, err = w.WatchSession(elsewhere, another)
	must(t, err)

	watch := func(ip string) error { // five times, in a new session
		ctx := auth.WithRequest(t.Context(), auth.Request{ClientIP: netip.MustParseAddr(ip)})
		caller := w.Caller(t, logIn(t, w).Tokens.AccessToken)
		for range 5 {
			if _, err := w.WatchSession(ctx, caller); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range 20 {
		must(t, watch(fmt.Sprintf("2001:db8::%d", i)))
	}
	failed(t, watch("2001:db8::ffff"), auth.RateLimited) // it has these 64 bits all to itself
	must(t, watch("2001:db8:0:1::1"))
}
