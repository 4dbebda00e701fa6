package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

type emailChangeRow struct {
	bun.BaseModel `bun:"table:email_changes,alias:ec"`

	ID          uuid.UUID `bun:"id,pk"`
	UserID      uuid.UUID `bun:"user_id"`
	OldEmail    string    `bun:"old_email"`
	OldEmailKey string    `bun:"old_email_key"`
	NewEmail    string    `bun:"new_email"`
	NewEmailKey string    `bun:"new_email_key"`
	RequestedAt time.Time `bun:"requested_at"`
	ExpiresAt   time.Time `bun:"expires_at"`
	ChangedAt   time.Time `bun:"changed_at,nullzero"`
	UndoUntil   time.Time `bun:"undo_until,nullzero"`
	IPAddress   string    `bun:"ip_address"`
	UserAgent   string    `bun:"user_agent"`
}

func newEmailChangeRow(c *auth.EmailChange) *emailChangeRow {
	return &emailChangeRow{
		ID:          c.ID,
		UserID:      c.UserID,
		OldEmail:    c.Old.Address,
		OldEmailKey: c.Old.Canonical,
		NewEmail:    c.New.Address,
		NewEmailKey: c.New.Canonical,
		RequestedAt: stored(c.RequestedAt),
		ExpiresAt:   stored(c.ExpiresAt),
		ChangedAt:   stored(c.ChangedAt),
		UndoUntil:   stored(c.UndoUntil),
		IPAddress:   c.IPAddress,
		UserAgent:   c.UserAgent,
	}
}

func (r *emailChangeRow) change() *auth.EmailChange {
	return &auth.EmailChange{
		ID:          r.ID,
		UserID:      r.UserID,
		Old:         address.Email{Address: r.OldEmail, Canonical: r.OldEmailKey},
		New:         address.Email{Address: r.NewEmail, Canonical: r.NewEmailKey},
		RequestedAt: r.RequestedAt.UTC(),
		ExpiresAt:   r.ExpiresAt.UTC(),
		ChangedAt:   r.ChangedAt.UTC(),
		UndoUntil:   r.UndoUntil.UTC(),
		IPAddress:   r.IPAddress,
		UserAgent:   r.UserAgent,
	}
}

func (r *emailChangeRow) check(doing string) error {
	return checkTexts(doing, r.OldEmail, r.OldEmailKey, r.NewEmail, r.NewEmailKey, r.IPAddress, r.UserAgent)
}

// StartEmailChange adds a change in place of the one that waits. ErrNotFound when there is no such user.
func (c *conn) StartEmailChange(ctx context.Context, change *auth.EmailChange) error {
	const doing = "start an email change"
	row := newEmailChangeRow(change)
	if err := row.check(doing); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		if err := tx.dropWaitingChange(ctx, doing, row.UserID); err != nil {
			return err
		}
		_, err := tx.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
		return tx.fail(ctx, doing, err)
	})
}

func (c *conn) dropWaitingChange(ctx context.Context, doing string, userID uuid.UUID) error {
	_, err := c.writes.NewDelete().Model((*emailChangeRow)(nil)).
		Where("ec.user_id = ?", userID).Where("ec.changed_at IS NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// EmailChangeByID returns the change with the id.
func (c *conn) EmailChangeByID(ctx context.Context, id uuid.UUID) (*auth.EmailChange, error) {
	return c.emailChange(ctx, "find an email change", "ec.id = ?", id)
}

// LastEmailChange returns the change that the user made last.
func (c *conn) LastEmailChange(ctx context.Context, userID uuid.UUID) (*auth.EmailChange, error) {
	return c.emailChange(ctx, "find the last email change", "ec.changed_at IS NOT NULL AND ec.user_id = ?", userID)
}

// EmailReservation returns the change made last that left the key.
func (c *conn) EmailReservation(ctx context.Context, key string) (*auth.EmailChange, error) {
	const doing = "find an email reservation"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	return c.emailChange(ctx, doing, "ec.changed_at IS NOT NULL AND ec.old_email_key = ?", key)
}

func (c *conn) emailChange(ctx context.Context, doing, where string, arg any) (*auth.EmailChange, error) {
	row := new(emailChangeRow)
	err := c.reads.NewSelect().Model(row).Where(where, arg).OrderExpr("ec.changed_at DESC, ec.id DESC").Limit(1).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.change(), nil
}

// FinishEmailChange writes that the change was made.
func (c *conn) FinishEmailChange(ctx context.Context, change *auth.EmailChange) error {
	const doing = "finish an email change"
	row := newEmailChangeRow(change)
	if err := row.check(doing); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		result, err := tx.writes.NewUpdate().Model(row).Column("changed_at", "undo_until", "ip_address", "user_agent").
			WherePK().Where("ec.changed_at IS NULL").Exec(ctx)
		if err := tx.mustAffectOne(ctx, doing, result, err); err != nil {
			return err
		}
		_, err = tx.writes.NewDelete().Model((*emailChangeTokenRow)(nil)).Where("tok.change_id = ?", row.ID).Exec(ctx)
		return tx.fail(ctx, doing, err)
	})
}

// RevertEmailChanges removes a change that was made and those after it, of two at the same time the
// one that was asked for later.
func (c *conn) RevertEmailChanges(ctx context.Context, change *auth.EmailChange) error {
	at := stored(change.ChangedAt)
	_, err := c.writes.NewDelete().Model((*emailChangeRow)(nil)).Where("ec.user_id = ?", change.UserID).
		Where("ec.changed_at > ?0 OR ec.changed_at = ?0 AND ec.id >= ?1", at, change.ID).Exec(ctx)
	return c.fail(ctx, "revert email changes", err)
}

// ReleaseEmail removes the changes that left the key and cannot be undone any more.
func (c *conn) ReleaseEmail(ctx context.Context, key string, now time.Time) error {
	const doing = "release an email"
	if err := checkTexts(doing, key); err != nil {
		return err
	}
	_, err := c.writes.NewDelete().Model((*emailChangeRow)(nil)).
		Where("ec.old_email_key = ?", key).Where("ec.undo_until <= ?", stored(now)).Exec(ctx)
	return c.fail(ctx, doing, err)
}

// EndEmailChanges removes changes with which nothing can be done any more.
func (c *conn) EndEmailChanges(ctx context.Context, now time.Time, limit int) (int, error) {
	if limit <= 0 {
		return 0, nil
	}
	ended := c.writes.NewSelect().Model((*emailChangeRow)(nil)).Column("id").
		Where("COALESCE(ec.undo_until, ec.expires_at) <= ?", stored(now)).OrderExpr("ec.id").Limit(int64(limit))
	result, err := c.writes.NewDelete().Model((*emailChangeRow)(nil)).Where("ec.id IN (?)", ended).Exec(ctx)
	return c.count(ctx, "end email changes", result, err)
}

// reserved reports whether another user has left the key of a user by a change that was made.
func (c *conn) reserved(ctx context.Context, doing string, user *userRow) (bool, error) {
	reserved, err := c.writes.NewSelect().Model((*emailChangeRow)(nil)).
		Where("ec.old_email_key = ?", user.EmailKey).Where("ec.changed_at IS NOT NULL").Where("ec.user_id <> ?", user.ID).Exists(ctx)
	return reserved, c.fail(ctx, doing, err)
}

type emailChangeTokenRow struct {
	bun.BaseModel `bun:"table:email_change_tokens,alias:tok"`

	Digest    []byte    `bun:"digest,pk"`
	Purpose   string    `bun:"purpose"`
	ChangeID  uuid.UUID `bun:"change_id"`
	ExpiresAt time.Time `bun:"expires_at"`
}

// AddEmailChangeToken adds a token; ErrNotFound when there is no such change.
func (c *conn) AddEmailChangeToken(ctx context.Context, t *auth.EmailChangeToken) error {
	const doing = "add a token of an email change"
	row := &emailChangeTokenRow{Digest: t.Digest, Purpose: string(t.Purpose), ChangeID: t.ChangeID, ExpiresAt: stored(t.ExpiresAt)}
	if err := checkTexts(doing, row.Purpose); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// EmailChangeTokenByDigest looks a token up.
func (c *conn) EmailChangeTokenByDigest(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.EmailChangeToken, error) {
	const doing = "find a token of an email change"
	if err := checkTexts(doing, string(purpose)); err != nil {
		return nil, err
	}
	row := new(emailChangeTokenRow)
	err := c.reads.NewSelect().Model(row).Where("tok.digest = ?", digest).Where("tok.purpose = ?", string(purpose)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return &auth.EmailChangeToken{
		Digest: row.Digest, Purpose: auth.Purpose(row.Purpose), ChangeID: row.ChangeID, ExpiresAt: row.ExpiresAt.UTC(),
	}, nil
}
