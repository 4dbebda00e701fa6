package store

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// FormerEmailKey is a user whose address has the key that a release before this one gave it. The account works with
// the address as it is written. With other capitals or in another normal form it is found once the key is renewed.
type FormerEmailKey struct {
	UserID    uuid.UUID
	Email     string
	Key, Next string // as it is, and as it would be
	Taken     bool   // another user has the next key, so that this one stays
}

// emailKeysPage is how many rows FormerEmailKeys reads at once.
const emailKeysPage = 500

// FormerEmailKeys returns the users whose keys are former ones, in the order of their ids. It reads every address that
// is not ASCII: no other key has changed.
func (db *DB) FormerEmailKeys(ctx context.Context) ([]FormerEmailKey, error) {
	var found []FormerEmailKey
	for after, more := uuid.Nil, true; more; {
		var rows []*userRow
		err := db.reads.NewSelect().Model(&rows).Column("id", "email", "email_key").
			Where("octet_length(u.email_key) <> length(u.email_key)").Where("u.id > ?", after).
			OrderExpr("u.id").Limit(emailKeysPage).Scan(ctx)
		if err != nil {
			return nil, db.fail(ctx, "list former email keys", err)
		}
		for _, row := range rows {
			after = row.ID
			email, err := address.ParseEmail(row.Email)
			if err != nil || email.Canonical == row.EmailKey {
				continue // of an address that is no longer one, the key stays
			}
			former := FormerEmailKey{UserID: row.ID, Email: row.Email, Key: row.EmailKey, Next: email.Canonical}
			switch _, err := db.UserByEmail(ctx, former.Next); {
			case err == nil:
				former.Taken = true
			case !errors.Is(err, auth.ErrNotFound):
				return nil, err
			}
			found = append(found, former)
		}
		more = len(rows) == emailKeysPage
	}
	return found, nil
}

// RenewEmailKeys gives users whose keys are former ones the key that this release gives their address, and returns
// all of them. One whose next key another user has stays as it is, and is Taken. Any number of processes may do it at
// once. A release that does not know the next keys no longer finds these users by their addresses.
func (db *DB) RenewEmailKeys(ctx context.Context) ([]FormerEmailKey, error) {
	found, err := db.FormerEmailKeys(ctx)
	if err != nil {
		return nil, err
	}
	for i, former := range found {
		if former.Taken {
			continue
		}
		err := db.inTx(ctx, func(tx *conn) error { return tx.renewEmailKey(ctx, former) })
		switch {
		case errors.Is(err, auth.ErrEmailTaken):
			found[i].Taken = true
		case err != nil && !errors.Is(err, auth.ErrNotFound): // else it was deleted meanwhile
			return found, err
		}
	}
	return found, nil
}

// renewEmailKey moves a user, and all that waits for the address, from one key to the next.
func (c *conn) renewEmailKey(ctx context.Context, former FormerEmailKey) error {
	const doing = "renew an email key"
	if err := c.lockUser(ctx, doing, former.UserID); err != nil {
		return err
	}
	result, err := c.writes.NewUpdate().Model((*userRow)(nil)).Set("email_key = ?", former.Next).
		Where("u.id = ?", former.UserID).Where("u.email_key = ?", former.Key).Exec(ctx)
	if isEmailTaken(err) {
		return emailTaken(doing)
	}
	if n, err := c.count(ctx, doing, result, err); err != nil || n == 0 { // 0: the address was changed meanwhile
		return err
	}
	c.changed(former.UserID)
	for _, held := range []struct {
		model  any
		column string
	}{
		{(*signUpRow)(nil), "email_key"},
		{(*tokenRow)(nil), "email_key"},
		{(*codeRow)(nil), "email_key"},
		{(*emailChangeRow)(nil), "old_email_key"},
		{(*emailChangeRow)(nil), "new_email_key"},
		{(*outboxRow)(nil), "email_key"},
		{(*outboxRow)(nil), "recipient"},
	} {
		_, err := c.writes.NewUpdate().Model(held.model).Set("? = ?", bun.Ident(held.column), former.Next).
			Where("? = ?", bun.Ident(held.column), former.Key).Exec(ctx)
		if err != nil {
			return c.fail(ctx, doing, err)
		}
	}
	return nil
}
