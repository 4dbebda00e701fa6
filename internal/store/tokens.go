package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type tokenRow struct {
	bun.BaseModel `bun:"table:one_time_tokens,alias:t"`

	Digest    []byte    `bun:"digest,pk"`
	Purpose   string    `bun:"purpose"`
	UserID    uuid.UUID `bun:"user_id,nullzero"`
	SignUpID  uuid.UUID `bun:"sign_up_id,nullzero"`
	EmailKey  string    `bun:"email_key"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

func (r *tokenRow) token() *auth.OneTimeToken {
	return &auth.OneTimeToken{
		Digest:    r.Digest,
		Purpose:   auth.Purpose(r.Purpose),
		UserID:    r.UserID,
		SignUpID:  r.SignUpID,
		EmailKey:  r.EmailKey,
		CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// CreateToken adds a token; ErrNotFound when there is no such user or sign-up.
func (c *conn) CreateToken(ctx context.Context, t *auth.OneTimeToken) error {
	const doing = "create a token"
	row := &tokenRow{
		Digest:    t.Digest,
		Purpose:   string(t.Purpose),
		UserID:    t.UserID,
		SignUpID:  t.SignUpID,
		EmailKey:  t.EmailKey,
		CreatedAt: stored(t.CreatedAt),
		ExpiresAt: stored(t.ExpiresAt),
	}
	if err := checkTexts(doing, row.Purpose, row.EmailKey); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// TokenByDigest looks a token up without using it.
func (c *conn) TokenByDigest(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.OneTimeToken, error) {
	const doing = "find a token"
	if err := checkTexts(doing, string(purpose)); err != nil {
		return nil, err
	}
	row := new(tokenRow)
	err := c.reads.NewSelect().Model(row).
		Where("t.digest = ?", digest).Where("t.purpose = ?", string(purpose)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.token(), nil
}

// TakeToken removes and returns a token. Its single use is this one statement.
func (c *conn) TakeToken(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.OneTimeToken, error) {
	const doing = "take a token"
	if err := checkTexts(doing, string(purpose)); err != nil {
		return nil, err
	}
	row := new(tokenRow)
	err := c.writes.NewDelete().Model(row).
		Where("t.digest = ?", digest).Where("t.purpose = ?", string(purpose)).Returning("*").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.token(), nil
}

// DeleteTokens removes all tokens of a user, the logins and the change of address that wait, and the trusted devices, and
// voids the codes.
func (c *conn) DeleteTokens(ctx context.Context, userID uuid.UUID) error {
	const doing = "delete tokens"
	return c.inTx(ctx, func(tx *conn) error {
		if _, err := tx.writes.NewDelete().Model((*tokenRow)(nil)).Where("t.user_id = ?", userID).Exec(ctx); err != nil {
			return tx.fail(ctx, doing, err)
		}
		if err := tx.dropWaitingChange(ctx, doing, userID); err != nil {
			return err
		}
		if err := tx.DeleteLoginChallenges(ctx, userID); err != nil {
			return err
		}
		if err := tx.DeleteTrustedDevices(ctx, userID); err != nil {
			return err
		}
		return tx.voidCodes(ctx, userID)
	})
}
