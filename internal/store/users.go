package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID          uuid.UUID `bun:"id,pk"`
	Email       string    `bun:"email"`
	EmailKey    string    `bun:"email_key"`
	Username    string    `bun:"username"`
	UsernameKey string    `bun:"username_key"`
	Name        string    `bun:"name"`
	Profile     string    `bun:"profile"`
	Role        string    `bun:"role"`
	VerifiedAt  time.Time `bun:"verified_at,nullzero"`
	DisabledAt  time.Time `bun:"disabled_at,nullzero"`
	DeletedAt   time.Time `bun:"deleted_at,nullzero"`
	CreatedAt   time.Time `bun:"created_at"`
	UpdatedAt   time.Time `bun:"updated_at"`
	LastLoginAt time.Time `bun:"last_login_at,nullzero"`

	Password *passwordRow `bun:"rel:has-one,join:id=user_id"`
}

func newUserRow(u *auth.User) *userRow {
	return &userRow{
		ID:          u.ID,
		Email:       u.Email.Address,
		EmailKey:    u.Email.Key,
		Username:    u.Username.Name,
		UsernameKey: u.Username.Key,
		Name:        u.Name,
		Profile:     string(u.Profile),
		Role:        string(u.Role),
		VerifiedAt:  stored(u.VerifiedAt),
		DisabledAt:  stored(u.DisabledAt),
		DeletedAt:   stored(u.DeletedAt),
		CreatedAt:   stored(u.CreatedAt),
		UpdatedAt:   stored(u.UpdatedAt),
		LastLoginAt: stored(u.LastLoginAt),
	}
}

func (r *userRow) user() *auth.User {
	u := &auth.User{
		ID:          r.ID,
		Email:       auth.Email{Address: r.Email, Key: r.EmailKey},
		Username:    auth.Username{Name: r.Username, Key: r.UsernameKey},
		Name:        r.Name,
		Profile:     auth.Profile(r.Profile),
		Role:        auth.Role(r.Role),
		VerifiedAt:  r.VerifiedAt.UTC(),
		DisabledAt:  r.DisabledAt.UTC(),
		DeletedAt:   r.DeletedAt.UTC(),
		CreatedAt:   r.CreatedAt.UTC(),
		UpdatedAt:   r.UpdatedAt.UTC(),
		LastLoginAt: r.LastLoginAt.UTC(),
	}
	if r.Password != nil {
		u.PasswordHash = secret.Text(r.Password.Hash)
	}
	return u
}

func (r *userRow) check(doing string) error {
	return checkTexts(doing, r.Email, r.EmailKey, r.Username, r.UsernameKey, r.Name, r.Profile, r.Role)
}

// CreateUser does nothing on a conflict, rather than fail, so that a transaction can go on. Whether
// the key is reserved is looked at after the user is in: whoever gives an address up, and reserves
// it in the same transaction, is waited for by the insertion.
func (c *conn) CreateUser(ctx context.Context, u *auth.User) error {
	const doing = "create a user"
	row := newUserRow(u)
	if err := errors.Join(row.check(doing), checkTexts(doing, u.PasswordHash.Reveal())); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		return tx.orUndo(ctx, doing, func() error {
			result, err := tx.writes.NewInsert().Model(row).
				On("CONFLICT (email_key) DO NOTHING").Returning("NULL").Exec(ctx)
			switch n, err := tx.count(ctx, doing, result, err); {
			case err != nil:
				return err
			case n == 0:
				return tx.emailTaken(ctx, doing, row)
			}
			switch reserved, err := tx.reserved(ctx, doing, row); {
			case err != nil:
				return err
			case reserved:
				return emailTaken(doing)
			}
			if err := tx.holdUsername(ctx, doing, &usernameRow{Key: row.UsernameKey, UserID: row.ID}, row.CreatedAt); err != nil {
				return err
			}
			if !u.HasPassword() {
				return nil
			}
			return tx.writePassword(ctx, doing, u.ID, u.PasswordHash, u.CreatedAt)
		})
	})
}

// emailTaken is the error for a new user whose address is taken, and perhaps the username too.
func (c *conn) emailTaken(ctx context.Context, doing string, row *userRow) error {
	held, err := c.isUsernameHeld(ctx, doing, row.UsernameKey, row.CreatedAt)
	switch {
	case err != nil:
		return err
	case held:
		return errors.Join(emailTaken(doing), usernameTaken(doing))
	}
	return emailTaken(doing)
}

// UserByID returns the user with the id.
func (c *conn) UserByID(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	return c.user(ctx, "find a user by id", "u.id = ?", id)
}

// UserByEmail returns the user with the key.
func (c *conn) UserByEmail(ctx context.Context, key string) (*auth.User, error) {
	const doing = "find a user by email"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	return c.user(ctx, doing, "u.email_key = ?", key)
}

func (c *conn) user(ctx context.Context, doing, where string, arg any) (*auth.User, error) {
	row := new(userRow)
	if err := c.reads.NewSelect().Model(row).Relation("Password").Where(where, arg).Scan(ctx); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return row.user(), nil
}

// LockUser locks first and reads afterwards: a statement that waited for the lock would see the
// user as it is then, but the password as it was when the statement began. Outside of a transaction
// it is an error, for the lock would be gone when it returns.
func (c *conn) LockUser(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	const doing = "lock a user"
	if c.pool != nil {
		return nil, errors.New("store: lock a user: this needs a transaction")
	}
	if err := c.lockUser(ctx, doing, id); err != nil {
		return nil, err
	}
	return c.user(ctx, doing, "u.id = ?", id)
}

// lockUser waits for the lock of a user, whose holder alone may change it and its password. On
// SQLite every transaction has the lock of the whole file already.
func (c *conn) lockUser(ctx context.Context, doing string, id uuid.UUID) error {
	query := c.writes.NewSelect().Model((*userRow)(nil)).Column("id").Where("u.id = ?", id)
	if c.kind == Postgres {
		query.For("UPDATE")
	}
	var locked uuid.UUID
	return c.fail(ctx, doing, query.Scan(ctx, &locked))
}

// UpdateUser writes everything of u but its id, its creation time, its password and its username. It
// looks for reservations as CreateUser does, but only if the key is another one than before.
func (c *conn) UpdateUser(ctx context.Context, u *auth.User) error {
	const doing = "update a user"
	row := newUserRow(u)
	if err := row.check(doing); err != nil {
		return err
	}
	return c.inTx(ctx, func(tx *conn) error {
		var before string
		if err := tx.writes.NewSelect().Model((*userRow)(nil)).Column("email_key").Where("u.id = ?", u.ID).Scan(ctx, &before); err != nil {
			return tx.fail(ctx, doing, err)
		}
		return tx.orUndo(ctx, doing, func() error {
			result, err := tx.writes.NewUpdate().Model(row).
				ExcludeColumn("id", "created_at", "username", "username_key").WherePK().Exec(ctx)
			if isEmailTaken(err) && ctx.Err() == nil {
				return emailTaken(doing)
			}
			if err == nil && row.EmailKey != before {
				reserved, err := tx.reserved(ctx, doing, row)
				if err != nil {
					return err
				}
				if reserved {
					return emailTaken(doing)
				}
			}
			return tx.one(ctx, doing, result, err)
		})
	})
}

// Users returns users in the order of their ids, which is that of creation.
func (c *conn) Users(ctx context.Context, after uuid.UUID, limit int) ([]*auth.User, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []*userRow
	err := c.reads.NewSelect().Model(&rows).Relation("Password").
		Where("u.id > ?", after).OrderExpr("u.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list users", err)
	}
	users := make([]*auth.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return users, nil
}

func emailTaken(doing string) error { return fmt.Errorf("store: %s: %w", doing, auth.ErrEmailTaken) }
