package auth

import (
	"context"
	"fmt"
	"time"
)

// linkDoneFor is for how long the browser that followed a link hears that it worked.
const linkDoneFor = 10 * time.Minute

// ExpiredFollowedLinks are links that were followed.
var ExpiredFollowedLinks = newExpired("links that were followed", cleanupTask{order: 15, kept: linkDoneFor})

// followedLinkStore remembers links that worked.
type followedLinkStore interface {
	// AddFollowedLink notes that the form with this mark made a link work.
	AddFollowedLink(ctx context.Context, mark []byte, at time.Time) error
}

// followedLinkReader finds them.
type followedLinkReader interface {
	// FollowedLink reports whether a form with this mark made a link work later than since.
	FollowedLink(ctx context.Context, mark []byte, since time.Time) (bool, error)
}

// followed notes that the link of the request worked, if its form has a mark. It is in the transaction that uses the
// link up, so whoever finds the link used finds the mark as well, on any replica.
func (tx *tx) followed(ctx context.Context) error {
	if len(tx.request.LinkMark) == 0 {
		return nil
	}
	return tx.AddFollowedLink(ctx, tx.request.LinkMark, tx.at)
}

// LinkFollowed reports whether the form with this mark made its link work within the last ten minutes, here or on
// another replica. No mark is no form.
func (s *Service) LinkFollowed(ctx context.Context, mark []byte) (bool, error) {
	if len(mark) == 0 {
		return false, nil
	}
	followed, err := s.store.FollowedLink(ctx, mark, s.now().Add(-linkDoneFor))
	if err != nil {
		return false, fmt.Errorf("look for a link that was followed: %w", err)
	}
	return followed, nil
}
