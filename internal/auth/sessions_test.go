package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// limited returns a world in which a user has so many sessions at once.
func limited(t *testing.T, store auth.Store, limit int) *authtest.World {
	t.Helper()
	config := authtest.Mandatory
	config.MaxSessionsPerUser = limit
	config.LimitPatience = time.Minute // right passwords of one account wait for each other, however slow the machine is
	return authtest.New(t, store, config)
}

// wantSessions fails the test unless the caller has exactly these sessions, in this order.
func wantSessions(t *testing.T, w *authtest.World, caller *auth.Caller, wanted ...*auth.Caller) {
	t.Helper()
	got, err := w.Sessions(t.Context(), caller)
	must(t, err)
	var gotIDs, wantedIDs []uuid.UUID
	for _, session := range got {
		gotIDs = append(gotIDs, session.ID)
	}
	for _, other := range wanted {
		wantedIDs = append(wantedIDs, other.Session.ID)
	}
	if !slices.Equal(gotIDs, wantedIDs) {
		t.Errorf("the sessions are %v, want %v", gotIDs, wantedIDs)
	}
}

func TestSessionsAreListed(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, nobody, adasPassword)
	w.LogIn(t, nobody, adasPassword)
	w.Join(t, ada, adasPassword)
	first, firstToken := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(day)
	second, _ := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(day)
	third, _ := w.LogIn(t, ada, adasPassword)
	t.Run("the one that asks first, then the last seen first, and nobody else's", func(t *testing.T) {
		wantSessions(t, w, first, first, third, second)
		wantSessions(t, w, second, second, third, first)
	})
	t.Run("not by when they began, but by when they were seen", func(t *testing.T) {
		w.Clock.Advance(time.Hour)
		if !lives(t, w, firstToken) {
			t.Fatal("the first has ended")
		}
		wantSessions(t, w, second, second, first, third)
	})
	t.Run("and not when they have expired", func(t *testing.T) {
		w.Clock.Advance(29 * day)
		wantSessions(t, w, third, third, first)
		w.Clock.Advance(2 * day)
		wantSessions(t, w, third)
	})
}

func TestRevokeSession(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, nobody, adasPassword)
	stranger, strangersToken := w.LogIn(t, nobody, adasPassword)
	w.Join(t, ada, adasPassword)
	old, _ := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(30 * day)
	current, currentToken := w.LogIn(t, ada, adasPassword)
	other, otherToken := w.LogIn(t, ada, adasPassword)
	_, stays := w.LogIn(t, ada, adasPassword)

	t.Run("ends it and returns it", func(t *testing.T) {
		revoked, err := w.RevokeSession(t.Context(), current, other.Session.ID)
		must(t, err)
		if revoked.ID != other.Session.ID || lives(t, w, otherToken) {
			t.Error("got another session, or one that is alive, want the revoked one")
		}
	})
	t.Run("is refused alike for somebody else's, an unknown, an ended and an expired one", func(t *testing.T) {
		messages := map[string]bool{}
		for _, id := range []uuid.UUID{stranger.Session.ID, uuid.New(), uuid.Nil, other.Session.ID, old.Session.ID} {
			_, err := w.RevokeSession(t.Context(), current, id)
			refused(t, err, auth.NotFound)
			messages[err.Error()] = true
		}
		if len(messages) != 1 {
			t.Errorf("there are %d answers", len(messages))
		}
		w.Clock.Advance(-day) // into the life of the stranger's
		if !lives(t, w, strangersToken) {
			t.Error("the session of somebody else has ended")
		}
		w.Clock.Advance(day)
	})
	t.Run("ends the one that asks, too, and no other", func(t *testing.T) {
		_, err := w.RevokeSession(t.Context(), current, current.Session.ID)
		must(t, err)
		if lives(t, w, currentToken) || !lives(t, w, stays) {
			t.Error("another has ended than that which asked")
		}
	})
}

func TestOfManyWhoRevokeASessionOneDoes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		other, _ := w.LogIn(t, ada, adasPassword)
		oneWins(t, atOnce(10, func(int) error {
			_, err := w.RevokeSession(t.Context(), caller, other.Session.ID)
			return err
		}), auth.NotFound)
		if n := len(eventsOf(t, w, "session_revoked")); n != 1 {
			t.Errorf("it is written down %d times", n)
		}
	})
}

func TestLogoutAll(t *testing.T) {
	t.Parallel()
	for name, keeps := range map[string]bool{"ends all": false, "ends all but the one that asks": true} {
		t.Run(name+", and counts those that had not expired", func(t *testing.T) {
			w := mandatory(t)
			w.Join(t, nobody, adasPassword)
			w.Join(t, ada, adasPassword)
			w.LogIn(t, ada, adasPassword)
			w.Clock.Advance(30 * day)
			_, strangers := w.LogIn(t, nobody, adasPassword)
			caller, token := w.LogIn(t, ada, adasPassword)
			_, other := w.LogIn(t, ada, adasPassword)
			ended, err := w.LogoutAll(t.Context(), caller, keeps)
			must(t, err)
			if want := map[bool]int{true: 1, false: 2}[keeps]; ended != want {
				t.Errorf("%d ended, want %d", ended, want)
			}
			if lives(t, w, token) != keeps || lives(t, w, other) || !lives(t, w, strangers) {
				t.Error("not those have ended that should have")
			}
		})
	}
}

func TestALoginOverTheLimitEndsTheSessionUnusedLongest(t *testing.T) {
	t.Parallel()
	w := limited(t, authtest.SQLite(t), 2)
	w.Join(t, nobody, adasPassword)
	_, strangers := w.LogIn(t, nobody, adasPassword)
	w.Join(t, ada, adasPassword)
	_, first := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(time.Hour)
	_, second := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(time.Hour)
	if !lives(t, w, first) { // and is used now
		t.Fatal("the limit is lower than it was set")
	}
	_, third := w.LogIn(t, ada, adasPassword)
	if !lives(t, w, first) || lives(t, w, second) || !lives(t, w, third) {
		t.Error("another has ended")
	}
	if !lives(t, w, strangers) {
		t.Error("a session of somebody else has ended")
	}
	if n := len(eventsOf(t, w, "session_over_limit")); n != 1 {
		t.Errorf("it is written down %d times", n)
	}

	t.Run("and when the limit was lowered, as many as it takes", func(t *testing.T) {
		config := w.Config()
		config.MaxSessionsPerUser = 1
		_, only := w.Replica(authtest.Difference{Config: config}).LogIn(t, ada, adasPassword)
		if lives(t, w, first) || lives(t, w, third) || !lives(t, w, only) {
			t.Error("the new limit does not hold")
		}
	})
}

func TestExpiredSessionsDoNotCount(t *testing.T) {
	t.Parallel()
	w := limited(t, authtest.SQLite(t), 2)
	w.Join(t, ada, adasPassword)
	_, used := w.LogIn(t, ada, adasPassword)
	w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(20 * day)
	if !lives(t, w, used) {
		t.Fatal("the session has ended")
	}
	w.Clock.Advance(10 * day) // the other one expires
	w.LogIn(t, ada, adasPassword)
	if !lives(t, w, used) || len(eventsOf(t, w, "session_over_limit")) != 0 {
		t.Error("a session has ended for one that had expired")
	}
}

func TestWithoutALimitThereIsTheDefaultOne(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, -1} {
		if got := limited(t, authtest.SQLite(t), limit).Config().MaxSessionsPerUser; got != auth.DefaultMaxSessionsPerUser {
			t.Errorf("of %d it is %d", limit, got)
		}
	}
}

func TestTwentyLoginsAtOnceLeaveNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := limited(t, store, 3)
		w.Join(t, ada, adasPassword)
		tokens := make([]secret.Text, 20)
		errs := atOnce(len(tokens), func(i int) error {
			grant, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
			if err == nil {
				tokens[i] = grant.Tokens.AccessToken
			}
			return err
		})
		left := 0
		for i, err := range errs {
			must(t, err)
			if lives(t, w, tokens[i]) {
				left++
			}
		}
		if left != 3 {
			t.Errorf("%d sessions are left", left)
		}
		if n := len(eventsOf(t, w, "session_over_limit")); n != 17 {
			t.Errorf("%d are written down as ended", n)
		}
		for _, letter := range w.Letters(t) {
			t.Errorf("there is a letter of kind %s: all came from the same client", letter.Kind)
		}
	})
}

func TestALoginAndLogoutAllAtOnceLeaveAtMostThatLogin(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		caller, token := w.LogIn(t, ada, adasPassword)
		_, other := w.LogIn(t, ada, adasPassword)
		for _, err := range atOnce(8, func(i int) error {
			if i%2 == 0 {
				_, err := w.LogoutAll(t.Context(), caller, true)
				return err
			}
			_, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
			return err
		}) {
			must(t, err)
		}
		if !lives(t, w, token) || lives(t, w, other) {
			t.Error("not those have ended that should have")
		}
		got, err := w.Sessions(t.Context(), caller)
		must(t, err)
		if len(got) > 5 {
			t.Errorf("%d sessions are left", len(got))
		}
	})
}

// TestLogoutAllCountsUnderTheLockOfTheUser has what the number of ended sessions is worth: no login comes in
// between, because it waits for the same lock.
func TestLogoutAllCountsUnderTheLockOfTheUser(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		caller, _ := joined(t, w, ada, adasPassword)
		w.LogIn(t, ada, adasPassword)
		var calls []string
		watched := w.Replica(authtest.Difference{Store: authtest.Observe(store, func(method string) { calls = append(calls, method) })})
		_, err := watched.LogoutAll(t.Context(), caller, true)
		must(t, err)
		want := []string{"TakeUnits", "InTx", "LockUser", "Sessions", "EndSessions", "DeleteLoginChallenges", "DeleteTrustedDevices", "AddAuditEvent", "AddEvent"}
		if !slices.Equal(calls, want) {
			t.Errorf("got the calls %q, want %q", calls, want)
		}

		must(t, w.DeleteAccount(t.Context(), caller, ada))
		ended, err := w.LogoutAll(t.Context(), caller, false)
		failed(t, err, auth.Unauthenticated)
		if ended != 0 {
			t.Errorf("got %d sessions ended of a user who does not exist any more, want 0", ended)
		}
	})
}
