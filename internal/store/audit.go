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
	}
}

// AddAuditEvent adds an event to the trail.
func (c *conn) AddAuditEvent(ctx context.Context, e *auth.AuditEvent) error {
	const doing = "add an audit event"
	row := &auditRow{
		ID:        e.ID,
		At:        stored(e.At),
		Act:       string(e.Act),
		Outcome:   e.Outcome,
		UserID:    e.UserID,
		SessionID: e.SessionID,
		RequestID: e.RequestID,
		IPAddress: e.IPAddress,
		UserAgent: e.UserAgent,

		APIClientID: e.APIClientID,
	}
	if err := checkTexts(doing, row.Act, row.Outcome, row.RequestID, row.IPAddress, row.UserAgent); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
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
	events := make([]*auth.AuditEvent, len(rows))
	for i, row := range rows {
		events[i] = row.event()
	}
	return events, nil
}
