package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// usernameRow is who holds a name. The name as it is written is with its holder.
type usernameRow struct {
	bun.BaseModel `bun:"table:usernames,alias:n"`

	Key       string    `bun:"username_key,pk"`
	UserID    uuid.UUID `bun:"user_id,nullzero"`
	SignUpID  uuid.UUID `bun:"sign_up_id,nullzero"`
	ExpiresAt time.Time `bun:"expires_at,nullzero"`
}

// UserByUsername returns the user who holds the name with the key.
func (c *conn) UserByUsername(ctx context.Context, key string) (*auth.User, error) {
	const doing = "find a user by username"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	return c.user(ctx, doing, userByUsername, key)
}

// SignUpByUsername returns the sign-up that holds the name with the key.
func (c *conn) SignUpByUsername(ctx context.Context, key string) (*auth.SignUp, error) {
	const doing = "find a sign-up by username"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	return c.signUp(ctx, doing, "su.id = (SELECT sign_up_id FROM usernames WHERE username_key = ?)", key)
}

// SetUsername waits for the user's lock, so that of two names set at once the later one stays.
func (c *conn) SetUsername(ctx context.Context, userID uuid.UUID, name auth.Username, at time.Time) error {
	const doing = "set a username"
	if err := checkTexts(doing, name.Name, name.Key); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		if err := tx.lockUser(ctx, doing, userID); err != nil {
			return err
		}
		return tx.orUndo(ctx, doing, func() error {
			if _, err := tx.writes.NewDelete().Model((*usernameRow)(nil)).Where("user_id = ?", userID).Exec(ctx); err != nil {
				return tx.fail(ctx, doing, err)
			}
			if err := tx.holdUsername(ctx, doing, &usernameRow{Key: name.Key, UserID: userID}, at); err != nil {
				return err
			}
			result, err := tx.writes.NewUpdate().Model((*userRow)(nil)).
				Set("username = ?", name.Name).Set("username_key = ?", name.Key).Where("u.id = ?", userID).Exec(ctx)
			tx.changed(userID)
			return tx.mustAffectOne(ctx, doing, result, err)
		})
	})
}

// holdUsername takes a name that is free, or that a sign-up holds which has expired at the time given.
// Two who take it at once wait for each other here, and the second gets auth.ErrUsernameTaken. No
// name is nothing to hold.
func (c *conn) holdUsername(ctx context.Context, doing string, row *usernameRow, at time.Time) error {
	if row.Key == "" {
		return nil
	}
	result, err := c.writes.NewInsert().Model(row).
		On("CONFLICT (username_key) DO UPDATE").
		Set("user_id = EXCLUDED.user_id").Set("sign_up_id = EXCLUDED.sign_up_id").Set("expires_at = EXCLUDED.expires_at").
		Where("n.expires_at <= ?", stored(at)).Returning("NULL").Exec(ctx)
	switch n, err := c.count(ctx, doing, result, err); {
	case err != nil:
		return err
	case n == 0:
		return usernameTaken(doing)
	}
	return nil
}

// isUsernameHeld reports whether a user or a sign-up holds a name at the time given.
func (c *conn) isUsernameHeld(ctx context.Context, doing, key string, at time.Time) (bool, error) {
	n, err := c.reads.NewSelect().Model((*usernameRow)(nil)).
		Where("n.username_key = ?", key).Where("n.expires_at IS NULL OR n.expires_at > ?", stored(at)).Count(ctx)
	return n > 0, c.fail(ctx, doing, err)
}

func usernameTaken(doing string) error {
	return fmt.Errorf("store: %s: %w", doing, auth.ErrUsernameTaken)
}
