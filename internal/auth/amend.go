package auth

import (
	"context"
	"errors"
)

// errUnchanged is returned by a change of a user when there is nothing to write.
var errUnchanged = errors.New("nothing has changed")

// amendCaller changes the user of the caller under lock, and returns it as it is then.
func (s *Service) amendCaller(ctx context.Context, verb string, caller *Caller, change func(tx *tx, user *User) error) (*User, error) {
	var user *User
	err := s.do(ctx, verb, func(tx *tx) (err error) {
		tx.actor = caller.Session.actor()
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
