package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// What is done to the accounts of others and to none's own.
var (
	actUserSessionsEnded = newAct("user_sessions_ended", "An operator or administrator ended all sessions of an account.")
	actResetSent         = newAct("password_reset_sent", "An administrator or support staff had a user sent a link to choose a new password.")
)

// EndAccountSessions ends all sessions of a user, and the logins that wait for a second factor, and returns how many
// sessions there were. Errors as SetRole.
func (s *Service) EndAccountSessions(ctx context.Context, actor Actor, name string) (int, error) {
	ended := 0
	err := s.actOn(ctx, "end sessions of an account", actor, name, func(tx *tx, user *User, _ []uuid.UUID) (err error) {
		if err := tx.DeleteLoginChallenges(ctx, user.ID); err != nil {
			return err
		}
		if ended, err = tx.EndSessions(ctx, user.ID, noSession); err != nil {
			return err
		}
		return tx.audit(ctx, actUserSessionsEnded, user.ID, noSession)
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

// errResetOfDisabled keeps from sending a link that would not work.
var errResetOfDisabled = Problems{problem(AccountDisabled, "id", "This account is disabled, so a link would not work. Enable it first.")}

// SendPasswordReset enqueues a link to choose a new password, to the address of the user, and returns the user. Until it
// is used, nothing changes. Problems: ACCOUNT_DISABLED. Errors as SetRole.
func (s *Service) SendPasswordReset(ctx context.Context, actor Actor, name string) (*User, error) {
	var user *User
	err := s.actOn(ctx, "send a password reset", actor, name, func(tx *tx, locked *User, _ []uuid.UUID) error {
		user = locked
		if user.Disabled() {
			return errResetOfDisabled
		}
		if err := tx.enqueue(ctx, linkToPassword(user)); err != nil {
			return err
		}
		return tx.audit(ctx, actResetSent, user.ID, noSession)
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// linkToPassword is the email with a link to choose a password, at the word of somebody who may act on the account.
func linkToPassword(user *User) OutboxItem {
	return OutboxItem{Job: JobPasswordReset, EmailKey: user.Email.Canonical, UserID: user.ID}
}

// DeleteUser deletes the account of a user as DeleteAccount does, and returns the id. Errors as SetRole, and kind
// Forbidden for the own account.
func (s *Service) DeleteUser(ctx context.Context, actor Actor, name string) (uuid.UUID, error) {
	who, err := s.accountNamed(ctx, name)
	if err == nil {
		err = s.beginActing(ctx, actor)
	}
	if err != nil {
		return noUser, fmt.Errorf("delete a user: %w", err)
	}
	id := noUser
	err = s.do(ctx, "delete a user", by(actor, func(tx *tx) error {
		claim, admins, err := claimedBy(ctx, tx, who) // sign-ups too, which would be alone then
		switch {
		case err != nil:
			return err
		case claim.user == nil:
			return ErrNotFound
		}
		user := claim.user
		if tx.actor.isOn(user) {
			return notOneself("delete their own account")
		}
		if err := keepAdmin(tx, admins, user, false); err != nil {
			return err
		}
		id = user.ID
		known, err := deleteUser(ctx, tx, user)
		if err != nil {
			return err
		}
		return tx.audit(ctx, actAccountDeleted, known, noSession) // afterwards: the client in it is that of the actor
	}))
	if err != nil {
		return noUser, err
	}
	return id, nil
}
