package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// JobPasswordChanged is to tell a user that the password was changed: UserID.
var JobPasswordChanged = newJob("password_changed", notice(LetterPasswordChanged))

// LetterPasswordChanged tells that the password was changed.
var LetterPasswordChanged = newLetter("password_changed", LetterSpec{order: 40})

// ChangePasswordInput is a new password, by the current one.
type ChangePasswordInput struct {
	CurrentPassword *secret.Text // nil: left out, which only a user without a password may
	NewPassword     secret.Text
	Delivery        Delivery // of the tokens that the session goes on with
}

// PasswordChange is what came of changing a password.
type PasswordChange struct {
	User       *User
	Tokens     *Tokens // of the caller's session from now on
	EndedCount int     // other sessions that ended
}

var actPasswordChanged = newAct("password_changed", "A signed-in user changed the password, or set a first one.",
	outcomeOK, IncorrectPassword, outcomeLimited)

// ChangePassword replaces the password of the caller. All other sessions end, the caller's goes on
// with a new token, all mailed links and codes are void, and a notice is owed. Problems: REQUIRED or
// PASSWORD_INCORRECT for the current password and those of the new one, all at once. Errors: kind
// NotFresh if the caller has no password and last proved a credential more than 10 minutes ago, RateLimited when
// too many passwords are being checked or were wrong, Unauthenticated if the session ended meanwhile.
func (s *Service) ChangePassword(ctx context.Context, caller *Caller, in ChangePasswordInput) (*PasswordChange, error) {
	change, err := s.changePassword(ctx, caller, in)
	if errors.Is(err, errOvertaken) {
		user, err := s.store.UserByID(ctx, caller.User.ID)
		if err != nil {
			return nil, fmt.Errorf("change password: read user again: %w", err)
		}
		change, err = s.changePassword(ctx, &Caller{User: user, Session: caller.Session}, in)
		if errors.Is(err, errOvertaken) {
			return nil, Problems{errPasswordIncorrect}
		}
		return change, err
	}
	return change, err
}

// changePassword returns errOvertaken if the password was replaced while it was being verified.
func (s *Service) changePassword(ctx context.Context, caller *Caller, in ChangePasswordInput) (*PasswordChange, error) {
	user := caller.User
	problems, err := s.checkCurrentPassword(ctx, caller, in.CurrentPassword)
	if err != nil {
		return nil, err
	}
	password, more := acceptPassword(s.config.PasswordMinLength, in.NewPassword, "newPassword", user.Email.Address, user.Username.Name, user.Name)
	if err := append(problems, more...).err(); err != nil {
		return nil, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return nil, busy(err, "change password: hash password")
	}

	handed, err := s.prepare(ctx, Handover{Delivery: in.Delivery})
	if err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	change, err := s.replacePassword(ctx, caller, hash, handed)
	if err != nil {
		return nil, err
	}
	return change, nil
}

func (s *Service) checkCurrentPassword(ctx context.Context, caller *Caller, current *secret.Text) (Problems, error) {
	if !caller.User.HasPassword() {
		if !caller.Session.Fresh(s.now()) {
			return nil, errNotFresh
		}
		return nil, nil
	}
	if current == nil {
		return Problems{problem(Required, "currentPassword", "Enter the current password.")}, nil
	}
	password, problems := presentedPassword(*current, "currentPassword")
	if len(problems) > 0 {
		return problems, nil
	}
	attempt, err := s.permit(ctx, use{limit: LimitChangePassword, act: actPasswordChanged, account: limitedUser(caller.User.ID), hold: true})
	if err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	defer attempt.End(ctx)
	match, _, err := s.hasher.Verify(ctx, caller.User.PasswordHash, password)
	if err != nil {
		failOn(attempt, err)
		return nil, busy(err, "change password: verify password")
	}
	if !match {
		attempt.Fail()
	}
	if err := attempt.Finish(ctx); err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	if !match {
		wrong := Problems{errPasswordIncorrect}
		if err := s.noteRefusal(ctx, "change password", actPasswordChanged, wrong, caller); err != nil {
			return nil, err
		}
		return wrong, nil
	}
	return nil, nil
}

var errPasswordIncorrect = problem(IncorrectPassword, "currentPassword", "This is not the current password.")

// replacePassword gives the caller the password with this hash, if the one that was checked is still
// the current one and the session still lives.
func (s *Service) replacePassword(ctx context.Context, caller *Caller, hash secret.Text, handed *handover) (*PasswordChange, error) {
	var change *PasswordChange
	err := s.do(ctx, "change password", func(tx *tx) error {
		user, err := tx.LockUser(ctx, caller.User.ID)
		if errors.Is(err, ErrNotFound) {
			return errSessionEnded
		}
		if err != nil {
			return err
		}
		if user.PasswordHash != caller.User.PasswordHash {
			return errOvertaken
		}

		session := *caller.Session
		session.Generation, err = tx.RenewSession(ctx, session.ID, secret.Digest(handed.token), tx.at)
		if errors.Is(err, ErrNotFound) {
			return errSessionEnded
		}
		if err != nil {
			return err
		}
		session.AuthenticatedAt = tx.at
		if err := handed.store(ctx, tx, &session); err != nil {
			return err
		}
		ended, err := endSessions(ctx, tx, user.ID, caller.Session.ID)
		if err != nil {
			return err
		}

		user.UpdatedAt, user.PasswordHash = tx.at, hash
		if err := writePassword(ctx, tx, user); err != nil {
			return err
		}
		if err := s.rememberDevice(ctx, tx, user); err != nil {
			return err
		}
		if err := tx.audit(ctx, actPasswordChanged, user.ID, caller.Session.ID); err != nil {
			return err
		}
		tokens, err := handed.tokens(s, user, &session, tx.at)
		if err != nil {
			return err
		}
		change = &PasswordChange{User: user, Tokens: tokens, EndedCount: ended}
		return nil
	})
	return change, err
}

// writePassword stores the user's new password, voids all mailed links and codes, forgets from where the
// user has logged in, and owes the notice.
func writePassword(ctx context.Context, tx *tx, user *User) error {
	if err := tx.UpdateUser(ctx, user); err != nil {
		return err
	}
	if err := tx.SetPassword(ctx, user.ID, user.PasswordHash, user.UpdatedAt); err != nil {
		return err
	}
	if err := tx.DeleteTokens(ctx, user.ID); err != nil {
		return err
	}
	if err := tx.ForgetDevices(ctx, user.ID); err != nil {
		return err
	}
	return tx.enqueue(ctx, OutboxItem{Job: JobPasswordChanged, UserID: user.ID, Recipient: user.Email.Canonical})
}
