package auth

import (
	"context"
	"time"
)

// Acts that end and restore the use of an account.
var (
	actAccountDisabled = newAct("account_disabled", "An operator disabled an account, which ended its sessions.")
	actAccountEnabled  = newAct("account_enabled", "An operator enabled an account that was disabled or deleted.")
)

// DisableAccount shuts the user out: all sessions end, all mailed links are void, and no login works
// until EnableAccount. ErrNotFound if there is no such user.
func (s *Service) DisableAccount(ctx context.Context, actor Actor, address string) (*User, error) {
	return s.amendAccount(ctx, "disable account", actor, address, actAccountDisabled, func(tx *tx, user *User) error {
		user.DisabledAt = user.UpdatedAt
		return revokeAll(ctx, tx, user.ID)
	})
}

// EnableAccount lets a disabled user in again, also one whose owner has deleted the account, if it
// is not erased yet. ErrNotFound if there is no such user.
func (s *Service) EnableAccount(ctx context.Context, actor Actor, address string) (*User, error) {
	return s.amendAccount(ctx, "enable account", actor, address, actAccountEnabled, func(_ *tx, user *User) error {
		user.DisabledAt, user.DeletedAt = time.Time{}, time.Time{}
		return nil
	})
}
