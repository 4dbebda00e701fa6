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

// ConfirmAccount confirms an address on the word of an operator or administrator, as ConfirmEmail does by its link. The
// account is named by its address, which may be that of a sign-up, or by the id of its user. ErrNotFound if there is
// neither a user nor a sign-up. Problem SECOND_FACTOR_NEEDED for an account that has a second factor, which may be a
// stranger's. Errors for an administrator as of SetRole.
func (s *Service) ConfirmAccount(ctx context.Context, actor Actor, name string) (*User, error) {
	who, err := s.accountNamed(ctx, name)
	if err == nil {
		err = s.beginActing(ctx, actor)
	}
	if err != nil {
		return nil, fmt.Errorf("confirm account: %w", err)
	}
	var user *User
	err = s.doOnceMore(ctx, "confirm account", by(actor, func(tx *tx) error {
		claim, _, err := claimedBy(ctx, tx, who)
		switch {
		case err != nil:
			return err
		case claim.user != nil && claim.user.EmailVerified():
			user = claim.user
			return nil
		case claim.user == nil && len(claim.pending) == 0:
			return tx.actor.noUser(ErrNotFound)
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

// claimedBy returns who has claimed the address of an account that an actor has named, and who are administrators.
func claimedBy(ctx context.Context, tx *tx, who accountName) (claimed *claim, admins []uuid.UUID, err error) {
	key := who.email
	if key == "" {
		found, err := who.find(ctx, tx)
		if err != nil {
			return nil, nil, tx.actor.noUser(err)
		}
		key = found.Email.Canonical
	}
	claimed, err = claimantsLocked(ctx, tx, key, func(id uuid.UUID) (user *User, err error) {
		user, admins, err = lockAccount(ctx, tx, accountName{id: id})
		return user, err
	})
	if err == nil && who.id != noUser && (claimed.user == nil || claimed.user.ID != who.id) {
		return nil, nil, tx.actor.noUser(ErrNotFound) // the address was left between the two reads
	}
	return claimed, admins, err
}
