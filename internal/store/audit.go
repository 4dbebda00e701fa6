package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type auditRow struct {
	bun.BaseModel `bun:"table:audit_events,alias:a"`

	ID        uuid.UUID `bun:"id,pk"`
	At        time.Time `bun:"at"`
	Act       string    `bun:"act"`
	Outcome   string    `bun:"outcome"`
	UserID    uuid.UUID `bun:"user_id,nullzero"`
	SessionID uuid.UUID `bun:"session_id,nullzero"`
	RequestID string    `bun:"request_id"`
	IPAddress string    `bun:"ip_address"`
	UserAgent string    `bun:"user_agent"`

	APIClientID uuid.UUID `bun:"api_client_id,nullzero"`
	Actor       string    `bun:"actor"`
	Reason      string    `bun:"reason"`
}

func (r *auditRow) event() *auth.AuditEvent {
	return &auth.AuditEvent{
		ID:        r.ID,
		At:        r.At.UTC(),
		Act:       auth.Act(r.Act),
		Outcome:   r.Outcome,
		UserID:    r.UserID,
		SessionID: r.SessionID,
		RequestID: r.RequestID,
		IPAddress: r.IPAddress,
		UserAgent: r.UserAgent,

		APIClientID: r.APIClientID,
		Actor:       r.Actor,
		Reason:      r.Reason,
	}
}

var addAuditEvent = hot("INSERT", "audit_events", `
INSERT INTO audit_events (id, at, act, outcome, user_id, session_id, request_id, ip_address, user_agent, api_client_id, actor, reason)
VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`)

// AddAuditEvent adds an event to the trail.
func (c *conn) AddAuditEvent(ctx context.Context, e *auth.AuditEvent) error {
	const doing = "add an audit event"
	if err := checkTexts(doing, string(e.Act), e.Outcome, e.RequestID, e.IPAddress, e.UserAgent, e.Actor, e.Reason); err != nil {
		return err
	}
	_, err := c.exec(ctx, addAuditEvent, e.ID, stored(e.At), string(e.Act), e.Outcome, nullID(e.UserID), nullID(e.SessionID),
		e.RequestID, e.IPAddress, e.UserAgent, nullID(e.APIClientID), e.Actor, e.Reason)
	return c.fail(ctx, doing, err)
}

// AuditEvents returns events in order of time, and of id where that is the same.
func (c *conn) AuditEvents(ctx context.Context, userID uuid.UUID, from time.Time, after uuid.UUID, limit int) ([]*auth.AuditEvent, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []*auditRow
	query := c.reads.NewSelect().Model(&rows).
		Where("(a.at, a.id) > (?, ?)", stored(from), after).OrderExpr("a.at, a.id").Limit(int64(limit))
	if userID != uuid.Nil {
		query.Where("a.user_id = ?", userID)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, c.fail(ctx, "list audit events", err)
	}
	return auditEvents(rows), nil
}
