package auth

import (
	"context"
	"time"
)

// Acts that end and restore the use of an account.
var (
	actAccountDisabled = newAct("account_disabled", "An operator, an administrator or support staff disabled an account, which ended its sessions.")
	actAccountEnabled  = newAct("account_enabled", "An operator, an administrator or support staff enabled an account that was disabled or deleted.")
)

// DisableAccount shuts the user out: all sessions end, all mailed links are void, and no login works
// until EnableAccount. Errors as SetRole.
func (s *Service) DisableAccount(ctx context.Context, actor Actor, name string) (*User, error) {
	return s.amendAccount(ctx, "disable account", actor, name, actAccountDisabled, func(tx *tx, user *User) error {
		if tx.actor.isOn(user) {
			return notOneself("disable their own account")
		}
		user.DisabledAt, user.DisabledReason = user.UpdatedAt, actor.reason
		return revokeAll(ctx, tx, user.ID)
	})
}

// EnableAccount lets a disabled user in again, also one whose owner has deleted the account, if it
// is not erased yet. Errors as SetRole.
func (s *Service) EnableAccount(ctx context.Context, actor Actor, name string) (*User, error) {
	return s.amendAccount(ctx, "enable account", actor, name, actAccountEnabled, func(_ *tx, user *User) error {
		user.DisabledAt, user.DisabledReason, user.DeletedAt = time.Time{}, "", time.Time{}
		return nil
	})
}
