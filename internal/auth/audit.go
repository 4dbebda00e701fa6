package auth

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Act names a security-relevant act, in the past tense.
type Act string

// AuditEvent is one act, as it is kept: who did what to whose account, from where, and what came of it.
// It never holds a secret, and no address or name, so that it may outlive the account.
type AuditEvent struct {
	ID        uuid.UUID
	At        time.Time
	Act       Act
	Outcome   string    // "ok", or the code of the problem that refused it
	UserID    uuid.UUID // whose account; uuid.Nil: of none that is known
	SessionID uuid.UUID // in which session; uuid.Nil: in none
	RequestID string    // empty: not by a request
	IPAddress string    // empty: not known
	UserAgent string
}

// AuditStore keeps the audit trail. Events are never changed.
type AuditStore interface {
	AddAuditEvent(ctx context.Context, e *AuditEvent) error
}

// outcomeOK is the outcome of an act that was done.
const outcomeOK = "ok"

// audit writes down an act that was done, in the transaction that does it, with the facts of the
// request.
func (s *Service) audit(ctx context.Context, tx AuditStore, act Act, userID, sessionID uuid.UUID) error {
	request := RequestFrom(ctx)
	event := &AuditEvent{
		ID: newID(), At: s.now(), Act: act, Outcome: outcomeOK, UserID: userID, SessionID: sessionID,
		RequestID: request.ID, UserAgent: request.UserAgent,
	}
	if request.ClientIP.IsValid() {
		event.IPAddress = request.ClientIP.String()
	}
	return tx.AddAuditEvent(ctx, event)
}
