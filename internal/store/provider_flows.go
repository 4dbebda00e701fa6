package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newExpiry(auth.ExpiredProviderFlows, expiry{table: "provider_flows", key: "digest", moment: "expires_at"})
	_ = newExpiry(auth.ExpiredPendingIdentities, expiry{table: "pending_identities", key: "digest", moment: "expires_at"})
)

type providerFlowRow struct {
	bun.BaseModel `bun:"table:provider_flows,alias:pf"`

	Digest      []byte    `bun:"digest,pk"`
	Provider    string    `bun:"provider"`
	Sealed      []byte    `bun:"sealed"`
	Challenge   []byte    `bun:"challenge"`
	RedirectURL string    `bun:"redirect_url"`
	CreatedAt   time.Time `bun:"created_at"`
	ExpiresAt   time.Time `bun:"expires_at"`
}

// CreateProviderFlow adds a flow. That there is one of each digest is this one statement.
func (c *conn) CreateProviderFlow(ctx context.Context, f *auth.ProviderFlow) error {
	const doing = "create a provider flow"
	row := &providerFlowRow{
		Digest: f.Digest, Provider: f.Provider, Sealed: orNone(f.Sealed), Challenge: orNone(f.Challenge), RedirectURL: f.RedirectURL,
		CreatedAt: stored(f.CreatedAt), ExpiresAt: stored(f.ExpiresAt),
	}
	if err := checkTexts(doing, row.Provider, row.RedirectURL); err != nil {
		return err
	}
	result, err := c.writes.NewInsert().Model(row).On("CONFLICT (digest) DO NOTHING").Returning("NULL").Exec(ctx)
	n, err := c.count(ctx, doing, result, err)
	if err == nil && n == 0 {
		return auth.ErrFlowUsed
	}
	return err
}

// orNone returns bytes that are not NULL.
func orNone(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// TakeProviderFlow removes a flow and returns it. Its single use is this one statement.
func (c *conn) TakeProviderFlow(ctx context.Context, digest []byte) (*auth.ProviderFlow, error) {
	row := new(providerFlowRow)
	err := c.writes.NewDelete().Model(row).Where("pf.digest = ?", digest).Returning("*").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "take a provider flow", err)
	}
	return &auth.ProviderFlow{
		Digest: row.Digest, Provider: row.Provider, Sealed: row.Sealed, Challenge: row.Challenge, RedirectURL: row.RedirectURL,
		CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(),
	}, nil
}

type pendingIdentityRow struct {
	bun.BaseModel `bun:"table:pending_identities,alias:pi"`

	Digest    []byte    `bun:"digest,pk"`
	Identity  []byte    `bun:"identity"` // JSON
	Challenge []byte    `bun:"challenge"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

// CreatePendingIdentity adds a pending identity.
func (c *conn) CreatePendingIdentity(ctx context.Context, p *auth.PendingIdentity) error {
	const doing = "create a pending identity"
	identity, err := json.Marshal(p.Identity)
	if err != nil {
		return fmt.Errorf("store: %s: encode it: %w", doing, err)
	}
	row := &pendingIdentityRow{
		Digest: p.Digest, Identity: identity, Challenge: p.Challenge, CreatedAt: stored(p.CreatedAt), ExpiresAt: stored(p.ExpiresAt),
	}
	_, err = c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// PendingIdentity returns a pending identity.
func (c *conn) PendingIdentity(ctx context.Context, digest []byte) (*auth.PendingIdentity, error) {
	const doing = "find a pending identity"
	row := new(pendingIdentityRow)
	if err := c.reads.NewSelect().Model(row).Where("pi.digest = ?", digest).Scan(ctx); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	found := &auth.PendingIdentity{Digest: row.Digest, Challenge: row.Challenge, CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC()}
	decoder := json.NewDecoder(bytes.NewReader(row.Identity))
	decoder.UseNumber()
	if err := decoder.Decode(&found.Identity); err != nil {
		return nil, fmt.Errorf("store: %s: it cannot be read: %w", doing, err)
	}
	for field, value := range found.Identity.Profile {
		if number, ok := value.(json.Number); ok {
			found.Identity.Profile[field] = plainNumber(number)
		}
	}
	return found, nil
}

// plainNumber is a number of a profile as it was before it was JSON.
func plainNumber(number json.Number) any {
	if n, err := number.Int64(); err == nil {
		return n
	}
	f, _ := number.Float64() // it was one
	return f
}

// TakePendingIdentity removes a pending identity. Its single use is this one statement.
func (c *conn) TakePendingIdentity(ctx context.Context, digest []byte) error {
	result, err := c.writes.NewDelete().Model((*pendingIdentityRow)(nil)).Where("pi.digest = ?", digest).Exec(ctx)
	return c.mustAffectOne(ctx, "take a pending identity", result, err)
}
