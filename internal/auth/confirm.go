package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// ConfirmLifetime is how long the link of a confirmation works.
const ConfirmLifetime = 24 * time.Hour

// PurposeConfirm is to confirm the address of a user or of a sign-up.
var PurposeConfirm = newPurpose("confirm", purposeSpec{
	lifetime: ConfirmLifetime, token: secret.ConfirmToken, page: "confirmation",
})

// JobConfirmation is to ask for a confirmation again: EmailKey.
var JobConfirmation = newJob("confirmation", jobSpec{origin: fromAnyone, compose: (*Service).composeConfirmation, lowPriority: true})

// LetterConfirm asks the owner of an address to confirm it.
var LetterConfirm = newLetter("confirm", LetterSpec{order: 10, Link: PurposeConfirm, redirects: true})

// Limits of this feature. Each confirmation email goes to an address that anyone can type.
var (
	LimitConfirmEmail   = newLimit("confirm_email", "Requests for the confirmation email.", perAddress(20, time.Minute), perAccount(1, 3*time.Minute))
	LimitConfirmFromKey = newLimit("confirm_email_from_key", "Links that confirm an email address, confirm a new one or undo a change of it.", perAddress(20, time.Minute))
)

// Acts of this feature. A request for the confirmation email is written down only if a limit refused it.
var (
	actEmailConfirmed        = newAct("email_confirmed", "An email address was confirmed, by its link or by an operator.", outcomeOK, InvalidToken, outcomeLimited)
	actConfirmationRequested = newAct("confirmation_requested", "A confirmation email was requested too often.", outcomeLimited)
)

// errTokenInvalid is the one answer for a token that is unknown, used, expired or of a user who
// may not use it any more: telling them apart would tell an attacker which addresses asked.
var errTokenInvalid = Problems{problem(InvalidToken, "token", "This link was used already, is too old, or was never sent. Ask for a new one.")}

// ConfirmEmail uses up the token of a confirmation link and confirms its address, which makes a user
// of a sign-up. Problems with TOKEN_INVALID otherwise, and an Error of kind RateLimited for too many
// links from one client address.
//
// No one can plant a password this way: if the address was signed up more than once, by its owner
// and by a stranger, say, none of those passwords works afterwards, and its owner is mailed a
// link to choose one. Nor a second factor: if the account has one, ConfirmEmailInSession confirms the address, and
// here it is a problem, SECOND_FACTOR_NEEDED, which leaves the token usable.
func (s *Service) ConfirmEmail(ctx context.Context, token secret.Text) (*User, error) {
	return s.ConfirmEmailInSession(ctx, token, "")
}

// ConfirmEmailInSession is ConfirmEmail for whoever may have a session, with its access token. In a session of the
// account in which a second factor was proved, the address of an account with one is confirmed: whoever set the factor
// up reads the email of the address, too. Any other token is as none.
func (s *Service) ConfirmEmailInSession(ctx context.Context, token, session secret.Text) (*User, error) {
	user, err := s.confirmEmail(ctx, token, session)
	if err != nil {
		return nil, s.noteInvalidLink(ctx, actEmailConfirmed, secret.ConfirmToken, token, noSession, err)
	}
	return user, nil
}

// errConfirmWithFactor keeps the owner of an address from taking over an account to which a stranger has added a second
// factor: the owner would never get in. A reset drops what the stranger has planted.
var errConfirmWithFactor = Problems{problem(SecondFactorNeeded, "token",
	"This account has a second factor. Confirm it's you with it in this browser, then open the link again. If you didn't create the account, reset the password instead.")}

// whoProved returns the user in whose session, with this access token, a second factor was proved; uuid.Nil if it is no
// such session. Whether it opens anything while the address is not confirmed makes no difference here.
func (s *Service) whoProved(ctx context.Context, token secret.Text) (uuid.UUID, error) {
	session, user, facts, err := s.sessionOf(ctx, token, s.store)
	switch {
	case isUnauthenticated(err):
		return uuid.Nil, nil
	case err != nil:
		return uuid.Nil, err
	case session.Factors < 2, session.Impersonated(), session.Expired(s.now()), user.Disabled(), facts != nil && (facts.OthersOnly || !s.now().Before(facts.ExpiresAt)):
		return uuid.Nil, nil
	}
	return user.ID, nil
}

func (s *Service) confirmEmail(ctx context.Context, token, session secret.Text) (*User, error) {
	if err := s.limit(ctx, LimitConfirmFromKey, actEmailConfirmed, ""); err != nil {
		return nil, fmt.Errorf("confirm email: %w", err)
	}
	found, err := s.findToken(ctx, PurposeConfirm, secret.ConfirmToken, token)
	if err != nil {
		return nil, fmt.Errorf("confirm email: %w", err)
	}
	proved, err := s.whoProved(ctx, session)
	if err != nil {
		return nil, fmt.Errorf("confirm email: %w", err)
	}

	var user *User
	err = s.doOnceMore(ctx, "confirm email", func(tx *tx) error {
		claim, err := redeem(ctx, tx, found)
		if err != nil {
			return err
		}
		if claim.user != nil && claim.user.EmailVerified() {
			return errTokenInvalid
		}
		if claim.isSole() && claim.user.HasSecondFactor() && claim.user.ID != proved {
			return errConfirmWithFactor
		}
		if user, err = s.confirmClaim(ctx, tx, claim); err != nil {
			return err
		}
		if err := tx.followed(ctx); err != nil {
			return err
		}
		return tx.audit(ctx, actEmailConfirmed, user.ID, uuid.Nil)
	})
	if errors.Is(err, ErrEmailTaken) { // a user has left the address, and may get it back
		return nil, errTokenInvalid
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// doOnceMore is do, and does it once more if somebody else made a user of the address at the same
// moment: the second time it finds that user.
func (s *Service) doOnceMore(ctx context.Context, verb string, fn func(tx *tx) error) error {
	err := s.do(ctx, verb, fn)
	if errors.Is(err, ErrEmailTaken) {
		err = s.do(ctx, verb, fn)
	}
	return err
}

// ResendConfirmationEmail enqueues the confirmation email again. Whether the address waits for one is
// found out when the mail is composed, so that the answer is the same, and takes as long, for all. The
// link leads to redirectURL, or to the configured page for "", wherever that of an earlier mail led.
// Problems: REQUIRED, EMAIL_INVALID and REDIRECT_URL_NOT_ALLOWED. An Error of kind RateLimited when
// it was asked for too often, be the address known or not.
func (s *Service) ResendConfirmationEmail(ctx context.Context, address, redirectURL string) error {
	email, problems := checkEmail(address)
	redirect, more := s.checkRedirect(redirectURL)
	if err := append(problems, more...).err(); err != nil {
		return err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return fmt.Errorf("resend confirmation email: %w", err)
	}
	ReportFrom(ctx).concerns(email.Canonical)
	if err := s.limitIdentifier(ctx, LimitConfirmEmail, actConfirmationRequested, identifier{email: email}); err != nil {
		return fmt.Errorf("resend confirmation email: %w", err)
	}
	item := OutboxItem{Job: JobConfirmation, EmailKey: email.Canonical, RedirectURL: redirect}
	return s.do(ctx, "resend confirmation email", func(tx *tx) error { return tx.enqueue(ctx, item) })
}

// findToken looks up a token that has not expired, without using it. errTokenInvalid if there is none.
func (s *Service) findToken(ctx context.Context, purpose Purpose, kind secret.TokenKind, token secret.Text) (*OneTimeToken, error) {
	if secret.CheckToken(kind, token) != nil {
		return nil, errTokenInvalid
	}
	found, err := s.store.TokenByDigest(ctx, purpose, secret.Digest(token))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errTokenInvalid
	case err != nil:
		return nil, fmt.Errorf("find token: %w", err)
	case !s.now().Before(found.ExpiresAt):
		return nil, errTokenInvalid
	}
	return found, nil
}

// revokeAll ends all sessions of a user, voids all mailed links and codes, and forgets from where the
// user has logged in: that may have been a stranger.
func revokeAll(ctx context.Context, tx *tx, userID uuid.UUID) error {
	if err := tx.DeleteTokens(ctx, userID); err != nil {
		return err
	}
	if err := tx.ForgetDevices(ctx, userID); err != nil {
		return err
	}
	_, err := tx.EndSessions(ctx, userID, uuid.Nil)
	return err
}
