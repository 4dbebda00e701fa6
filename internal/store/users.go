package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

type userRow struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID             uuid.UUID `bun:"id,pk"`
	Email          string    `bun:"email"`
	EmailKey       string    `bun:"email_key"`
	Username       string    `bun:"username"`
	UsernameKey    string    `bun:"username_key"`
	Name           string    `bun:"name"`
	Profile        string    `bun:"profile"`
	ProfileDropped bool      `bun:"profile_dropped"`
	Role           string    `bun:"role"`
	VerifiedAt     time.Time `bun:"verified_at,nullzero"`
	DisabledAt     time.Time `bun:"disabled_at,nullzero"`
	DisabledReason string    `bun:"disabled_reason"`
	DeletedAt      time.Time `bun:"deleted_at,nullzero"`
	CreatedAt      time.Time `bun:"created_at"`
	UpdatedAt      time.Time `bun:"updated_at"`
	LastLoginAt    time.Time `bun:"last_login_at,nullzero"`

	SecondFactorSince time.Time `bun:"second_factor_since,nullzero"`

	Password *passwordRow `bun:"rel:has-one,join:id=user_id"`
}

const userColumns = `u.id, u.email, u.email_key, u.username, u.username_key, u.name, u.profile, u.profile_dropped, u.role,
	u.verified_at, u.disabled_at, u.deleted_at, u.created_at, u.updated_at, u.last_login_at, u.second_factor_since, u.disabled_reason, p.hash`

// foundUser is where a row of userColumns is scanned to.
type foundUser struct {
	u                                                     auth.User
	verified, disabled, deleted, joined, changed, lastOne bun.NullTime
	secondFactor                                          bun.NullTime
	hash                                                  sql.NullString
}

// into returns the places for the columns.
func (f *foundUser) into() []any {
	u := &f.u
	return []any{
		&u.ID, &u.Email.Address, &u.Email.Canonical, &u.Username.Name, &u.Username.Key, &u.Name, (*string)(&u.Profile), &u.ProfileDropped, (*string)(&u.Role),
		&f.verified, &f.disabled, &f.deleted, &f.joined, &f.changed, &f.lastOne, &f.secondFactor, &u.DisabledReason, &f.hash,
	}
}

func (f *foundUser) get() *auth.User {
	u := &f.u
	u.PasswordHash = secret.Text(f.hash.String)
	u.VerifiedAt, u.DisabledAt, u.DeletedAt = f.verified.UTC(), f.disabled.UTC(), f.deleted.UTC()
	u.CreatedAt, u.UpdatedAt, u.LastLoginAt = f.joined.UTC(), f.changed.UTC(), f.lastOne.UTC()
	u.SecondFactorSince = f.secondFactor.UTC()
	return u
}

const selectUser = `SELECT ` + userColumns + ` FROM users AS u LEFT JOIN passwords AS p ON p.user_id = u.id WHERE `

var (
	userByID       = hot("SELECT", "users", selectUser+`u.id = ?0`)
	userByEmail    = hot("SELECT", "users", selectUser+`u.email_key = ?0`)
	userByUsername = hot("SELECT", "users", selectUser+`u.id = (SELECT user_id FROM usernames WHERE username_key = ?0)`)
	lockUser       = hotOn(Postgres, "SELECT", "users", `SELECT id FROM users WHERE id = ?0 FOR UPDATE`)
	findUser       = hotOn(SQLite, "SELECT", "users", `SELECT id FROM users WHERE id = ?0`)
	lockEmailKey   = hotOn(Postgres, "SELECT", "users", `SELECT email_key FROM users WHERE id = ?0 FOR NO KEY UPDATE`)
	findEmailKey   = hotOn(SQLite, "SELECT", "users", `SELECT email_key FROM users WHERE id = ?0`)
	updateUser     = hot("UPDATE", "users", `
UPDATE users SET email = ?1, email_key = ?2, name = ?3, profile = ?4, role = ?5, verified_at = ?6, disabled_at = ?7, deleted_at = ?8,
	updated_at = ?9, last_login_at = ?10, profile_dropped = ?11, second_factor_since = ?12, disabled_reason = ?13
WHERE id = ?0`)
)

func newUserRow(u *auth.User) *userRow {
	return &userRow{
		ID:             u.ID,
		Email:          u.Email.Address,
		EmailKey:       u.Email.Canonical,
		Username:       u.Username.Name,
		UsernameKey:    u.Username.Key,
		Name:           u.Name,
		Profile:        string(u.Profile),
		ProfileDropped: u.ProfileDropped,
		Role:           string(u.Role),
		VerifiedAt:     stored(u.VerifiedAt),
		DisabledAt:     stored(u.DisabledAt),
		DisabledReason: u.DisabledReason,
		DeletedAt:      stored(u.DeletedAt),
		CreatedAt:      stored(u.CreatedAt),
		UpdatedAt:      stored(u.UpdatedAt),
		LastLoginAt:    stored(u.LastLoginAt),

		SecondFactorSince: stored(u.SecondFactorSince),
	}
}

func (r *userRow) user() *auth.User {
	u := &auth.User{
		ID:             r.ID,
		Email:          address.Email{Address: r.Email, Canonical: r.EmailKey},
		Username:       auth.Username{Name: r.Username, Key: r.UsernameKey},
		Name:           r.Name,
		Profile:        profile.Profile(r.Profile),
		ProfileDropped: r.ProfileDropped,
		Role:           auth.Role(r.Role),
		VerifiedAt:     r.VerifiedAt.UTC(),
		DisabledAt:     r.DisabledAt.UTC(),
		DisabledReason: r.DisabledReason,
		DeletedAt:      r.DeletedAt.UTC(),
		CreatedAt:      r.CreatedAt.UTC(),
		UpdatedAt:      r.UpdatedAt.UTC(),
		LastLoginAt:    r.LastLoginAt.UTC(),

		SecondFactorSince: r.SecondFactorSince.UTC(),
	}
	if r.Password != nil {
		u.PasswordHash = secret.Text(r.Password.Hash)
	}
	return u
}

func (r *userRow) check(doing string) error {
	return checkTexts(doing, r.Email, r.EmailKey, r.Username, r.UsernameKey, r.Name, r.Profile, r.Role, r.DisabledReason)
}

// CreateUser does nothing on a conflict, rather than fail, so that a transaction can go on. Whether
// the key is reserved is looked at after the user is in: a user who gives an address up, and reserves
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
	return c.user(ctx, "find a user by id", userByID, id)
}

// UserByEmail returns the user with the key.
func (c *conn) UserByEmail(ctx context.Context, key string) (*auth.User, error) {
	const doing = "find a user by email"
	if err := checkTexts(doing, key); err != nil {
		return nil, err
	}
	return c.user(ctx, doing, userByEmail, key)
}

func (c *conn) user(ctx context.Context, doing string, by *statement, arg any) (*auth.User, error) {
	f := new(foundUser)
	if err := c.row(ctx, by, []any{arg}, f.into()...); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return f.get(), nil
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
	return c.user(ctx, doing, userByID, id)
}

// lockUser waits for the lock of a user, whose holder alone may change it and its password. On
// SQLite every transaction has the lock of the whole file already.
func (c *conn) lockUser(ctx context.Context, doing string, id uuid.UUID) error {
	statement := findUser
	if c.kind == Postgres {
		statement = lockUser
	}
	var locked uuid.UUID
	return c.fail(ctx, doing, c.row(ctx, statement, []any{id}, &locked))
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
		statement := findEmailKey
		if tx.kind == Postgres {
			statement = lockEmailKey
		}
		var before string // and so until the end
		if err := tx.row(ctx, statement, []any{u.ID}, &before); err != nil {
			return tx.fail(ctx, doing, err)
		}
		tx.changed(u.ID)
		update := func() (sql.Result, error) {
			return tx.exec(ctx, updateUser, row.ID, row.Email, row.EmailKey, row.Name, row.Profile, row.Role,
				nullTime(row.VerifiedAt), nullTime(row.DisabledAt), nullTime(row.DeletedAt), row.UpdatedAt, nullTime(row.LastLoginAt), row.ProfileDropped,
				nullTime(row.SecondFactorSince), row.DisabledReason)
		}
		if row.EmailKey == before { // which no one else can have
			result, err := update()
			return tx.mustAffectOne(ctx, doing, result, err)
		}
		return tx.orUndo(ctx, doing, func() error {
			result, err := update()
			if isEmailTaken(err) && ctx.Err() == nil {
				return emailTaken(doing)
			}
			if err == nil {
				reserved, err := tx.reserved(ctx, doing, row)
				if err != nil {
					return err
				}
				if reserved {
					return emailTaken(doing)
				}
			}
			return tx.mustAffectOne(ctx, doing, result, err)
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
