package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// MetDevices returns the devices from which a user has signed in.
func (c *conn) MetDevices(ctx context.Context, userID uuid.UUID) ([]*auth.MetDevice, error) {
	var rows []struct {
		Client      string    `bun:"client"`
		LastLoginAt time.Time `bun:"last_login_at"`
	}
	err := c.reads.NewSelect().Table("clients").Column("client", "last_login_at").
		Where("user_id = ?", userID).OrderExpr("last_login_at DESC, client").Scan(ctx, &rows)
	if err != nil {
		return nil, c.fail(ctx, "list the devices of a user", err)
	}
	devices := make([]*auth.MetDevice, len(rows))
	for i, row := range rows {
		devices[i] = &auth.MetDevice{Device: row.Client, LastLoginAt: row.LastLoginAt.UTC()}
	}
	return devices, nil
}

// EmailChangesOf returns the changes of address of a user, the newest first.
func (c *conn) EmailChangesOf(ctx context.Context, userID uuid.UUID) ([]*auth.EmailChange, error) {
	var rows []*emailChangeRow
	err := c.reads.NewSelect().Model(&rows).Where("ec.user_id = ?", userID).OrderExpr("ec.requested_at DESC, ec.id DESC").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list the email changes of a user", err)
	}
	changes := make([]*auth.EmailChange, len(rows))
	for i, row := range rows {
		changes[i] = row.change()
	}
	return changes, nil
}

// AcceptedInvitations returns the invitations that a user has accepted, the newest first.
func (c *conn) AcceptedInvitations(ctx context.Context, userID uuid.UUID) ([]*auth.Invitation, error) {
	var rows []*invitationRow
	err := c.reads.NewSelect().Model(&rows).Where("i.accepted_by = ?", userID).OrderExpr("i.id DESC").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list the invitations that a user accepted", err)
	}
	invitations := make([]*auth.Invitation, len(rows))
	for i, row := range rows {
		invitations[i] = row.invitation()
	}
	return invitations, nil
}
