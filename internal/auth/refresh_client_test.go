package auth_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	firefox       = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	newerFirefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
	androidChrome = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36"
)

// refreshFrom uses a refresh token from a client.
func refreshFrom(ctx context.Context, w *authtest.World, token secret.Text) (*auth.Grant, error) {
	return w.RefreshSession(ctx, auth.RefreshInput{RefreshToken: &token})
}

// wantStolen fails the test unless the session of the grant has ended, and its user was told.
func wantStolen(t *testing.T, w *authtest.World, err error, grant *auth.Grant) {
	t.Helper()
	refused(t, err, auth.InvalidRefreshToken)
	if lives(t, w, grant.Tokens.AccessToken) {
		t.Error("got a session that is alive after a copy of its token was used, want an ended one")
	}
	w.Letter(t, auth.LetterSessionStolen)
	wantEvents(t, w, "refresh_token_reused", "REFRESH_TOKEN_INVALID")
}

func TestOnlyTheClientThatUsedARefreshTokenGetsItsSuccessorAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, address, agent string
		isSame               bool
	}{
		{"the same", "203.0.113.7", firefox, true},
		{"another address of its network", "203.0.113.99", firefox, true},
		{"another version of the browser", "203.0.113.7", newerFirefox, true},
		{"another network", "198.51.100.7", firefox, false},
		{"another kind of device", "203.0.113.7", androidChrome, false},
		{"an address of the other family", "2001:db8::7", firefox, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, store auth.Store) {
				w, grant := chain(t, store)
				next, err := refreshFrom(from(t, "203.0.113.7", firefox), w, grant.Tokens.RefreshToken)
				must(t, err)
				w.Clock.Advance(time.Second)
				again, err := refreshFrom(from(t, c.address, c.agent), w.Replica(authtest.Difference{}), grant.Tokens.RefreshToken)
				if !c.isSame {
					wantStolen(t, w, err, next)
					return
				}
				must(t, err)
				if again.Tokens.RefreshToken != next.Tokens.RefreshToken {
					t.Error("got another refresh token, want the same successor")
				}
				w.NoLetter(t)
			})
		})
	}
}

// TestACopyThatIsUsedFirstDoesNotOutliveItsOwner lets a copy of a token be used a moment before its owner refreshes.
func TestACopyThatIsUsedFirstDoesNotOutliveItsOwner(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	stolen, err := refreshFrom(from(t, "198.51.100.7", firefox), w, grant.Tokens.RefreshToken)
	must(t, err)
	w.Clock.Advance(time.Second)
	_, err = refreshFrom(from(t, "203.0.113.7", firefox), w, grant.Tokens.RefreshToken)
	wantStolen(t, w, err, stolen)
}

func TestAClientMayChangeItsNetworkBetweenTwoRefreshes(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	for _, address := range []string{"203.0.113.7", "198.51.100.7", "2001:db8::7"} {
		next, err := refreshFrom(from(t, address, firefox), w, grant.Tokens.RefreshToken)
		must(t, err)
		grant = next
	}
	w.NoLetter(t)
}

// TestTheSuccessorOfARefreshByTheReleaseBeforeIsForAnyClient is about a roll-out: what it wrote names no client.
func TestTheSuccessorOfARefreshByTheReleaseBeforeIsForAnyClient(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	old := w.Replica(authtest.Difference{Store: releaseBefore{w.Store}})
	next, err := refreshFrom(from(t, "203.0.113.7", firefox), old, grant.Tokens.RefreshToken)
	must(t, err)
	again, err := refreshFrom(from(t, "198.51.100.7", firefox), w, grant.Tokens.RefreshToken)
	must(t, err)
	if again.Tokens.RefreshToken != next.Tokens.RefreshToken {
		t.Error("got another refresh token, want the same successor")
	}
}

// TestTheMarkOfAnEarlierRefreshIsOfNoLaterOne is about the same roll-out: this release refreshes at home, the one before
// at the office, and then a second tab there comes to this one.
func TestTheMarkOfAnEarlierRefreshIsOfNoLaterOne(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		old := w.Replica(authtest.Difference{Store: releaseBefore{w.Store}})
		atHome, err := refreshFrom(from(t, "203.0.113.7", firefox), w, grant.Tokens.RefreshToken)
		must(t, err)
		office := from(t, "198.51.100.7", firefox)
		next, err := refreshFrom(office, old, atHome.Tokens.RefreshToken)
		must(t, err)
		again, err := refreshFrom(office, w, atHome.Tokens.RefreshToken)
		must(t, err)
		if again.Tokens.RefreshToken != next.Tokens.RefreshToken {
			t.Error("got another refresh token, want the same successor")
		}
		w.NoLetter(t)
	})
}

// releaseBefore is a store that does not write down which client used a refresh token, and leaves what is there.
type releaseBefore struct{ auth.Store }

func (s releaseBefore) RotateRefreshChain(ctx context.Context, c *auth.RefreshChain, seen time.Time) error {
	before, _, _, err := s.RefreshChain(ctx, c.Family)
	if err != nil {
		return err
	}
	unmarked := *c
	unmarked.RotatedBy = before.RotatedBy
	return s.Store.RotateRefreshChain(ctx, &unmarked, seen)
}

// TestWhoPollsASessionLearnsNothingOfItsRefreshes lets somebody who has copied a pair of tokens look each second, for
// four minutes, whether the session was seen at a time that is none of their own, as it would be by a refresh. They
// replay the old token then.
func TestWhoPollsASessionLearnsNothingOfItsRefreshes(t *testing.T) {
	t.Parallel()
	w, grant := chain(t, authtest.SQLite(t))
	owner, thief := from(t, "203.0.113.7", firefox), from(t, "198.51.100.7", firefox)
	random := rand.New(rand.NewPCG(1, 2))
	access, good, last := grant.Tokens.AccessToken, grant.Tokens.RefreshToken, grant.Tokens.RefreshToken
	polls, replays, refreshed, next := map[time.Time]bool{}, 0, 0, 8
	seen := grant.Session.LastSeenMinute()
	polls[seen] = true
	for second := range 4 * 60 {
		w.Clock.Advance(700 * time.Millisecond)
		if second == next { // the owner refreshes
			got, err := refreshFrom(owner, w, good)
			must(t, err)
			last, good = good, got.Tokens.RefreshToken
			refreshed, next = refreshed+1, second+8+random.IntN(38)
		}
		w.Clock.Advance(300 * time.Millisecond)
		caller, err := w.Authenticate(thief, access)
		must(t, err)
		polls[w.Clock.Now().UTC().Truncate(time.Minute)] = true
		sessions, err := w.Sessions(thief, caller)
		must(t, err)
		if now := sessions[0].LastSeenMinute(); now != seen && !polls[now] {
			replays++
			if _, err := refreshFrom(thief, w, last); err == nil {
				t.Fatalf("got a successor by a replay in second %d, want a refusal", second)
			}
		} else {
			seen = now
		}
	}
	if refreshed < 5 {
		t.Fatalf("got %d refreshes in four minutes, want at least 5", refreshed)
	}
	if replays != 0 {
		t.Errorf("the session told of %d refreshes, want none", replays)
	}

	t.Run("and whoever guesses when, is seen", func(t *testing.T) {
		got, err := refreshFrom(owner, w, good)
		must(t, err)
		_, err = refreshFrom(thief, w, good)
		wantStolen(t, w, err, got)
	})
}

func TestARefreshNotesTheUseOfItsSessionOnceAMinute(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, grant := chain(t, store)
		seen := grant.Session.LastSeenAt
		for _, step := range []struct {
			wait  time.Duration
			moves bool
		}{{59 * time.Second, false}, {time.Second, true}, {time.Second, false}, {2 * time.Minute, true}} {
			w.Clock.Advance(step.wait)
			grant = refreshes(t, w, grant.Tokens.RefreshToken)
			family, err := secret.RefreshFamily(grant.Tokens.RefreshToken)
			must(t, err)
			_, session, _, err := w.Store.RefreshChain(t.Context(), family)
			must(t, err)
			if step.moves {
				seen = w.Clock.Now()
			}
			if !session.LastSeenAt.Equal(seen) || !grant.Session.LastSeenAt.Equal(seen) {
				t.Errorf("got it seen at %v and %v, want %v", session.LastSeenAt, grant.Session.LastSeenAt, seen)
			}
		}
	})
}
