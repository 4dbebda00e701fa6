package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

var actPasswordSet = newAct("password_set", "An operator set the password of an account.")

// SetPassword gives the user a new password, ends all sessions, voids all mailed links and enqueues the
// notice. Problems as for any new password. ErrNotFound if there is no such user.
func (s *Service) SetPassword(ctx context.Context, actor Actor, address string, newPassword secret.Text) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return nil, fmt.Errorf("set password: %w", err)
	}
	named, err := s.store.UserByEmail(ctx, email.Canonical)
	if err != nil {
		return nil, fmt.Errorf("set password: find user: %w", err)
	}
	password, problems := acceptPassword(s.config.PasswordMinLength, newPassword, "password", email.Address, named.Name)
	if err := problems.err(); err != nil {
		return nil, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return nil, busy(err, "set password: hash password")
	}
	return s.amendAccount(ctx, "set password", actor, address, actPasswordSet, func(tx *tx, user *User) error {
		user.PasswordHash = hash
		if _, err := tx.EndSessions(ctx, user.ID, uuid.Nil); err != nil {
			return err
		}
		return writePassword(ctx, tx, user)
	})
}
