package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

type signUpRow struct {
	bun.BaseModel `bun:"table:sign_ups,alias:su"`

	ID           uuid.UUID `bun:"id,pk"`
	Email        string    `bun:"email"`
	EmailKey     string    `bun:"email_key"`
	Username     string    `bun:"username"`
	UsernameKey  string    `bun:"username_key"`
	Name         string    `bun:"name"`
	Profile      string    `bun:"profile"`
	PasswordHash string    `bun:"password_hash"`
	CreatedAt    time.Time `bun:"created_at"`
	ExpiresAt    time.Time `bun:"expires_at"`
}

func (r *signUpRow) signUp() *auth.SignUp {
	return &auth.SignUp{
		ID:           r.ID,
		Email:        address.Email{Address: r.Email, Canonical: r.EmailKey},
		Username:     auth.Username{Name: r.Username, Key: r.UsernameKey},
		Name:         r.Name,
		Profile:      profile.Profile(r.Profile),
		PasswordHash: secret.Text(r.PasswordHash),
		CreatedAt:    r.CreatedAt.UTC(),
		ExpiresAt:    r.ExpiresAt.UTC(),
	}
}

func signUps(rows []*signUpRow) []*auth.SignUp {
	all := make([]*auth.SignUp, len(rows))
	for i, row := range rows {
		all[i] = row.signUp()
	}
	return all
}

// newestFirst sorts, since RETURNING promises no order.
func newestFirst(all []*auth.SignUp) []*auth.SignUp {
	slices.SortFunc(all, func(a, b *auth.SignUp) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return slices.Compare(b.ID[:], a.ID[:])
	})
	return all
}

// CreateSignUp adds a sign-up, which holds its username as long as it says.
func (c *conn) CreateSignUp(ctx context.Context, s *auth.SignUp) error {
	const doing = "create a sign-up"
	row := &signUpRow{
		ID:           s.ID,
		Email:        s.Email.Address,
		EmailKey:     s.Email.Canonical,
		Username:     s.Username.Name,
		UsernameKey:  s.Username.Key,
		Name:         s.Name,
		Profile:      string(s.Profile),
		PasswordHash: s.PasswordHash.Reveal(),
		CreatedAt:    stored(s.CreatedAt),
		ExpiresAt:    stored(s.ExpiresAt),
	}
	texts := []string{row.Email, row.EmailKey, row.Username, row.UsernameKey, row.Name, row.Profile, row.PasswordHash}
	if err := checkTexts(doing, texts...); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		return tx.orUndo(ctx, doing, func() error {
			if _, err := tx.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx); err != nil {
				return tx.fail(ctx, doing, err)
			}
			holder := &usernameRow{Key: row.UsernameKey, SignUpID: row.ID, ExpiresAt: stored(s.HoldsUsernameUntil())}
			return tx.holdUsername(ctx, doing, holder, row.CreatedAt)
		})
	})
}

// SignUpByID returns the sign-up with the id.
func (c *conn) SignUpByID(ctx context.Context, id uuid.UUID) (*auth.SignUp, error) {
	return c.signUp(ctx, "find a sign-up", "su.id = ?", id)
}

// NewestSignUp returns the sign-up with an address that was made last.
func (c *conn) NewestSignUp(ctx context.Context, key string) (*auth.SignUp, error) {
	const doing = "find the newest sign-up"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	return c.signUp(ctx, doing, "su.email_key = ?", key)
}

// signUp returns the newest sign-up for which the condition is true.
func (c *conn) signUp(ctx context.Context, doing, where string, arg any) (*auth.SignUp, error) {
	row := new(signUpRow)
	err := c.reads.NewSelect().Model(row).Where(where, arg).OrderExpr("su.created_at DESC, su.id DESC").Limit(1).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.signUp(), nil
}

// SignUpsByEmail returns all sign-ups of an address, the newest first.
func (c *conn) SignUpsByEmail(ctx context.Context, key string) ([]*auth.SignUp, error) {
	const doing = "find sign-ups by email"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	var rows []*signUpRow
	if err := c.reads.NewSelect().Model(&rows).Where("su.email_key = ?", key).Scan(ctx); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return newestFirst(signUps(rows)), nil
}

// TakeSignUps removes and returns all sign-ups of an address, and their tokens by cascade.
func (c *conn) TakeSignUps(ctx context.Context, key string) ([]*auth.SignUp, error) {
	const doing = "take sign-ups"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	var rows []*signUpRow
	err := c.writes.NewDelete().Model(&rows).Where("su.email_key = ?", key).Returning("*").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return newestFirst(signUps(rows)), nil
}

// SignUps returns sign-ups in the order of their ids, which is that of creation.
func (c *conn) SignUps(ctx context.Context, after uuid.UUID, limit int) ([]*auth.SignUp, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []*signUpRow
	err := c.reads.NewSelect().Model(&rows).
		Where("su.id > ?", after).OrderExpr("su.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list sign-ups", err)
	}
	return signUps(rows), nil
}
