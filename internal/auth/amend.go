package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// errUnchanged is returned by a change of a user when there is nothing to write.
var errUnchanged = errors.New("nothing has changed")

// amendCaller changes the user of the caller under lock, and returns it as it is then.
func (s *Service) amendCaller(ctx context.Context, verb string, caller *Caller, change func(tx *tx, user *User) error) (*User, error) {
	var user *User
	err := s.do(ctx, verb, func(tx *tx) (err error) {
		user, err = lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		return amend(ctx, tx, user, change)
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// amendAccount changes the user with an address under lock, for an actor, and audits the act. ErrNotFound if
// there is no such user.
func (s *Service) amendAccount(ctx context.Context, verb string, actor Actor, address string, act Act, change func(tx *tx, user *User) error) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	var user *User
	err = s.do(ctx, verb, by(actor, func(tx *tx) error {
		found, err := tx.UserByEmail(ctx, email.Canonical)
		if err != nil {
			return err
		}
		if user, err = tx.LockUser(ctx, found.ID); err != nil {
			return err
		}
		if user.Email.Canonical != email.Canonical {
			return ErrNotFound // the address was left between the two reads
		}
		if err := amend(ctx, tx, user, change); err != nil {
			return err
		}
		return tx.audit(ctx, act, user.ID, uuid.Nil)
	}))
	if err != nil {
		return nil, err
	}
	return user, nil
}

// amend changes a locked user and writes it. If change returns errUnchanged, the user stays as it was, which
// is no error.
func amend(ctx context.Context, tx *tx, user *User, change func(tx *tx, user *User) error) error {
	before := *user
	user.UpdatedAt = tx.at
	switch err := change(tx, user); {
	case errors.Is(err, errUnchanged):
		*user = before
		return nil
	case err != nil:
		return err
	}
	return tx.UpdateUser(ctx, user)
}
