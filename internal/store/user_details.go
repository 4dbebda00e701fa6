package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// SessionsOfUsers returns all sessions of the users, those of each in the order of Sessions.
func (c *conn) SessionsOfUsers(ctx context.Context, userIDs []uuid.UUID) ([]*auth.Session, error) {
	const doing = "list sessions of users"
	if len(userIDs) == 0 {
		return nil, nil
	}
	rows, err := c.reads.NewSelect().TableExpr("sessions AS s").ColumnExpr(foundColumns).Where("s.user_id IN (?)", bun.List(userIDs)).
		OrderExpr("s.last_seen_at DESC, s.created_at DESC, s.id DESC").Rows(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	defer func() { _ = rows.Close() }()
	var sessions []*auth.Session
	for rows.Next() {
		var f foundSession
		if err := rows.Scan(f.into()...); err != nil {
			return nil, c.fail(ctx, doing, err)
		}
		sessions = append(sessions, c.withPendingTouch(f.get()))
	}
	return c.inOrderOfUse(sessions), c.fail(ctx, doing, rows.Err())
}

// IdentitiesOfUsers returns the identities of the users, the oldest first.
func (c *conn) IdentitiesOfUsers(ctx context.Context, userIDs []uuid.UUID) ([]*auth.Identity, error) {
	if len(userIDs) == 0 {
		return nil, nil
	}
	var rows []*identityRow
	err := c.reads.NewSelect().Model(&rows).Where("idt.user_id IN (?)", bun.List(userIDs)).Order("idt.created_at", "idt.id").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list identities of users", err)
	}
	identities := make([]*auth.Identity, len(rows))
	for i, row := range rows {
		identities[i] = row.identity()
	}
	return identities, nil
}

// FactorsOfUsers returns what the users have of second factors, in a statement for each kind.
func (c *conn) FactorsOfUsers(ctx context.Context, userIDs []uuid.UUID) (*auth.FactorRows, error) {
	const doing = "list second factors of users"
	factors := &auth.FactorRows{RecoveryCodes: map[uuid.UUID]int{}}
	if len(userIDs) == 0 {
		return factors, nil
	}
	var (
		apps     []*totpRow
		devices  []*trustedDeviceRow
		passkeys []*passkeyRow
		codes    []struct {
			UserID uuid.UUID
			Count  int
		}
	)
	ids := bun.List(userIDs)
	for _, read := range []func() error{
		func() error { return c.reads.NewSelect().Model(&apps).Where("o.user_id IN (?)", ids).Scan(ctx) },
		func() error {
			return c.reads.NewSelect().Model((*recoveryCodeRow)(nil)).ColumnExpr("rc.user_id, count(*) AS count").
				Where("rc.user_id IN (?)", ids).Group("rc.user_id").Scan(ctx, &codes)
		},
		func() error {
			return c.reads.NewSelect().Model(&devices).Where("td.user_id IN (?)", ids).OrderExpr("td.created_at DESC, td.id DESC").Scan(ctx)
		},
		func() error {
			return c.reads.NewSelect().Model(&passkeys).Where("pk.user_id IN (?)", ids).Order("pk.created_at", "pk.id").Scan(ctx)
		},
	} {
		if err := read(); err != nil {
			return nil, c.fail(ctx, doing, err)
		}
	}
	for _, row := range apps {
		factors.TOTP = append(factors.TOTP, row.totp())
	}
	for _, row := range devices {
		factors.Devices = append(factors.Devices, row.device())
	}
	for _, row := range passkeys {
		factors.Passkeys = append(factors.Passkeys, row.passkey())
	}
	for _, row := range codes {
		factors.RecoveryCodes[row.UserID] = row.Count
	}
	return factors, nil
}
