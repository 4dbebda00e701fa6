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

// PurposeReset is to choose a new password.
var PurposeReset = newPurpose("reset", purposeSpec{
	lifetime: ResetLifetime, token: secret.ResetToken, page: "password reset",
})

// JobPasswordReset is to mail a link to choose a new password: EmailKey.
var JobPasswordReset = newJob("password_reset", jobSpec{origin: fromAnyone, compose: (*Service).composeReset})

// LetterReset has a link to choose a new password.
var LetterReset = newLetter("reset", LetterSpec{order: 20, Link: PurposeReset, redirects: true})

// Limits of this feature.
var (
	LimitResetPassword = newLimit("reset_password", "Requests for a password reset.", perAddress(20, time.Minute), perAccount(5, time.Minute))
	LimitFromKey       = newLimit("reset_password_from_key", "Links that reset a password.", perAddress(20, time.Minute))
)

// RequestPasswordReset enqueues a link to choose a new password. Whether anybody has the address is
// found out when the mail is composed. The link leads to redirectURL, or to the configured page for
// "". Problems: REQUIRED, EMAIL_INVALID and REDIRECT_URL_NOT_ALLOWED. An Error of kind RateLimited when
// it was asked for too often, be the address known or not.
func (s *Service) RequestPasswordReset(ctx context.Context, address, redirectURL string) error {
	email, problems := checkEmail(address)
	redirect, more := s.checkRedirect(redirectURL)
	problems = append(problems, more...)
	if err := problems.err(); err != nil {
		return err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return fmt.Errorf("request password reset: %w", err)
	}
	ReportFrom(ctx).concerns(email.Canonical)
	if err := s.limitIdentifier(ctx, LimitResetPassword, actResetRequested, identifier{email: email}); err != nil {
		return fmt.Errorf("request password reset: %w", err)
	}
	err = s.do(ctx, "request password reset", func(tx *tx) error {
		item := OutboxItem{Job: JobPasswordReset, EmailKey: email.Canonical, RedirectURL: redirect}
		if err := tx.enqueue(ctx, item); err != nil {
			return err
		}
		return tx.audit(ctx, actResetRequested, uuid.Nil, uuid.Nil)
	})
	if err != nil {
		return err
	}
	return nil
}

// What is done to passwords by email. The request names no account: whether there is one is not looked up.
var (
	actResetRequested = newAct("password_reset_requested", "A password reset was requested.", outcomeOK, outcomeLimited)
	actPasswordReset  = newAct("password_reset", "A password was reset by its link, which ended all sessions.", outcomeOK, InvalidToken, outcomeLimited)
)

// ResetPassword uses up the token of a reset link, replaces the password, confirms the address (who
// has the token reads its mail), ends all sessions and voids all other links and codes. It makes a user of a
// sign-up. The user of the link logs in next, so the device is known from now on. Problems:
// TOKEN_INVALID, and those of the new password, which leave the token usable. An Error of kind
// RateLimited for too many links from one client address.
func (s *Service) ResetPassword(ctx context.Context, token, newPassword secret.Text) (*User, error) {
	user, err := s.resetPassword(ctx, token, newPassword)
	if err != nil {
		return nil, s.noteInvalidLink(ctx, actPasswordReset, secret.ResetToken, token, noSession, err)
	}
	return user, nil
}

func (s *Service) resetPassword(ctx context.Context, token, newPassword secret.Text) (*User, error) {
	if err := s.limit(ctx, LimitFromKey, actPasswordReset, ""); err != nil {
		return nil, fmt.Errorf("reset password: %w", err)
	}
	found, err := s.findToken(ctx, PurposeReset, secret.ResetToken, token)
	if err != nil {
		return nil, fmt.Errorf("reset password: %w", err)
	}
	names, err := s.namesOf(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("reset password: %w", err)
	}
	password, problems := acceptPassword(s.config.PasswordMinLength, newPassword, "newPassword", append(names, found.EmailKey)...)
	if err := problems.err(); err != nil {
		return nil, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return nil, busy(err, "reset password: hash password")
	}

	var user *User
	err = s.doOnceMore(ctx, "reset password", func(tx *tx) error {
		claim, err := redeem(ctx, tx, found)
		if err != nil {
			return err
		}
		// Who has the link reads the mail, and need not be who signed up.
		claim.disown()
		if user, err = s.confirmAddress(ctx, tx, claim, hash); err != nil {
			return err
		}
		if err := revokeAll(ctx, tx, user.ID); err != nil {
			return err
		}
		if err := forgetWrongCodes(ctx, tx, user); err != nil {
			return err
		}
		if err := s.rememberDevice(ctx, tx, user); err != nil {
			return err
		}
		if err := tx.audit(ctx, actPasswordReset, user.ID, uuid.Nil); err != nil {
			return err
		}
		if err := tx.followed(ctx); err != nil {
			return err
		}
		return tx.enqueue(ctx, OutboxItem{Job: jobPasswordChanged, UserID: user.ID, Recipient: user.Email.Canonical})
	})
	if errors.Is(err, ErrEmailTaken) { // as in ConfirmEmail
		return nil, errTokenInvalid
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// namesOf returns the names of whom the token belongs to, and none if they were deleted.
func (s *Service) namesOf(ctx context.Context, token *OneTimeToken) ([]string, error) {
	if token.UserID != uuid.Nil {
		user, err := s.store.UserByID(ctx, token.UserID)
		if errors.Is(err, ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("find user: %w", err)
		}
		return []string{user.Name, user.Username.Name}, nil
	}
	signUp, err := s.store.SignUpByID(ctx, token.SignUpID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find sign-up: %w", err)
	}
	return []string{signUp.Name, signUp.Username.Name}, nil
}

// isNewest returns errSuperseded for an item whose like the same client asked for again while it waited: one letter
// serves both. A stranger's request replaces none of the owner's, because the budget may withhold it.
// It is decided here and not where the item is written, because there it would be more work for an address whose mail
// waits, which is one that a user has.
func (s *Service) isNewest(ctx context.Context, item *OutboxItem) error {
	switch again, err := s.store.HasNewer(ctx, item); {
	case err != nil:
		return err
	case again:
		return errSuperseded
	}
	return nil
}

// composeReset mails a link to choose a password to the user who has the address, or to its sign-up. A user
// who has lost it to a change that can be undone is told of that again.
func (s *Service) composeReset(ctx context.Context, item *OutboxItem) (*Letter, error) {
	if item.usesBudget() { // any other always leaves, whatever was asked for meanwhile
		if err := s.isNewest(ctx, item); err != nil {
			return nil, err
		}
	}
	holder, err := s.holderOf(ctx, item.EmailKey)
	if err != nil {
		return nil, err
	}
	token := OneTimeToken{Purpose: PurposeReset, EmailKey: item.EmailKey}
	letter := &Letter{Kind: LetterReset}
	switch {
	case holder.user != nil && holder.user.Disabled():
		return nil, ErrNotFound
	case holder.user != nil:
		token.UserID, letter.To, letter.Name = holder.user.ID, holder.user.Email, greeted(holder.user)
	case holder.left != nil:
		return s.composeUndo(holder.left)
	case holder.signUp != nil:
		token.SignUpID, token.ExpiresAt, letter.To = holder.signUp.ID, holder.signUp.ExpiresAt, holder.signUp.Email
	default:
		return nil, ErrNotFound
	}
	return s.mint(letter, token), nil
}
