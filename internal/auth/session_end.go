package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// SessionEndReason is why a session ended.
type SessionEndReason string

// Why sessions end.
const (
	EndLoggedOut       SessionEndReason = "LOGGED_OUT"
	EndRevoked         SessionEndReason = "REVOKED"
	EndPasswordChanged SessionEndReason = "PASSWORD_CHANGED"
	EndRefreshReused   SessionEndReason = "REFRESH_REUSED"
	EndExpired         SessionEndReason = "EXPIRED"
	EndDisabled        SessionEndReason = "DISABLED"
	EndDeleted         SessionEndReason = "DELETED"
	EndByAdministrator SessionEndReason = "ADMIN"
)

// SessionEnd is the end of a session.
type SessionEnd struct {
	Reason SessionEndReason
	At     time.Time // when it was noticed, if it is not known better
}

const (
	// watchedAgain is how often a watched session is read though nothing was heard of it: it may have expired, and a
	// notice can be lost.
	watchedAgain = time.Minute
	// clocksApart is how far the clocks of two replicas may be apart, when the act is looked for that ended a session.
	clocksApart = 2 * time.Second
	// endEvents is how many events are read for that, the oldest first.
	endEvents = 200
)

// endsOf are the acts that end sessions, and why: of all others the reason is EndRevoked.
var endsOf = map[Act]SessionEndReason{
	actLoggedOut:         EndLoggedOut,
	actTokenRevoked:      EndLoggedOut,
	actSessionRevoked:    EndRevoked,
	actSessionEvicted:    EndRevoked,
	actSessionsEnded:     EndRevoked,
	actPasswordChanged:   EndPasswordChanged,
	actPasswordReset:     EndPasswordChanged,
	actPasswordSet:       EndPasswordChanged,
	actRefreshReused:     EndRefreshReused,
	actAccountDisabled:   EndDisabled,
	actAccountDeleted:    EndDeleted,
	actUserSessionsEnded: EndByAdministrator,
}

// endsOne are those of them that end no session but that of their event.
var endsOne = map[Act]bool{
	actLoggedOut: true, actTokenRevoked: true, actSessionRevoked: true, actSessionEvicted: true, actRefreshReused: true,
}

// SessionWatcher tells when sessions may have changed.
type SessionWatcher interface {
	// WatchSessions returns a channel that has a value whenever a session of the user, or the user, may have changed since
	// it was last received from, and is never closed. It is fed until ctx ends. Some changes of others are told as well,
	// and one that another Store made may be told as late as RecentSessionReader says.
	WatchSessions(ctx context.Context, userID uuid.UUID) (changed <-chan struct{}, err error)
}

// WatchSession returns a channel on which the end of the caller's session is told as soon as it is known, at which it is
// closed. It is closed without a word when ctx ends, when the access token is past its time or another one took its place.
// To watch is not to use: the session does not last longer for it. An Error of kind RateLimited: too many are watching.
func (s *Service) WatchSession(ctx context.Context, caller *Caller) (<-chan *SessionEnd, error) {
	leave, err := s.watchers.join(caller.Session.ID, clientNetworks(RequestFrom(ctx)))
	if err != nil {
		return nil, fmt.Errorf("watch a session: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	changed, err := s.store.WatchSessions(ctx, caller.User.ID)
	if err != nil {
		cancel()
		leave()
		return nil, fmt.Errorf("watch a session: %w", err)
	}
	told := make(chan *SessionEnd)
	go func() {
		defer close(told)
		defer leave()
		defer cancel()
		if end := s.awaitEnd(ctx, caller, changed); end != nil {
			select {
			case told <- end:
			case <-ctx.Done():
			}
		}
	}()
	return told, nil
}

// awaitEnd returns the end of the caller's session when it has come, and nil if nothing more is to be told.
func (s *Service) awaitEnd(ctx context.Context, caller *Caller, changed <-chan struct{}) *SessionEnd {
	again := time.NewTicker(watchedAgain)
	defer again.Stop()
	lives, known := s.now(), caller.Session
	tokenEnds := make(<-chan time.Time)
	if caller.Token.Fixed {
		timer := time.NewTimer(caller.Token.ExpiresAt.Sub(lives))
		defer timer.Stop()
		tokenEnds = timer.C
	}
	for {
		session, user, err := s.store.SessionByID(ctx, caller.Session.ID)
		now := s.now()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrNotFound):
			return s.endOf(ctx, known, lives)
		case err != nil: // an outage is not an end
		case user.Disabled():
			return &SessionEnd{Reason: EndDisabled, At: now}
		case session.Expired(now):
			return &SessionEnd{Reason: EndExpired, At: session.ExpiresAt()}
		case session.Generation != caller.Session.Generation:
			return nil
		default:
			lives, known = now, session
		}
		select {
		case <-changed:
		case <-again.C:
		case <-tokenEnds:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// endOf returns why a session has ended that was alive at a time, as it was then.
func (s *Service) endOf(ctx context.Context, session *Session, lived time.Time) *SessionEnd {
	end := &SessionEnd{Reason: EndRevoked, At: s.now()}
	if session.Expired(end.At) { // it was removed because of that
		end.Reason = EndExpired
	}
	// The audit trail does not tell whose the acts on an erased account were.
	if _, err := s.store.UserByID(ctx, session.UserID); errors.Is(err, ErrNotFound) {
		end.Reason = EndDeleted
		return end
	}
	events, err := s.store.AuditEvents(ctx, session.UserID, lived.Add(-clocksApart), uuid.Nil, endEvents)
	if err != nil {
		return end // that it has ended is certain, and tells the client what to do
	}
	for _, event := range events {
		reason, ends := endsOf[event.Act]
		isDone := event.Outcome == outcomeOK || event.Act == actRefreshReused
		if ends && isDone && (!endsOne[event.Act] || event.SessionID == session.ID) {
			end = &SessionEnd{Reason: reason, At: event.At}
		}
	}
	return end
}
