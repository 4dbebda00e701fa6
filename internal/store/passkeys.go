package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newExpiry(auth.ExpiredCeremonies, expiry{table: "used_ceremonies", key: "digest", moment: "expires_at"})

type passkeyRow struct {
	bun.BaseModel `bun:"table:passkeys,alias:pk"`

	ID             uuid.UUID `bun:"id,pk"`
	UserID         uuid.UUID `bun:"user_id"`
	CredentialID   []byte    `bun:"credential_id"`
	PublicKey      []byte    `bun:"public_key"`
	AAGUID         []byte    `bun:"aaguid"`
	Transports     string    `bun:"transports"`
	SignCount      int64     `bun:"sign_count"`
	BackupEligible bool      `bun:"backup_eligible"`
	BackedUp       bool      `bun:"backed_up"`
	CanLogIn       bool      `bun:"can_log_in"`
	Name           string    `bun:"name"`
	CreatedAt      time.Time `bun:"created_at"`
	LastUsedAt     time.Time `bun:"last_used_at,nullzero"`
	ClonedAt       time.Time `bun:"cloned_at,nullzero"`
}

type usedCeremonyRow struct {
	bun.BaseModel `bun:"table:used_ceremonies,alias:uc"`

	Digest    []byte    `bun:"digest,pk"`
	ExpiresAt time.Time `bun:"expires_at"`
}

func newPasskeyRow(p *auth.Passkey) *passkeyRow {
	return &passkeyRow{
		ID:             p.ID,
		UserID:         p.UserID,
		CredentialID:   p.CredentialID,
		PublicKey:      p.PublicKey,
		AAGUID:         p.AAGUID,
		Transports:     strings.Join(p.Transports, " "),
		SignCount:      int64(p.SignCount),
		BackupEligible: p.BackupEligible,
		BackedUp:       p.BackedUp,
		CanLogIn:       p.CanLogIn,
		Name:           p.Name,
		CreatedAt:      stored(p.CreatedAt),
		LastUsedAt:     stored(p.LastUsedAt),
		ClonedAt:       stored(p.ClonedAt),
	}
}

func (r *passkeyRow) passkey() *auth.Passkey {
	return &auth.Passkey{
		ID:             r.ID,
		UserID:         r.UserID,
		CredentialID:   r.CredentialID,
		PublicKey:      r.PublicKey,
		AAGUID:         r.AAGUID,
		Transports:     strings.Fields(r.Transports),
		SignCount:      uint32(r.SignCount), //nolint:gosec // it was one
		BackupEligible: r.BackupEligible,
		BackedUp:       r.BackedUp,
		CanLogIn:       r.CanLogIn,
		Name:           r.Name,
		CreatedAt:      r.CreatedAt.UTC(),
		LastUsedAt:     r.LastUsedAt.UTC(),
		ClonedAt:       r.ClonedAt.UTC(),
	}
}

// AddPasskey does nothing on a conflict, rather than fail, so that a transaction can go on.
func (c *conn) AddPasskey(ctx context.Context, p *auth.Passkey) error {
	const doing = "add a passkey"
	row := newPasskeyRow(p)
	if err := checkTexts(doing, row.Transports, row.Name); err != nil {
		return err
	}
	result, err := c.writes.NewInsert().Model(row).On("CONFLICT (credential_id) DO NOTHING").Returning("NULL").Exec(ctx)
	switch n, err := c.count(ctx, doing, result, err); {
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("store: %s: %w", doing, auth.ErrPasskeyTaken)
	}
	return nil
}

// PasskeysOf returns the passkeys of a user, the oldest first.
func (c *conn) PasskeysOf(ctx context.Context, userID uuid.UUID) ([]*auth.Passkey, error) {
	var rows []*passkeyRow
	err := c.reads.NewSelect().Model(&rows).Where("pk.user_id = ?", userID).Order("pk.created_at", "pk.id").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list passkeys", err)
	}
	passkeys := make([]*auth.Passkey, len(rows))
	for i, row := range rows {
		passkeys[i] = row.passkey()
	}
	return passkeys, nil
}

// PasskeyByCredential returns the passkey with a credential id.
func (c *conn) PasskeyByCredential(ctx context.Context, credentialID []byte) (*auth.Passkey, error) {
	row := new(passkeyRow)
	if err := c.reads.NewSelect().Model(row).Where("pk.credential_id = ?", credentialID).Scan(ctx); err != nil {
		return nil, c.fail(ctx, "find a passkey", err)
	}
	return row.passkey(), nil
}

// UpdatePasskey writes what changes of a passkey: the name, and what its use tells.
func (c *conn) UpdatePasskey(ctx context.Context, p *auth.Passkey) error {
	const doing = "update a passkey"
	row := newPasskeyRow(p)
	if err := checkTexts(doing, row.Name); err != nil {
		return err
	}
	result, err := c.writes.NewUpdate().Model(row).
		Column("sign_count", "backup_eligible", "backed_up", "can_log_in", "name", "last_used_at", "cloned_at").
		Where("pk.id = ?", p.ID).Exec(ctx)
	return c.mustAffectOne(ctx, doing, result, err)
}

// DeletePasskey removes a passkey of a user.
func (c *conn) DeletePasskey(ctx context.Context, userID, id uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*passkeyRow)(nil)).Where("pk.user_id = ?", userID).Where("pk.id = ?", id).Exec(ctx)
	return c.mustAffectOne(ctx, "delete a passkey", result, err)
}

// PasskeyHandle returns what authenticators know a user by.
func (c *conn) PasskeyHandle(ctx context.Context, userID uuid.UUID) ([]byte, error) {
	const doing = "find the handle of a user"
	var handle []byte
	err := c.reads.NewSelect().Model((*userRow)(nil)).Column("passkey_handle").Where("u.id = ?", userID).Scan(ctx, &handle)
	if err == nil && len(handle) == 0 {
		err = sql.ErrNoRows
	}
	return handle, c.fail(ctx, doing, err)
}

// SetPasskeyHandle gives a user a handle. That it never changes is this one statement.
func (c *conn) SetPasskeyHandle(ctx context.Context, userID uuid.UUID, handle []byte) error {
	if len(handle) == 0 {
		return errors.New("store: set the handle of a user: it is empty")
	}
	result, err := c.writes.NewUpdate().Model((*userRow)(nil)).Set("passkey_handle = ?", handle).
		Where("u.id = ?", userID).Where("u.passkey_handle IS NULL OR u.passkey_handle = ?", handle).Exec(ctx)
	return c.mustAffectOne(ctx, "set the handle of a user", result, err)
}

// UseCeremony notes that a ceremony was finished. Its single use is this one statement.
func (c *conn) UseCeremony(ctx context.Context, digest []byte, until time.Time) error {
	const doing = "use a ceremony"
	row := &usedCeremonyRow{Digest: digest, ExpiresAt: stored(until)}
	result, err := c.writes.NewInsert().Model(row).On("CONFLICT (digest) DO NOTHING").Returning("NULL").Exec(ctx)
	switch n, err := c.count(ctx, doing, result, err); {
	case err != nil:
		return err
	case n == 0:
		return fmt.Errorf("store: %s: %w", doing, auth.ErrCeremonyUsed)
	}
	return nil
}

// Passkeys is the part of a transaction for passkeys.
func (c *conn) Passkeys() auth.PasskeyTx { return c }
