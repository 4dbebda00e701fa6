package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// AuditEvent is one act, as it is kept: who did what to whose account, from where, and what came of it.
// It never holds a secret, and no address or name, so that it may outlive the account, under a pseudonym; what an actor
// writes as the reason is up to them.
type AuditEvent struct {
	ID        uuid.UUID
	At        time.Time
	Act       Act
	Outcome   string    // "ok", or the code of the problem that refused it, or RATE_LIMITED
	UserID    uuid.UUID // whose account; uuid.Nil: of none that is known
	SessionID uuid.UUID // in which session, or to which; uuid.Nil: in none
	RequestID string    // empty: not by a request, but by an operator at the command line
	IPAddress string    // empty: not known
	UserAgent string
	// APIClientID is the backend that did it, or to which it was done; uuid.Nil: none.
	APIClientID uuid.UUID
	Actor       string // who did it to what is not theirs, such as ActorOperator; empty: the user, or someone who is not signed in
	Reason      string // why, in the words of the actor; empty: not given
}

// Device returns the user agent in words, and "" where it is not known.
func (e *AuditEvent) Device() string { return deviceInWords(e.UserAgent) }

// auditReader reads the audit trail.
type auditReader interface {
	// AuditEvents returns up to limit events in order of time, and of id where that is the same:
	// those later than the time given, and of that time those with a greater id. uuid.Nil is before
	// the first. Only those of one user, unless userID is uuid.Nil.
	AuditEvents(ctx context.Context, userID uuid.UUID, from time.Time, after uuid.UUID, limit int) ([]*AuditEvent, error)
}

// auditStore keeps the audit trail. Events are never changed, but by deletedUserStore.DeleteUser.
type auditStore interface {
	AddAuditEvent(ctx context.Context, e *AuditEvent) error
}

// ExpiredAuditEvents are kept for a year, and time to look back on it.
var ExpiredAuditEvents = newExpired("audit events", cleanupTask{order: 110, kept: 400 * 24 * time.Hour})

// noteRefusal writes down that a proof of the caller was refused, in a transaction of its own.
func (s *Service) noteRefusal(ctx context.Context, verb string, act Act, why Problems, caller *Caller) error {
	return s.do(ctx, verb+": note the refusal", func(tx *tx) error {
		tx.actor = caller.Session.actor()
		return tx.auditRefusal(ctx, act, why, caller.User.ID, caller.Session.ID)
	})
}

// AuditQuery says which events are wanted.
type AuditQuery struct {
	User  string        // an address, or an id, which also finds deleted users until they are erased; empty: all users
	Since time.Duration // how far back; zero: from the beginning
}

// AuditEntry is an event and the address that its account has now.
type AuditEntry struct {
	*AuditEvent
	Email string // empty: no account, or none any more
}

// auditPage is how many events are read at once.
const auditPage = 500

// EachAuditEvent calls fn with the events of a query, the oldest first, until fn returns an error.
// ErrNotFound if no user has the address that was asked for.
func (s *Service) EachAuditEvent(ctx context.Context, query AuditQuery, fn func(AuditEntry) error) error {
	userID, err := s.auditedUser(ctx, query.User)
	if err != nil {
		return fmt.Errorf("read audit trail: %w", err)
	}
	from, after := time.Time{}, uuid.Nil
	if query.Since > 0 {
		from = s.now().Add(-query.Since)
	}

	emails := map[uuid.UUID]string{uuid.Nil: ""}
	for {
		page, err := s.store.AuditEvents(ctx, userID, from, after, auditPage)
		if err != nil {
			return fmt.Errorf("read audit trail: %w", err)
		}
		for _, event := range page {
			email, err := s.emailOf(ctx, emails, event.UserID)
			if err != nil {
				return fmt.Errorf("read audit trail: %w", err)
			}
			if err := fn(AuditEntry{AuditEvent: event, Email: email}); err != nil {
				return err
			}
			from, after = event.At, event.ID
		}
		if len(page) < auditPage {
			return nil
		}
	}
}

// auditedUser returns the id of a user that is named by address or id, and uuid.Nil for "".
func (s *Service) auditedUser(ctx context.Context, name string) (uuid.UUID, error) {
	if name == "" {
		return uuid.Nil, nil
	}
	if id, err := uuid.Parse(name); err == nil {
		return id, nil
	}
	email, problems := checkEmail(name)
	if err := problems.err(); err != nil {
		return uuid.Nil, err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return uuid.Nil, err
	}
	user, err := s.store.UserByEmail(ctx, email.Canonical)
	if err != nil {
		return uuid.Nil, err
	}
	return user.ID, nil
}

// emailOf returns the address of a user, and "" for one who was deleted. It remembers in known.
func (s *Service) emailOf(ctx context.Context, known map[uuid.UUID]string, userID uuid.UUID) (string, error) {
	if email, ok := known[userID]; ok {
		return email, nil
	}
	user, err := s.store.UserByID(ctx, userID)
	switch {
	case errors.Is(err, ErrNotFound):
		known[userID] = ""
	case err != nil:
		return "", err
	default:
		known[userID] = user.Email.Address
	}
	return known[userID], nil
}
