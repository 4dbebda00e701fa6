package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ConfirmAccount confirms an address on the operator's word, as ConfirmEmail does by its link.
// ErrNotFound if there is neither a user nor a sign-up with it.
func (s *Service) ConfirmAccount(ctx context.Context, actor Actor, address string) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return nil, fmt.Errorf("confirm account: %w", err)
	}
	var user *User
	err = s.doOnceMore(ctx, "confirm account", by(actor, func(tx *tx) error {
		claim, err := claimants(ctx, tx, email.Canonical)
		switch {
		case err != nil:
			return err
		case claim.user != nil && claim.user.EmailVerified():
			user = claim.user
			return nil
		case claim.user == nil && len(claim.pending) == 0:
			return ErrNotFound
		}
		if user, err = s.confirmClaim(ctx, tx, claim); err != nil {
			return err
		}
		return tx.audit(ctx, actEmailConfirmed, user.ID, uuid.Nil)
	}))
	if errors.Is(err, ErrEmailTaken) {
		return nil, Problems{problem(EmailTaken, "email", errTaken)}
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}
