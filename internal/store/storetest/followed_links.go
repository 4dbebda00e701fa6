package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("followed links", followedLinks)
	_ = newHeap(auth.ExpiredFollowedLinks, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		mark := digest()
		must(t, s.AddFollowedLink(t.Context(), mark, moment))
		return func() bool { return isFollowed(t, s, mark, moment.Add(-time.Hour)) }
	})
	_ = newCalls(calls{
		"AddFollowedLink": func(ctx context.Context, s rows) error { return s.AddFollowedLink(ctx, digest(), noon) },
		"FollowedLink":    func(ctx context.Context, s rows) error { _, err := s.FollowedLink(ctx, digest(), noon); return err },
	})
)

func isFollowed(t *testing.T, s auth.Store, mark []byte, since time.Time) bool {
	t.Helper()
	followed, err := s.FollowedLink(t.Context(), mark, since)
	must(t, err)
	return followed
}

func followedLinks(t *testing.T, open Open) {
	t.Run("a mark is found until its time, and by itself alone", func(t *testing.T) {
		s := open(t)
		mark := digest()
		must(t, s.AddFollowedLink(t.Context(), mark, noon))
		if !isFollowed(t, s, mark, noon.Add(-time.Microsecond)) || isFollowed(t, s, mark, noon) || isFollowed(t, s, digest(), noon.Add(-time.Hour)) {
			t.Error("got a mark beside its time or another one found, want it until noon alone")
		}
		must(t, s.AddFollowedLink(t.Context(), mark, noon.Add(time.Hour)))
		if !isFollowed(t, s, mark, noon) {
			t.Error("got no mark that was noted again, want it")
		}
	})

	t.Run("what is undone leaves no mark", func(t *testing.T) {
		s := open(t)
		mark := digest()
		want(t, auth.ErrNotFound, s.InTx(t.Context(), func(tx auth.Tx) error {
			must(t, tx.AddFollowedLink(t.Context(), mark, noon))
			return auth.ErrNotFound
		}))
		if isFollowed(t, s, mark, noon.Add(-time.Hour)) {
			t.Error("got a mark of a transaction that was undone, want none")
		}
	})
}
