package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

type recoveryCodeRow struct {
	bun.BaseModel `bun:"table:recovery_codes,alias:rc"`

	UserID    uuid.UUID `bun:"user_id,pk"`
	Digest    []byte    `bun:"digest,pk"`
	CreatedAt time.Time `bun:"created_at"`
}

// AddRecoveryCodes adds codes of a user; ErrNotFound when there is no such user.
func (c *conn) AddRecoveryCodes(ctx context.Context, userID uuid.UUID, digests [][]byte, at time.Time) error {
	if len(digests) == 0 {
		return nil
	}
	rows := make([]*recoveryCodeRow, len(digests))
	for i, digest := range digests {
		rows[i] = &recoveryCodeRow{UserID: userID, Digest: digest, CreatedAt: stored(at)}
	}
	_, err := c.writes.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	return c.fail(ctx, "add recovery codes", err)
}

// TakeRecoveryCode removes a code. Its single use is this one statement.
func (c *conn) TakeRecoveryCode(ctx context.Context, userID uuid.UUID, digest []byte) error {
	var taken uuid.UUID
	err := c.writes.NewDelete().Model((*recoveryCodeRow)(nil)).
		Where("rc.user_id = ?", userID).Where("rc.digest = ?", digest).Returning("user_id").Scan(ctx, &taken)
	return c.fail(ctx, "take a recovery code", err)
}

// DeleteRecoveryCodes removes the codes of a user that were made at a time or later.
func (c *conn) DeleteRecoveryCodes(ctx context.Context, userID uuid.UUID, since time.Time) error {
	_, err := c.writes.NewDelete().Model((*recoveryCodeRow)(nil)).
		Where("rc.user_id = ?", userID).Where("rc.created_at >= ?", stored(since)).Exec(ctx)
	return c.fail(ctx, "delete recovery codes", err)
}

// RecoveryCodesLeft counts the codes of a user.
func (c *conn) RecoveryCodesLeft(ctx context.Context, userID uuid.UUID) (int, error) {
	n, err := c.reads.NewSelect().Model((*recoveryCodeRow)(nil)).Where("rc.user_id = ?", userID).Count(ctx)
	return int(n), c.fail(ctx, "count recovery codes", err)
}
