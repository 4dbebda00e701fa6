package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// Compose decides which letter an item of the outbox becomes, and mints the token or code that is in it. It
// returns ErrNoLetter if there is no recipient; any other error means that it could not
// be found out, and to try again later. Each call mints another token: those of a mail that did
// not leave are never known to anybody and expire.
func (s *Service) Compose(ctx context.Context, item *OutboxItem) (*Letter, error) {
	letter, err := s.compose(ctx, item)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrNoLetter
	}
	if err != nil {
		return nil, fmt.Errorf("compose %s: %w", item.Job, err)
	}
	s.redirect(letter, item)
	return letter, nil
}

// compose returns ErrNotFound if no one is to get a letter.
func (s *Service) compose(ctx context.Context, item *OutboxItem) (*Letter, error) {
	job, ok := jobs[item.Job]
	if !ok {
		return nil, fmt.Errorf("unknown errand %q: a newer version of this program wrote it", item.Job)
	}
	return job.compose(s, ctx, item)
}

// composeSignUp tells the owner of a known address that they have an account, and asks the owner of
// any other to confirm.
func (s *Service) composeSignUp(ctx context.Context, item *OutboxItem) (*Letter, error) {
	signUp, err := s.store.SignUpByID(ctx, item.SignUpID)
	if err != nil {
		return nil, err
	}
	switch user, err := s.store.UserByEmail(ctx, signUp.Email.Canonical); {
	case errors.Is(err, ErrNotFound):
		return s.composeNewSignUp(ctx, signUp)
	case err != nil:
		return nil, err
	case user.Disabled():
		return nil, ErrNotFound
	case !user.EmailVerified():
		return s.confirmSignUp(ctx, signUp)
	default:
		return s.alreadyRegistered(ctx, user)
	}
}

// composeNewSignUp asks the owner of an address that no user has to confirm. If a user has left the
// address and may get it back, its owner is told that instead, and the sign-up cannot be confirmed.
func (s *Service) composeNewSignUp(ctx context.Context, signUp *SignUp) (*Letter, error) {
	switch left, err := s.reservation(ctx, signUp.Email.Canonical); {
	case err == nil:
		return s.composeUndo(ctx, left)
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return s.confirmSignUp(ctx, signUp)
}

func (s *Service) alreadyRegistered(ctx context.Context, user *User) (*Letter, error) {
	letter := &Letter{Kind: LetterAlreadyRegistered, To: user.Email, Name: greeted(user)}
	return s.mint(ctx, letter, OneTimeToken{Purpose: PurposeReset, UserID: user.ID, EmailKey: user.Email.Canonical})
}

// composeConfirmation asks the owner of an address to confirm it again.
func (s *Service) composeConfirmation(ctx context.Context, item *OutboxItem) (*Letter, error) {
	return s.confirmAgain(ctx, item, item.EmailKey)
}

// confirmAgain asks the owner of an address to confirm it, if it waits for that. If the operator wants no
// confirmations, none does. A login asks for it with the right password only: whoever reads the email is told
// that the sign-up is theirs.
func (s *Service) confirmAgain(ctx context.Context, item *OutboxItem, key string) (*Letter, error) {
	if s.config.EmailVerification == VerificationNone || item.Password == PasswordWrong {
		return nil, ErrNotFound
	}
	switch user, err := s.store.UserByEmail(ctx, key); {
	case err == nil && (user.EmailVerified() || user.Disabled()):
		return nil, ErrNotFound
	case err == nil:
		if err := s.confirmSoonAgain(ctx, item, key); err != nil {
			return nil, err
		}
		letter := &Letter{Kind: LetterConfirm, To: user.Email, Name: greeted(user)}
		return s.mint(ctx, letter, OneTimeToken{Purpose: PurposeConfirm, UserID: user.ID, EmailKey: key})
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	if err := s.unreserved(ctx, key); err != nil {
		return nil, err
	}
	signUp, err := s.newestSignUp(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := s.confirmSoonAgain(ctx, item, key); err != nil {
		return nil, err
	}
	return s.confirmSignUp(ctx, signUp)
}

// confirmSoonAgain returns ErrNotFound for a login that asks for the confirmation email sooner than
// ResendConfirmationEmail would send it. It is counted apart from that: how much of its limit is left is
// seen by anyone, and must not tell whether a password was right.
func (s *Service) confirmSoonAgain(ctx context.Context, item *OutboxItem, key string) error {
	if item.Password != PasswordRight || item.Attempts > 1 { // a retry was counted when it was new
		return nil
	}
	account := identifier{email: address.Email{Canonical: key}}.limited() + " by login"
	_, err := s.permit(ctx, use{limit: LimitConfirmEmail, account: account, per: PerAccount, quiet: true})
	if isRateLimited(err) {
		return ErrNotFound
	}
	return err
}

// composeNotice tells a user what happened to the account, without a link.
func (s *Service) composeNotice(ctx context.Context, item *OutboxItem, kind LetterKind) (*Letter, error) {
	user, err := s.store.UserByID(ctx, item.UserID)
	if err != nil {
		return nil, err
	}
	return &Letter{
		Kind: kind, To: user.Email, Name: greeted(user),
		At: item.CreatedAt, IPAddress: item.IPAddress, Device: item.Device,
	}, nil
}

// greeted returns the name for a letter to the user. Until the address is confirmed, the person who wrote
// the name may not be the person who reads the email, so there is none.
func greeted(user *User) string {
	if !user.EmailVerified() {
		return ""
	}
	return user.Name
}

// confirmSignUp asks to confirm a sign-up. The letter does not use the name that was given: it may
// be a stranger's text.
func (s *Service) confirmSignUp(ctx context.Context, signUp *SignUp) (*Letter, error) {
	if !s.now().Before(signUp.ExpiresAt) {
		return nil, ErrNotFound
	}
	letter := &Letter{Kind: LetterConfirm, To: signUp.Email}
	return s.mint(ctx, letter, OneTimeToken{
		Purpose: PurposeConfirm, SignUpID: signUp.ID, EmailKey: signUp.Email.Canonical, ExpiresAt: signUp.ExpiresAt,
	})
}

// newestSignUp returns the newest sign-up of an address that has not expired, or ErrNotFound.
func (s *Service) newestSignUp(ctx context.Context, key string) (*SignUp, error) {
	signUp, err := s.store.NewestSignUp(ctx, key)
	if err == nil && !s.now().Before(signUp.ExpiresAt) {
		return nil, ErrNotFound
	}
	return signUp, err
}
