package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newExpiry(auth.ExpiredInvitations, expiry{table: "invitations", key: "id", moment: "expires_at"})

type invitationRow struct {
	bun.BaseModel `bun:"table:invitations,alias:i"`

	ID          uuid.UUID `bun:"id,pk"`
	Email       string    `bun:"email"`
	EmailKey    string    `bun:"email_key"`
	Role        string    `bun:"role"`
	InvitedBy   uuid.UUID `bun:"invited_by,nullzero"`
	TokenDigest []byte    `bun:"token_digest"`
	CreatedAt   time.Time `bun:"created_at"`
	ExpiresAt   time.Time `bun:"expires_at"`
	AcceptedAt  time.Time `bun:"accepted_at,nullzero"`
	AcceptedBy  uuid.UUID `bun:"accepted_by,nullzero"`
}

func (r *invitationRow) invitation() *auth.Invitation {
	return &auth.Invitation{
		ID:          r.ID,
		Email:       address.Email{Address: r.Email, Canonical: r.EmailKey},
		Role:        auth.Role(r.Role),
		InvitedBy:   r.InvitedBy,
		TokenDigest: r.TokenDigest,
		CreatedAt:   r.CreatedAt.UTC(),
		ExpiresAt:   r.ExpiresAt.UTC(),
		AcceptedAt:  r.AcceptedAt.UTC(),
		AcceptedBy:  r.AcceptedBy,
	}
}

// Invitations returns what a transaction can do with invitations.
func (c *conn) Invitations() auth.InvitationTx { return c }

// PutInvitation adds an invitation. That an address has one open invitation is this one statement. The token of that
// stays while it is good.
func (c *conn) PutInvitation(ctx context.Context, i *auth.Invitation) error {
	const doing = "put an invitation"
	row := &invitationRow{
		ID:          i.ID,
		Email:       i.Email.Address,
		EmailKey:    i.Email.Canonical,
		Role:        string(i.Role),
		InvitedBy:   i.InvitedBy,
		TokenDigest: i.TokenDigest,
		CreatedAt:   stored(i.CreatedAt),
		ExpiresAt:   stored(i.ExpiresAt),
		AcceptedAt:  stored(i.AcceptedAt),
		AcceptedBy:  i.AcceptedBy,
	}
	if err := checkTexts(doing, row.Email, row.EmailKey, row.Role); err != nil {
		return err
	}
	insert := c.writes.NewInsert().Model(row).On("CONFLICT (email_key) WHERE accepted_at IS NULL DO UPDATE")
	for _, column := range []bun.Ident{"id", "email", "role", "invited_by", "created_at", "expires_at"} {
		insert = insert.Set("?0 = EXCLUDED.?0", column)
	}
	insert = insert.Set("token_digest = CASE WHEN i.role = EXCLUDED.role AND i.expires_at > EXCLUDED.created_at THEN i.token_digest END")
	_, err := insert.Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// InvitationByID returns the invitation with the id.
func (c *conn) InvitationByID(ctx context.Context, id uuid.UUID) (*auth.Invitation, error) {
	return c.invitation(ctx, c.reads.NewSelect().Where("i.id = ?", id))
}

// InvitationByDigest returns the invitation whose token has the digest.
func (c *conn) InvitationByDigest(ctx context.Context, digest []byte) (*auth.Invitation, error) {
	return c.invitation(ctx, c.reads.NewSelect().Where("i.token_digest = ?", digest))
}

// OpenInvitation returns the one of an address that was not accepted.
func (c *conn) OpenInvitation(ctx context.Context, key string) (*auth.Invitation, error) {
	if err := checkTexts("find an invitation", key); err != nil {
		return nil, err
	}
	return c.invitation(ctx, c.reads.NewSelect().Where("i.email_key = ?", key).Where("i.accepted_at IS NULL"))
}

// LockInvitation is InvitationByDigest under a lock. On SQLite every transaction has the lock of the whole file already.
func (c *conn) LockInvitation(ctx context.Context, digest []byte) (*auth.Invitation, error) {
	query := c.reads.NewSelect().Where("i.token_digest = ?", digest)
	if c.kind == Postgres {
		query = query.For("UPDATE")
	}
	return c.invitation(ctx, query)
}

func (c *conn) invitation(ctx context.Context, query *bun.SelectQuery) (*auth.Invitation, error) {
	row := new(invitationRow)
	if err := query.Model(row).Scan(ctx); err != nil {
		return nil, c.fail(ctx, "find an invitation", err)
	}
	return row.invitation(), nil
}

// InvitationsBefore returns invitations, the newest first.
func (c *conn) InvitationsBefore(ctx context.Context, before uuid.UUID, limit int) ([]*auth.Invitation, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []*invitationRow
	query := c.reads.NewSelect().Model(&rows).OrderExpr("i.id DESC").Limit(int64(limit))
	if before != uuid.Nil {
		query = query.Where("i.id < ?", before)
	}
	if err := query.Scan(ctx); err != nil {
		return nil, c.fail(ctx, "list invitations", err)
	}
	invitations := make([]*auth.Invitation, len(rows))
	for i, row := range rows {
		invitations[i] = row.invitation()
	}
	return invitations, nil
}

// MintInvitation gives an invitation a token.
func (c *conn) MintInvitation(ctx context.Context, id uuid.UUID, digest []byte) error {
	result, err := c.writes.NewUpdate().Model((*invitationRow)(nil)).Set("token_digest = ?", digest).
		Where("i.id = ?", id).Where("i.accepted_at IS NULL").Exec(ctx)
	return c.mustAffectOne(ctx, "mint the token of an invitation", result, err)
}

// AcceptInvitation notes who has accepted an invitation. That it is accepted once is this one statement.
func (c *conn) AcceptInvitation(ctx context.Context, id, by uuid.UUID, at time.Time) error {
	result, err := c.writes.NewUpdate().Model((*invitationRow)(nil)).
		Set("token_digest = NULL").Set("accepted_at = ?", stored(at)).Set("accepted_by = ?", by).
		Where("i.id = ?", id).Where("i.accepted_at IS NULL").Exec(ctx)
	return c.mustAffectOne(ctx, "accept an invitation", result, err)
}

// DeleteInvitation removes an invitation that was not accepted.
func (c *conn) DeleteInvitation(ctx context.Context, id uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*invitationRow)(nil)).Where("i.id = ?", id).Where("i.accepted_at IS NULL").Exec(ctx)
	return c.mustAffectOne(ctx, "delete an invitation", result, err)
}
