package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// errConfirmPlanted keeps an operator from giving the address of somebody to whoever set up the second factor.
var errConfirmPlanted = Problems{problem(SecondFactorNeeded, "email",
	"This account has a second factor, and whoever set it up may not own the address. Have the user open the link in the confirmation email, or reset the password; or remove the factors first, if you know whose they are.")}

// ConfirmAccount confirms an address on the operator's word, as ConfirmEmail does by its link.
// ErrNotFound if there is neither a user nor a sign-up with it. Problem SECOND_FACTOR_NEEDED for an account that has a
// second factor, which may be a stranger's.
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
		if claim.isSole() && claim.user.HasSecondFactor() {
			return errConfirmPlanted
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
