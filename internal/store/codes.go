package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type codeRow struct {
	bun.BaseModel `bun:"table:one_time_codes,alias:c"`

	RequestID uuid.UUID `bun:"request_id,pk"`
	Purpose   string    `bun:"purpose"`
	EmailKey  string    `bun:"email_key"`
	SessionID uuid.UUID `bun:"session_id,nullzero"`
	UserID    uuid.UUID `bun:"user_id,nullzero"`
	SignUpID  uuid.UUID `bun:"sign_up_id,nullzero"`
	Digest    []byte    `bun:"digest"`
	Tries     int       `bun:"tries"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at,nullzero"`
}

func (r *codeRow) code() *auth.OneTimeCode {
	return &auth.OneTimeCode{
		RequestID: r.RequestID,
		Purpose:   auth.Purpose(r.Purpose),
		EmailKey:  r.EmailKey,
		SessionID: r.SessionID,
		UserID:    r.UserID,
		SignUpID:  r.SignUpID,
		Digest:    r.Digest,
		Tries:     r.Tries,
		CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// CreateCode adds a request for a code.
func (c *conn) CreateCode(ctx context.Context, code *auth.OneTimeCode) error {
	const doing = "create a request for a code"
	row := &codeRow{
		RequestID: code.RequestID,
		Purpose:   string(code.Purpose),
		EmailKey:  code.EmailKey,
		SessionID: code.SessionID,
		UserID:    code.UserID,
		SignUpID:  code.SignUpID,
		Digest:    code.Digest,
		Tries:     code.Tries,
		CreatedAt: stored(code.CreatedAt),
		ExpiresAt: stored(code.ExpiresAt),
	}
	if err := checkTexts(doing, row.Purpose, row.EmailKey); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// MintCode writes what becomes of a request when its mail is composed.
func (c *conn) MintCode(ctx context.Context, code *auth.OneTimeCode) error {
	const doing = "mint a code"
	if err := checkTexts(doing, string(code.Purpose), code.EmailKey); err != nil {
		return err
	}
	result, err := c.writes.NewUpdate().Model((*codeRow)(nil)).
		Set("user_id = ?", nullID(code.UserID)).Set("sign_up_id = ?", nullID(code.SignUpID)).
		Set("digest = ?", code.Digest).Set("expires_at = ?", stored(code.ExpiresAt)).
		Where("c.request_id = ?", code.RequestID).Where("c.purpose = ?", string(code.Purpose)).
		Where("c.email_key = ?", code.EmailKey).Exec(ctx)
	return c.mustAffectOne(ctx, doing, result, err)
}

// TryCode counts a try and returns the request. That only so many are tried is this one statement.
func (c *conn) TryCode(ctx context.Context, purpose auth.Purpose, requestID, sessionID uuid.UUID, limit int) (*auth.OneTimeCode, error) {
	const doing = "try a code"
	if err := checkTexts(doing, string(purpose)); err != nil {
		return nil, err
	}
	row := new(codeRow)
	err := c.writes.NewUpdate().Model(row).Set("tries = tries + 1").
		Where("c.request_id = ?", requestID).Where("c.purpose = ?", string(purpose)).
		Where("c.session_id IS NOT DISTINCT FROM ?", nullID(sessionID)).
		Where("c.tries < ?", limit).Returning("*").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.code(), nil
}

// TakeCode removes a request. The single use of its code is this one statement.
func (c *conn) TakeCode(ctx context.Context, requestID uuid.UUID, digest []byte) error {
	result, err := c.writes.NewDelete().Model((*codeRow)(nil)).
		Where("c.request_id = ?", requestID).Where("c.digest = ?", digest).Exec(ctx)
	return c.mustAffectOne(ctx, "take a code", result, err)
}

// voidCodes takes the digests of all codes of a user away.
func (c *conn) voidCodes(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewUpdate().Model((*codeRow)(nil)).Set("digest = NULL").Where("c.user_id = ?", userID).Exec(ctx)
	return c.fail(ctx, "void codes", err)
}

// CountWrongCode adds one and returns how many there are.
func (c *conn) CountWrongCode(ctx context.Context, key string, at, since time.Time) (int, error) {
	const doing = "count a wrong code"
	if err := checkTexts(doing, key); err != nil {
		return 0, err
	}
	var count int
	err := c.writes.NewRaw(`INSERT INTO wrong_codes AS w (email_key, count, counted_at) VALUES (?0, 1, ?1)
ON CONFLICT (email_key) DO UPDATE
SET count = CASE WHEN w.counted_at > ?2 THEN w.count + 1 ELSE 1 END,
    counted_at = CASE WHEN w.counted_at > ?2 THEN w.counted_at ELSE EXCLUDED.counted_at END
RETURNING count`, key, stored(at), stored(since)).Scan(ctx, &count)
	return count, c.fail(ctx, doing, err)
}

// WrongCodes returns how many there are.
func (c *conn) WrongCodes(ctx context.Context, key string, since time.Time) (int, error) {
	const doing = "read the count of wrong codes"
	if err := checkTexts(doing, key); err != nil {
		return 0, err
	}
	var count int
	err := c.reads.NewRaw("SELECT COALESCE(MAX(count), 0) FROM wrong_codes WHERE email_key = ? AND counted_at > ?", key, stored(since)).Scan(ctx, &count)
	return count, c.fail(ctx, doing, err)
}

var forgetWrongCodes = hot("DELETE", "wrong_codes", `DELETE FROM wrong_codes WHERE email_key = ?0`)

// ForgetWrongCodes begins the count anew.
func (c *conn) ForgetWrongCodes(ctx context.Context, key string) error {
	const doing = "forget wrong codes"
	if err := checkTexts(doing, key); err != nil {
		return err
	}
	_, err := c.exec(ctx, forgetWrongCodes, key)
	return c.fail(ctx, doing, err)
}
