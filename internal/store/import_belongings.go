package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// BelongingsOf returns what users have, in one statement for each kind.
func (c *conn) BelongingsOf(ctx context.Context, first, last uuid.UUID) (map[uuid.UUID]*auth.Belongings, error) {
	const doing = "list what users have"
	all := map[uuid.UUID]*auth.Belongings{}
	of := func(id uuid.UUID) *auth.Belongings {
		if all[id] == nil {
			all[id] = &auth.Belongings{UserID: id}
		}
		return all[id]
	}
	between := func(model any, column string, order ...string) error {
		return c.fail(ctx, doing, c.reads.NewSelect().Model(model).
			Where("? BETWEEN ? AND ?", bun.Ident(column), first, last).Order(order...).Scan(ctx))
	}
	var external []*externalIDRow
	if err := between(&external, "x.user_id"); err != nil {
		return nil, err
	}
	for _, row := range external {
		of(row.UserID).External = row.externalID()
	}
	var apps []*totpRow
	if err := between(&apps, "o.user_id"); err != nil {
		return nil, err
	}
	for _, row := range apps {
		of(row.UserID).TOTP = row.totp()
	}
	var passkeys []*passkeyRow
	if err := between(&passkeys, "pk.user_id", "pk.created_at", "pk.id"); err != nil {
		return nil, err
	}
	for _, row := range passkeys {
		of(row.UserID).Passkeys = append(of(row.UserID).Passkeys, row.passkey())
	}
	var identities []*identityRow
	if err := between(&identities, "idt.user_id", "idt.created_at", "idt.id"); err != nil {
		return nil, err
	}
	for _, row := range identities {
		of(row.UserID).Identities = append(of(row.UserID).Identities, row.identity())
	}
	var handles []struct {
		ID     uuid.UUID `bun:"id"`
		Handle []byte    `bun:"passkey_handle"`
	}
	err := c.reads.NewRaw("SELECT id, passkey_handle FROM users WHERE passkey_handle IS NOT NULL AND id BETWEEN ? AND ?", first, last).Scan(ctx, &handles)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	for _, row := range handles {
		of(row.ID).Handle = row.Handle
	}
	return all, nil
}
