package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type apiClientRow struct {
	bun.BaseModel `bun:"table:api_clients,alias:ac"`

	ID         uuid.UUID `bun:"id,pk"`
	Name       string    `bun:"name"`
	KeyDigest  []byte    `bun:"key_digest"`
	CreatedAt  time.Time `bun:"created_at"`
	LastUsedAt time.Time `bun:"last_used_at,nullzero"`
}

func (r *apiClientRow) client() *auth.APIClient {
	return &auth.APIClient{
		ID:         r.ID,
		Name:       r.Name,
		KeyDigest:  r.KeyDigest,
		CreatedAt:  r.CreatedAt.UTC(),
		LastUsedAt: r.LastUsedAt.UTC(),
	}
}

// CreateAPIClient does nothing on a conflict, rather than fail, so that a transaction can go on.
func (c *conn) CreateAPIClient(ctx context.Context, client *auth.APIClient) error {
	const doing = "create a client"
	row := &apiClientRow{
		ID:         client.ID,
		Name:       client.Name,
		KeyDigest:  client.KeyDigest,
		CreatedAt:  stored(client.CreatedAt),
		LastUsedAt: stored(client.LastUsedAt),
	}
	if err := checkTexts(doing, row.Name); err != nil {
		return err
	}
	result, err := c.writes.NewInsert().Model(row).On("CONFLICT (name) DO NOTHING").Returning("NULL").Exec(ctx)
	n, err := c.count(ctx, doing, result, err)
	if err == nil && n == 0 {
		return fmt.Errorf("store: %s: %w", doing, auth.ErrAPIClientTaken)
	}
	return err
}

// APIClientByDigest returns the client whose key has the digest.
func (c *conn) APIClientByDigest(ctx context.Context, digest []byte) (*auth.APIClient, error) {
	row := new(apiClientRow)
	if err := c.reads.NewSelect().Model(row).Where("ac.key_digest = ?", digest).Scan(ctx); err != nil {
		return nil, c.fail(ctx, "find a client", err)
	}
	return row.client(), nil
}

// APIClients returns all clients, the oldest first.
func (c *conn) APIClients(ctx context.Context) ([]*auth.APIClient, error) {
	var rows []*apiClientRow
	if err := c.reads.NewSelect().Model(&rows).OrderExpr("ac.created_at, ac.id").Scan(ctx); err != nil {
		return nil, c.fail(ctx, "list clients", err)
	}
	clients := make([]*auth.APIClient, len(rows))
	for i, row := range rows {
		clients[i] = row.client()
	}
	return clients, nil
}

// TouchAPIClient moves the time a client was last used forward, never back.
func (c *conn) TouchAPIClient(ctx context.Context, id uuid.UUID, at time.Time) error {
	at = stored(at)
	_, err := c.writes.NewUpdate().Model((*apiClientRow)(nil)).Set("last_used_at = ?", at).
		Where("ac.id = ?", id).Where("ac.last_used_at IS NULL OR ac.last_used_at < ?", at).Exec(ctx)
	return c.fail(ctx, "touch a client", err)
}

// DeleteAPIClient removes a client.
func (c *conn) DeleteAPIClient(ctx context.Context, id uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*apiClientRow)(nil)).Where("ac.id = ?", id).Exec(ctx)
	return c.mustAffectOne(ctx, "delete a client", result, err)
}
