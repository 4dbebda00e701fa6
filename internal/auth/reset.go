package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// ResetLifetime is how long the link of a password reset works.
const ResetLifetime = time.Hour

// RequestPasswordReset owes a link to choose a new password. Whether anybody has the address is
// found out when the mail is composed.
func (s *Service) RequestPasswordReset(ctx context.Context, address string) error {
	return s.request(ctx, ErrandPasswordReset, address)
}

// ResetPassword uses up the token of a reset link, replaces the password, confirms the address (who
// has the token reads its mail), ends all sessions and voids all other links. It makes a user of a
// sign-up. Problems: TOKEN_INVALID, and those of the new password, which leave the token usable.
func (s *Service) ResetPassword(ctx context.Context, token, newPassword secret.Text) (*User, error) {
	found, err := s.findToken(ctx, PurposeReset, secret.ResetToken, token)
	if err != nil {
		return nil, fmt.Errorf("reset password: %w", err)
	}
	name, err := s.nameOf(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("reset password: %w", err)
	}
	password, problems := acceptPassword(newPassword, "newPassword", found.EmailKey, name)
	if err := problems.err(); err != nil {
		return nil, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return nil, busy(err, "reset password: hash password")
	}

	var user *User
	err = s.store.InTx(ctx, func(tx Store) error {
		claim, err := s.redeem(ctx, tx, found)
		if err != nil {
			return err
		}
		if user, err = s.settle(ctx, tx, claim, hash); err != nil {
			return err
		}
		if err := revokeAll(ctx, tx, user.ID); err != nil {
			return err
		}
		return owe(ctx, tx, OutboxItem{Errand: ErrandPasswordChanged, UserID: user.ID}, s.now())
	})
	if errors.Is(err, ErrEmailTaken) { // as in ConfirmEmail
		return nil, errTokenInvalid
	}
	if err != nil {
		return nil, fmt.Errorf("reset password: %w", err)
	}
	s.mailer.Wake()
	return user, nil
}

// nameOf returns the name of whom the token belongs to, and none if they are gone.
func (s *Service) nameOf(ctx context.Context, token *OneTimeToken) (string, error) {
	if token.UserID != uuid.Nil {
		user, err := s.store.UserByID(ctx, token.UserID)
		if errors.Is(err, ErrNotFound) {
			return "", nil
		}
		if err != nil {
			return "", fmt.Errorf("find user: %w", err)
		}
		return user.Name, nil
	}
	signUp, err := s.store.SignUpByID(ctx, token.SignUpID)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find sign-up: %w", err)
	}
	return signUp.Name, nil
}
