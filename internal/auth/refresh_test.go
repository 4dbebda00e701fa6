package auth_test

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("session_stolen", normalPriority)

// refresh uses a refresh token.
func refresh(w *authtest.World, t *testing.T, token secret.Text) (*auth.Grant, error) {
	return w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &token})
}

// refreshes uses a refresh token that works.
func refreshes(t *testing.T, w *authtest.World, token secret.Text) *auth.Grant {
	t.Helper()
	grant, err := refresh(w, t, token)
	must(t, err)
	return grant
}

// chain logs in where access tokens are JWTs, and returns the refresh token.
func chain(t *testing.T, store auth.Store) (*authtest.World, *auth.Grant) {
	t.Helper()
	w := authtest.New(t, store, signed)
	w.Join(t, ada, adasPassword)
	return w, logIn(t, w)
}

func TestARefreshTokenGetsTheNextTokens(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		w.Clock.Advance(14 * time.Minute)
		next := refreshes(t, w, grant.Tokens.RefreshToken)
		if next.Tokens.RefreshToken == grant.Tokens.RefreshToken || next.Tokens.AccessToken == grant.Tokens.AccessToken {
			t.Error("a token is the same as before")
		}
		if next.Session.ID != grant.Session.ID || next.User.ID != grant.User.ID {
			t.Error("got another session or user, want the same")
		}
		now := w.Clock.Now()
		if !next.Tokens.ExpiresAt.Equal(now.Add(15*time.Minute).Truncate(time.Second)) || !next.Tokens.RefreshExpiresAt.Equal(now.Add(30*24*time.Hour)) {
			t.Errorf("they expire at %v and %v", next.Tokens.ExpiresAt, next.Tokens.RefreshExpiresAt)
		}
		if !next.Session.AuthenticatedAt.Equal(grant.Session.AuthenticatedAt) {
			t.Error("a refresh counts as a proof of a credential")
		}
		if !lives(t, w, next.Tokens.AccessToken) || !lives(t, w, grant.Tokens.AccessToken) {
			t.Error("an access token whose time is not over does not work")
		}
		w.NoLetter(t)
	})
}

func TestARefreshProlongsTheSession(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	w.Clock.Advance(29 * 24 * time.Hour)
	grant = refreshes(t, w, grant.Tokens.RefreshToken)
	w.Clock.Advance(29 * 24 * time.Hour)
	grant = refreshes(t, w, grant.Tokens.RefreshToken)
	w.Clock.Advance(30 * 24 * time.Hour)
	_, err := refresh(w, t, grant.Tokens.RefreshToken)
	refused(t, err, auth.InvalidRefreshToken)
}

func TestAClaimOfAJWTIsAsTheUserIsAtTheRefresh(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	_, err := w.SetRole(t.Context(), ada, auth.RoleAdmin)
	must(t, err)
	next := refreshes(t, w, grant.Tokens.RefreshToken)
	if roles := decoded(t, next.Tokens.AccessToken, 1)["roles"].([]any); len(roles) != 3 {
		t.Errorf("the roles are %v", roles)
	}
}

func TestForHalfAMinuteAUsedRefreshTokenGetsTheSameSuccessor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		first := refreshes(t, w, grant.Tokens.RefreshToken)
		w.Clock.Advance(30*time.Second - time.Microsecond)
		again := refreshes(t, w.Replica(authtest.Difference{}), grant.Tokens.RefreshToken)
		if again.Tokens.RefreshToken != first.Tokens.RefreshToken {
			t.Fatal("got another refresh token within 30 seconds, want the same successor")
		}
		if !lives(t, w, again.Tokens.AccessToken) {
			t.Error("the access token that came with it does not work")
		}
		refreshes(t, w, first.Tokens.RefreshToken)
		w.NoLetter(t)
	})
}

func TestAReusedRefreshTokenEndsItsSession(t *testing.T) {
	t.Parallel()
	for name, reuse := range map[string]func(t *testing.T, w *authtest.World, first *auth.Grant) secret.Text{
		"after half a minute": func(t *testing.T, w *authtest.World, first *auth.Grant) secret.Text {
			next := refreshes(t, w, first.Tokens.RefreshToken)
			w.Clock.Advance(30 * time.Second)
			return next.Tokens.RefreshToken
		},
		"once its successor was used": func(t *testing.T, w *authtest.World, first *auth.Grant) secret.Text {
			next := refreshes(t, w, first.Tokens.RefreshToken)
			return refreshes(t, w, next.Tokens.RefreshToken).Tokens.RefreshToken
		},
		"long ago": func(t *testing.T, w *authtest.World, first *auth.Grant) secret.Text {
			token := first.Tokens.RefreshToken
			for range 20 {
				w.Clock.Advance(24 * time.Hour)
				token = refreshes(t, w, token).Tokens.RefreshToken
			}
			return token
		},
		"after the clean-up": func(t *testing.T, w *authtest.World, first *auth.Grant) secret.Text {
			next := refreshes(t, w, first.Tokens.RefreshToken)
			w.Clock.Advance(time.Minute)
			_, err := w.CleanUp(t.Context(), nil)
			must(t, err)
			return next.Tokens.RefreshToken
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				w, first := chain(t, store)
				others := logIn(t, w)
				good := reuse(t, w, first)

				_, err := refresh(w, t, first.Tokens.RefreshToken)
				refused(t, err, auth.InvalidRefreshToken)
				_, err = refresh(w, t, good)
				refused(t, err, auth.InvalidRefreshToken)
				if lives(t, w, first.Tokens.AccessToken) {
					t.Error("an access token of the session still works")
				}
				letter := w.Letter(t, auth.LetterSessionStolen)
				if letter.To.Canonical != ada {
					t.Error("somebody else is told")
				}
				wantEvents(t, w, "refresh_token_reused", "REFRESH_TOKEN_INVALID")
				refreshes(t, w, others.Tokens.RefreshToken)

				_, err = refresh(w, t, first.Tokens.RefreshToken) // once more: it is over
				refused(t, err, auth.InvalidRefreshToken)
				w.NoLetter(t)
			})
		})
	}
}

// wantEvents fails the test unless there is one event of the act, with the outcome.
func wantEvents(t *testing.T, w *authtest.World, act auth.Act, outcome string) {
	t.Helper()
	count := 0
	must(t, w.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(e auth.AuditEntry) error {
		if e.Act == act && e.Outcome == outcome && e.UserID != uuid.Nil && e.SessionID != uuid.Nil {
			count++
		}
		return nil
	}))
	if count != 1 {
		t.Errorf("there are %d events %s with outcome %s, want 1", count, act, outcome)
	}
}

func TestAHundredRefreshesAtOnceLeaveOneChain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		replica := w.Replica(authtest.Difference{})
		var mu sync.Mutex
		successors := map[secret.Text]int{}
		errs := atOnce(100, func(i int) error {
			on := w
			if i%2 == 1 {
				on = replica
			}
			got, err := refresh(on, t, grant.Tokens.RefreshToken)
			if err == nil {
				mu.Lock()
				successors[got.Tokens.RefreshToken]++
				mu.Unlock()
			}
			return err
		})
		for _, err := range errs {
			must(t, err)
		}
		if len(successors) != 1 {
			t.Fatalf("there are %d successors, want one", len(successors))
		}
		for token := range successors {
			refreshes(t, w, token)
		}
		w.NoLetter(t)
	})
}

func TestRefreshTokensOfTwoUsersHaveNothingToDoWithEachOther(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, adas := chain(t, store)
		w.Join(t, "eve@lovelace.example", evesPassword)
		eves, err := w.Login(t.Context(), auth.LoginInput{Email: "eve@lovelace.example", Password: evesPassword})
		must(t, err)
		next := refreshes(t, w, eves.Tokens.RefreshToken)
		if next.User.ID != eves.User.ID || next.Session.ID != eves.Session.ID {
			t.Error("a refresh token gets another user's tokens")
		}
		w.Clock.Advance(time.Minute)
		_, err = refresh(w, t, eves.Tokens.RefreshToken) // reuse: Eve's session ends
		refused(t, err, auth.InvalidRefreshToken)
		refreshes(t, w, adas.Tokens.RefreshToken)
	})
}

func TestWhatIsNoRefreshTokenEndsNothing(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	token := grant.Tokens.RefreshToken
	for name, other := range map[string]secret.Text{
		"nothing":             "",
		"a mistyped one":      mistyped(token),
		"half of one":         token[:len(token)/2],
		"another chain's":     secret.NewRefreshToken(),
		"the access token":    grant.Tokens.AccessToken,
		"an opaque token":     secret.NewToken(secret.SessionToken),
		"one with a NUL":      token + "\x00",
		"one with spaces":     " " + token,
		"one in other script": "lk_ref_" + secret.Text(bytes.Repeat([]byte("я"), 40)),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := refresh(w, t, other)
			refused(t, err, auth.InvalidRefreshToken)
			if p := asProblems(t, err)[0].Path; len(p) != 2 || p[1] != "refreshToken" {
				t.Errorf("the path is %v", p)
			}
		})
	}
	refreshes(t, w, token)
	w.NoLetter(t)
}

// mistyped returns the token with another letter in its middle.
func mistyped(token secret.Text) secret.Text {
	other := "x"
	if token[20:21] == "x" {
		other = "y"
	}
	return token[:20] + secret.Text(other) + token[21:]
}

func TestNothingButDigestsIsKeptOfRefreshTokens(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	next := refreshes(t, w, grant.Tokens.RefreshToken)
	family, err := secret.RefreshFamily(grant.Tokens.RefreshToken)
	must(t, err)
	kept, _, _, err := w.Store.RefreshChain(t.Context(), family)
	must(t, err)
	for _, field := range [][]byte{kept.Family, kept.Digest, kept.Previous, kept.Sealed, kept.RotatedBy} {
		for _, token := range []secret.Text{grant.Tokens.RefreshToken, next.Tokens.RefreshToken} {
			if bytes.Contains(field, []byte(token[7:40])) {
				t.Error("a token can be read")
			}
		}
	}
	if _, err := next.Tokens.RefreshToken.Open("refresh token successor", kept.Sealed); !errors.Is(err, secret.ErrSealed) {
		t.Error("the good token opens what only the one before it may")
	}
	w.Clock.Advance(50 * time.Second)
	_, err = w.CleanUp(t.Context(), nil)
	must(t, err)
	if kept, _, _, err = w.Store.RefreshChain(t.Context(), family); err != nil || kept.Sealed != nil {
		t.Error("what is sealed is kept for longer than it may be opened")
	}
}

func TestARefreshThatIsInterruptedCostsNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		for number := 1; ; number++ {
			interrupted, happened := authtest.Interrupt(w.Store, number)
			_, err := refresh(w.Replica(authtest.Difference{Store: interrupted}), t, grant.Tokens.RefreshToken)
			if !happened() {
				must(t, err)
				break
			}
			var problems auth.Problems
			if err == nil || errors.As(err, &problems) {
				t.Fatalf("call %d: an outage is told as %v", number, err)
			}
			grant = refreshes(t, w, grant.Tokens.RefreshToken)
		}
	})
}

func TestAReuseThatIsInterruptedIsStillOne(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		next := refreshes(t, w, grant.Tokens.RefreshToken)
		w.Clock.Advance(time.Minute)
		for number := 1; ; number++ {
			interrupted, happened := authtest.Interrupt(w.Store, number)
			_, err := refresh(w.Replica(authtest.Difference{Store: interrupted}), t, grant.Tokens.RefreshToken)
			if !happened() {
				refused(t, err, auth.InvalidRefreshToken)
				break
			}
			var problems auth.Problems
			if err == nil || errors.As(err, &problems) {
				t.Fatalf("call %d: an outage is told as %v", number, err)
			}
			w.NoLetter(t)
		}
		_, err := refresh(w, t, next.Tokens.RefreshToken)
		refused(t, err, auth.InvalidRefreshToken)
		w.Letter(t, auth.LetterSessionStolen)
	})
}

// clockAt returns a replica whose clock differs.
func clockAt(w *authtest.World, by time.Duration) *auth.Service {
	return auth.New(w.Config(), w.Key, w.Store, w.Hasher, w, func() time.Time { return w.Clock.Now().Add(by) })
}

func TestRefreshesWithClocksThatDiffer(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		t.Run("two tabs at once keep their session", func(t *testing.T) {
			for _, first := range []time.Duration{-10 * time.Second, 10 * time.Second} {
				w, grant := chain(t, authtest.SQLite(t))
				w.Clock.Advance(time.Hour)
				in := auth.RefreshInput{RefreshToken: &grant.Tokens.RefreshToken}
				one, err := clockAt(w, first).RefreshSession(t.Context(), in)
				must(t, err)
				two, err := clockAt(w, -first).RefreshSession(t.Context(), in)
				if first > 0 { // it has not happened yet by that clock: nothing is given, and nothing ends
					refused(t, err, auth.InvalidRefreshToken)
				} else if must(t, err); two.Tokens.RefreshToken != one.Tokens.RefreshToken {
					t.Error("they got two successors")
				}
				refreshes(t, w, one.Tokens.RefreshToken)
				w.NoLetter(t)
			}
		})

		t.Run("a clean-up by a clock that is ahead is no outage and no theft", func(t *testing.T) {
			w, grant := chain(t, store)
			next := refreshes(t, w, grant.Tokens.RefreshToken)
			w.Clock.Advance(26 * time.Second)
			_, err := clockAt(w, 10*time.Second).CleanUp(t.Context(), nil)
			must(t, err)
			if again := refreshes(t, w, grant.Tokens.RefreshToken); again.Tokens.RefreshToken != next.Tokens.RefreshToken {
				t.Error("got another refresh token after the clean-up, want the same successor")
			}
			_, err = clockAt(w, time.Minute).CleanUp(t.Context(), nil)
			must(t, err)
			_, err = refresh(w, t, grant.Tokens.RefreshToken)
			refused(t, err, auth.InvalidRefreshToken)
			refreshes(t, w, next.Tokens.RefreshToken)
		})

		t.Run("a clock that was set back gives no successor again", func(t *testing.T) {
			w, grant := chain(t, authtest.SQLite(t))
			w.Clock.Advance(2 * time.Hour)
			next := refreshes(t, w, grant.Tokens.RefreshToken)
			w.Clock.Advance(-time.Hour)
			_, err := refresh(w, t, grant.Tokens.RefreshToken)
			tooOften(t, err, time.Second/2) // counted by a clock that was ahead, which costs as long as one refresh does
			w.Clock.Advance(time.Second / 2)
			_, err = refresh(w, t, grant.Tokens.RefreshToken)
			refused(t, err, auth.InvalidRefreshToken)
			w.Clock.Advance(time.Second / 2)
			refreshes(t, w, next.Tokens.RefreshToken)
		})
	})
}

// TestADisabledUserDoesNotRefresh disables a user past the service, which would end the sessions as well.
func TestADisabledUserDoesNotRefresh(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		user := reload(t, w, ada)
		user.DisabledAt = w.Clock.Now()
		must(t, store.UpdateUser(t.Context(), user))
		_, err := refresh(w, t, grant.Tokens.RefreshToken)
		refused(t, err, auth.InvalidRefreshToken)

		user.DisabledAt = time.Time{}
		must(t, store.UpdateUser(t.Context(), user))
		refreshes(t, w, grant.Tokens.RefreshToken) // it was not used up
	})
}
