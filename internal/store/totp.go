package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type totpRow struct {
	bun.BaseModel `bun:"table:totp,alias:o"`

	UserID     uuid.UUID `bun:"user_id,pk"`
	Sealed     []byte    `bun:"sealed"`
	LastStep   int64     `bun:"last_step"`
	Tries      int       `bun:"tries"`
	CreatedAt  time.Time `bun:"created_at"`
	LastUsedAt time.Time `bun:"last_used_at,nullzero"`
}

func (r *totpRow) totp() *auth.TOTP {
	return &auth.TOTP{
		UserID:     r.UserID,
		Sealed:     r.Sealed,
		LastStep:   r.LastStep,
		Tries:      r.Tries,
		CreatedAt:  r.CreatedAt.UTC(),
		LastUsedAt: r.LastUsedAt.UTC(),
	}
}

// PutTOTP adds the authenticator app of a user, in place of the one before; ErrNotFound when there is no such user.
func (c *conn) PutTOTP(ctx context.Context, totp *auth.TOTP) error {
	row := &totpRow{
		UserID:     totp.UserID,
		Sealed:     totp.Sealed,
		LastStep:   totp.LastStep,
		Tries:      totp.Tries,
		CreatedAt:  stored(totp.CreatedAt),
		LastUsedAt: stored(totp.LastUsedAt),
	}
	_, err := c.writes.NewInsert().Model(row).On("CONFLICT (user_id) DO UPDATE").
		Set("sealed = EXCLUDED.sealed").Set("last_step = EXCLUDED.last_step").Set("tries = EXCLUDED.tries").
		Set("created_at = EXCLUDED.created_at").Set("last_used_at = EXCLUDED.last_used_at").Returning("NULL").Exec(ctx)
	return c.fail(ctx, "put an authenticator app", err)
}

// TOTPOf returns the authenticator app of a user.
func (c *conn) TOTPOf(ctx context.Context, userID uuid.UUID) (*auth.TOTP, error) {
	row := new(totpRow)
	if err := c.reads.NewSelect().Model(row).Where("o.user_id = ?", userID).Scan(ctx); err != nil {
		return nil, c.fail(ctx, "find an authenticator app", err)
	}
	return row.totp(), nil
}

// TryTOTP counts a try and returns the authenticator app. That only so many are tried is this one statement.
func (c *conn) TryTOTP(ctx context.Context, userID uuid.UUID, limit int) (*auth.TOTP, error) {
	row := new(totpRow)
	err := c.writes.NewUpdate().Model(row).Set("tries = tries + 1").
		Where("o.user_id = ?", userID).Where("o.tries < ?", limit).Returning("*").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "try an authenticator app", err)
	}
	return row.totp(), nil
}

// UseTOTP accepts the code of a step. The single use of each is this one statement.
func (c *conn) UseTOTP(ctx context.Context, userID uuid.UUID, step int64, at time.Time) error {
	result, err := c.writes.NewUpdate().Model((*totpRow)(nil)).
		Set("last_step = ?", step).Set("tries = 0").Set("last_used_at = ?", stored(at)).
		Where("o.user_id = ?", userID).Where("o.last_step < ?", step).Exec(ctx)
	return c.mustAffectOne(ctx, "use an authenticator app", result, err)
}

// ForgetTOTPTries begins the count of tries anew.
func (c *conn) ForgetTOTPTries(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewUpdate().Model((*totpRow)(nil)).Set("tries = 0").Where("o.user_id = ?", userID).Exec(ctx)
	return c.fail(ctx, "forget the tries of an authenticator app", err)
}

// DeleteTOTP removes the authenticator app of a user.
func (c *conn) DeleteTOTP(ctx context.Context, userID uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*totpRow)(nil)).Where("o.user_id = ?", userID).Exec(ctx)
	return c.mustAffectOne(ctx, "delete an authenticator app", result, err)
}
