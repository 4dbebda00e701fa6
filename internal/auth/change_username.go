package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// LimitChangeUsername bounds the guessing of names: a change tells which are taken.
var LimitChangeUsername = newLimit("change_username", "Changes of the username. They tell which names are taken.", perAccount(10, time.Minute))

var actUsernameChanged = newAct("username_changed", "A signed-in user changed the username.", outcomeOK, outcomeLimited)

// ChangeUsername gives the caller another username and frees the one before. Problems: REQUIRED,
// USERNAME_INVALID, USERNAME_RESERVED, and USERNAME_TAKEN for a name that another user has, or has
// signed up with. Users may change the capitals of their own. The caller of this function makes sure that the
// session is fresh. Errors: Unauthenticated if the account was deleted meanwhile, RateLimited when this was
// tried too often: it tells which names are taken.
func (s *Service) ChangeUsername(ctx context.Context, caller *Caller, raw string) (*User, error) {
	username, problems := s.checkUsername(raw)
	switch {
	case s.config.Usernames == UsernamesOff:
		problems = Problems{errUsernamesOff}
	case strings.TrimSpace(raw) == "": // only a sign-up may leave it out
		problems = Problems{errUsernameMissing}
	}
	if err := problems.err(); err != nil {
		return nil, err
	}

	if err := s.limit(ctx, LimitChangeUsername, actUsernameChanged, limitedUser(caller.User.ID)); err != nil {
		return nil, fmt.Errorf("change username: %w", err)
	}
	user, err := s.amendCaller(ctx, "change username", caller, func(tx *tx, user *User) error {
		if user.Username == username {
			return errUnchanged
		}
		user.Username = username
		if err := tx.SetUsername(ctx, user.ID, username, user.UpdatedAt); err != nil {
			return err
		}
		if err := s.forgetOtherDevices(ctx, tx, user); err != nil {
			return err
		}
		return tx.audit(ctx, actUsernameChanged, user.ID, caller.Session.ID)
	})
	if errors.Is(err, ErrUsernameTaken) {
		return nil, Problems{errUsernameTaken}
	}
	return user, err
}
