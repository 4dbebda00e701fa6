package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type identityRow struct {
	bun.BaseModel `bun:"table:identities,alias:idt"`

	ID         uuid.UUID `bun:"id,pk"`
	UserID     uuid.UUID `bun:"user_id"`
	Issuer     string    `bun:"issuer"`
	Subject    string    `bun:"subject"`
	Provider   string    `bun:"provider"`
	Email      string    `bun:"email"`
	Name       string    `bun:"name"`
	CreatedAt  time.Time `bun:"created_at"`
	LastUsedAt time.Time `bun:"last_used_at,nullzero"`
}

func newIdentityRow(i *auth.Identity) *identityRow {
	return &identityRow{
		ID: i.ID, UserID: i.UserID, Issuer: i.Issuer, Subject: i.Subject, Provider: i.Provider, Email: i.Email, Name: i.Name,
		CreatedAt: stored(i.CreatedAt), LastUsedAt: stored(i.LastUsedAt),
	}
}

func (r *identityRow) check(doing string) error {
	return checkTexts(doing, r.Issuer, r.Subject, r.Provider, r.Email, r.Name)
}

func (r *identityRow) identity() *auth.Identity {
	return &auth.Identity{
		ID: r.ID, UserID: r.UserID, Issuer: r.Issuer, Subject: r.Subject, Provider: r.Provider, Email: r.Email, Name: r.Name,
		CreatedAt: r.CreatedAt.UTC(), LastUsedAt: r.LastUsedAt.UTC(),
	}
}

// CreateIdentity adds an identity. That it is one user's is this one statement.
func (c *conn) CreateIdentity(ctx context.Context, i *auth.Identity) error {
	const doing = "create an identity"
	row := newIdentityRow(i)
	if err := row.check(doing); err != nil {
		return err
	}
	result, err := c.writes.NewInsert().Model(row).On("CONFLICT (issuer, subject) DO NOTHING").Returning("NULL").Exec(ctx)
	n, err := c.count(ctx, doing, result, err)
	if err == nil && n == 0 {
		return auth.ErrIdentityTaken
	}
	return err
}

// Identity returns the identity with an issuer and a subject.
func (c *conn) Identity(ctx context.Context, issuer, subject string) (*auth.Identity, error) {
	const doing = "find an identity"
	if err := checkTexts(doing, issuer, subject); err != nil {
		return nil, err
	}
	row := new(identityRow)
	err := c.reads.NewSelect().Model(row).Where("idt.issuer = ?", issuer).Where("idt.subject = ?", subject).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.identity(), nil
}

// IdentitiesOf returns the identities of a user, the oldest first.
func (c *conn) IdentitiesOf(ctx context.Context, userID uuid.UUID) ([]*auth.Identity, error) {
	var rows []*identityRow
	err := c.reads.NewSelect().Model(&rows).Where("idt.user_id = ?", userID).Order("idt.created_at", "idt.id").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list identities", err)
	}
	identities := make([]*auth.Identity, len(rows))
	for i, row := range rows {
		identities[i] = row.identity()
	}
	return identities, nil
}

// UseIdentity notes what is shown of an identity, and when it was used.
func (c *conn) UseIdentity(ctx context.Context, i *auth.Identity) error {
	const doing = "use an identity"
	if err := checkTexts(doing, i.Email, i.Name); err != nil {
		return err
	}
	result, err := c.writes.NewUpdate().Model((*identityRow)(nil)).
		Set("email = ?", i.Email).Set("name = ?", i.Name).Set("last_used_at = ?", stored(i.LastUsedAt)).
		Where("idt.id = ?", i.ID).Exec(ctx)
	return c.mustAffectOne(ctx, doing, result, err)
}

// DeleteIdentity removes an identity of a user.
func (c *conn) DeleteIdentity(ctx context.Context, userID, id uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*identityRow)(nil)).Where("idt.user_id = ?", userID).Where("idt.id = ?", id).Exec(ctx)
	return c.mustAffectOne(ctx, "delete an identity", result, err)
}

// DeleteIdentities removes the identities of a user that were connected at a time or later.
func (c *conn) DeleteIdentities(ctx context.Context, userID uuid.UUID, since time.Time) (int, error) {
	result, err := c.writes.NewDelete().Model((*identityRow)(nil)).
		Where("idt.user_id = ?", userID).Where("idt.created_at >= ?", stored(since)).Exec(ctx)
	return c.count(ctx, "delete identities", result, err)
}

// Providers is the part of a transaction for sign-ins with providers.
func (c *conn) Providers() auth.ProviderTx { return c }
