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
	}
	if err := checkTexts(doing, row.Act, row.Outcome, row.RequestID, row.IPAddress, row.UserAgent); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}
