package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// jobPasswordChanged is to tell a user that the password was changed: UserID.
var jobPasswordChanged = newJob("password_changed", notice(LetterPasswordChanged))

// LetterPasswordChanged tells that the password was changed.
var LetterPasswordChanged = newLetter("password_changed", LetterSpec{order: 40})

// LimitChangePassword is as slow as LimitLoginFailed: with a stolen session it is a way to guess.
var LimitChangePassword = newLimit("change_password", "Wrong current passwords in a change of the password.",
	perAddress(10, time.Minute), perAccount(5, 5*time.Minute))

// ChangePasswordInput is a new password, by the current one.
type ChangePasswordInput struct {
	CurrentPassword *secret.Text // nil: left out, which only a user without a password may
	NewPassword     secret.Text
	Delivery        Delivery // of the new tokens of the session
}

// PasswordChange is what came of changing a password.
type PasswordChange struct {
	User       *User
	Tokens     *Tokens // of the caller's session from now on
	EndedCount int     // other sessions that ended
}

var actPasswordChanged = newAct("password_changed", "A signed-in user changed the password, or set a first one.",
	outcomeOK, IncorrectPassword, outcomeLimited)

// ChangePassword replaces the password of the caller. All other sessions end, the caller's continues
// with a new token, all mailed links and codes are void, and a notice is enqueued. Problems: REQUIRED for the
// current password and those of the new one, all at once, and otherwise PASSWORD_INCORRECT: the current password is not
// compared if the new one is refused. Errors: kind
// NotFresh if the caller has no password and last proved a credential more than 10 minutes ago, RateLimited when
// too many passwords are being checked or were wrong, Unauthenticated if the session ended meanwhile.
func (s *Service) ChangePassword(ctx context.Context, caller *Caller, in ChangePasswordInput) (*PasswordChange, error) {
	change := &passwordChange{service: s, caller: caller, in: in}
	defer func() { change.attempt.End(ctx) }()
	err := s.admit(ctx, "change password", change.prove, admission{grant: change.grant})
	if errors.Is(err, errOvertaken) {
		return nil, Problems{errWrongCurrentPassword}
	}
	if err != nil {
		return nil, err
	}
	return change.made, nil
}

var errWrongCurrentPassword = problem(IncorrectPassword, "currentPassword", "This is not the current password.")

// passwordChange is a change of password on its way through admit.
type passwordChange struct {
	service  *Service
	caller   *Caller
	in       ChangePasswordInput
	attempt  *ratelimit.Attempt // of the current password; nil: there is none
	hash     secret.Text        // of the new password
	delivery *delivery          // of the session's next tokens
	made     *PasswordChange
}

// prove checks the new password, verifies the current one, hashes the new one, and prepares the tokens.
func (c *passwordChange) prove(ctx context.Context) (*proof, error) {
	s := c.service
	user, err := s.store.UserByID(ctx, c.caller.User.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, errSessionEnded
	}
	if err != nil {
		return nil, fmt.Errorf("change password: find user: %w", err)
	}
	if !user.HasPassword() && !isFresh(user, c.caller.Session, s.now()) {
		return nil, errNotFresh
	}
	current, problems := c.presentedCurrent(user)
	password, more := acceptPassword(s.config.PasswordMinLength, c.in.NewPassword, "newPassword", user.Email.Address, user.Username.Name, user.Name)
	if err := append(problems, more...).err(); err != nil {
		return nil, err
	}
	proof, err := c.proveCurrent(ctx, user, current)
	if err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	if c.hash, err = s.hasher.Hash(ctx, password); err != nil {
		return nil, busy(err, "change password: hash password")
	}
	if c.delivery, err = s.prepare(ctx, SessionDelivery{Delivery: c.in.Delivery}); err != nil {
		return nil, fmt.Errorf("change password: %w", err)
	}
	return proof, nil
}

// presentedCurrent returns the current password as it is to be compared. A user without one needs none.
func (c *passwordChange) presentedCurrent(user *User) (presented, Problems) {
	switch {
	case !user.HasPassword():
		return presented{}, nil
	case c.in.CurrentPassword == nil:
		return presented{}, Problems{problem(Required, "currentPassword", "Enter the current password.")}
	}
	return presentedPassword(*c.in.CurrentPassword, "currentPassword")
}

// proveCurrent verifies the current password of the user, which is counted. Without one the session is the proof.
func (c *passwordChange) proveCurrent(ctx context.Context, user *User, current presented) (*proof, error) {
	s, proof := c.service, &proof{
		lock:    lockUserOf(c.caller),
		recheck: func(_ context.Context, _ *tx, locked *User) error { return samePassword(user, locked) },
	}
	uses := []use{{limit: limitProof, account: limitedUser(user.ID)}}
	if user.HasPassword() {
		uses = append(uses, use{limit: LimitLogin, act: actPasswordChanged},
			use{limit: LimitChangePassword, act: actPasswordChanged, account: limitedUser(user.ID), hold: true})
	}
	var err error
	c.attempt.End(ctx) // that of an earlier try
	if c.attempt, err = s.permit(ctx, uses...); err != nil || !user.HasPassword() {
		return proof, err
	}
	switch match, err := s.verifyOwn(ctx, c.attempt, user, current); {
	case err != nil:
		return nil, err
	case !match:
		problems := Problems{errWrongCurrentPassword}
		if err := s.noteRefusal(ctx, "change password", actPasswordChanged, problems, c.caller); err != nil {
			return nil, err
		}
		return nil, problems
	}
	proof.methods, proof.factors, proof.attempt = []Method{MethodPassword}, 1, c.attempt
	return proof, nil
}

// grant replaces the password, and renews the caller's session if it still lives.
func (c *passwordChange) grant(ctx context.Context, tx *tx, user *User, proof *proof) error {
	session := *c.caller.Session
	if len(proof.methods) > 0 {
		proved, err := proveSession(ctx, tx, session.ID, proof.methods)
		if err != nil {
			return err
		}
		session.Methods = proved.Methods
	}
	var err error
	session.Generation, err = tx.RenewSession(ctx, session.ID, secret.Digest(c.delivery.token), tx.at)
	if errors.Is(err, ErrNotFound) {
		return errSessionEnded
	}
	if err != nil {
		return err
	}
	session.AuthenticatedAt = tx.at
	if err := c.delivery.store(ctx, tx, &session); err != nil {
		return err
	}
	ended, err := endSessions(ctx, tx, user.ID, session.ID)
	if err != nil {
		return err
	}

	user.UpdatedAt, user.PasswordHash = tx.at, c.hash
	if err := writePassword(ctx, tx, user); err != nil {
		return err
	}
	if err := c.service.rememberDevice(ctx, tx, user); err != nil {
		return err
	}
	if err := tx.audit(ctx, actPasswordChanged, user.ID, session.ID); err != nil {
		return err
	}
	tokens, err := c.delivery.tokens(c.service, user, &session, tx.at)
	if err != nil {
		return err
	}
	c.made = &PasswordChange{User: user, Tokens: tokens, EndedCount: ended}
	return nil
}

// writePassword stores the user's new password, voids all mailed links and codes, forgets from where the
// user has logged in, and enqueues the notice.
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
	return tx.enqueue(ctx, OutboxItem{Job: jobPasswordChanged, UserID: user.ID, Recipient: user.Email.Canonical})
}
