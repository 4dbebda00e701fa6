package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Compose decides which letter an item of the outbox becomes, and mints the token or code that is in it. It
// returns ErrNoLetter if there is nobody to send one to; any other error means that it could not
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

// compose returns ErrNotFound where nobody is to get a letter.
func (s *Service) compose(ctx context.Context, item *OutboxItem) (*Letter, error) {
	switch item.Job {
	case JobSignUp:
		return s.composeSignUp(ctx, item)
	case JobConfirmation:
		return s.composeConfirmation(ctx, item.EmailKey)
	case JobUsernameConfirmation:
		return s.composeUsernameConfirmation(ctx, item.EmailKey)
	case JobPasswordReset:
		if err := s.isNewest(ctx, item); err != nil {
			return nil, err
		}
		return s.composeReset(ctx, item.EmailKey)
	case JobPasswordChanged:
		return s.composeNotice(ctx, item, LetterPasswordChanged)
	case JobNewDevice:
		return s.composeNotice(ctx, item, LetterNewDevice)
	case JobSessionStolen:
		return s.composeNotice(ctx, item, LetterSessionStolen)
	case JobLoginCode:
		return s.composeLoginCode(ctx, item)
	case JobReauthenticationCode:
		return s.composeReauthenticationCode(ctx, item)
	case JobEmailChange:
		return s.composeEmailChange(ctx, item)
	case JobEmailChanged:
		return s.composeEmailChanged(ctx, item)
	case JobAccountDeleted:
		return s.composeAccountDeleted(ctx, item)
	default:
		return nil, fmt.Errorf("unknown errand %q: a newer version of this program wrote it", item.Job)
	}
}

// composeSignUp tells the owner of a known address that they have an account, and asks the owner of
// any other to confirm.
func (s *Service) composeSignUp(ctx context.Context, item *OutboxItem) (*Letter, error) {
	signUp, err := s.store.SignUpByID(ctx, item.SignUpID)
	if err != nil {
		return nil, err
	}
	switch user, err := s.store.UserByEmail(ctx, signUp.Email.Key); {
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
	switch left, err := s.reservation(ctx, signUp.Email.Key); {
	case err == nil:
		return s.composeUndo(ctx, left)
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	return s.confirmSignUp(ctx, signUp)
}

func (s *Service) alreadyRegistered(ctx context.Context, user *User) (*Letter, error) {
	letter := &Letter{Kind: LetterAlreadyRegistered, To: user.Email, Name: greeted(user)}
	return s.mint(ctx, letter, OneTimeToken{Purpose: PurposeReset, UserID: user.ID, EmailKey: user.Email.Key})
}

// composeConfirmation asks again whoever waits for a confirmation; where none is wanted, nobody does.
func (s *Service) composeConfirmation(ctx context.Context, key string) (*Letter, error) {
	if s.config.EmailVerification == VerificationNone {
		return nil, ErrNotFound
	}
	switch user, err := s.store.UserByEmail(ctx, key); {
	case err == nil && (user.EmailVerified() || user.Disabled()):
		return nil, ErrNotFound
	case err == nil:
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
	return s.confirmSignUp(ctx, signUp)
}

// isNewest returns ErrNotFound for an item whose like was asked for again while it waited: one letter
// serves both. It is decided here and not where the item is written, because there it would be more work
// for an address whose mail waits, which is one that somebody has.
func (s *Service) isNewest(ctx context.Context, item *OutboxItem) error {
	switch again, err := s.store.HasNewer(ctx, item); {
	case err != nil:
		return err
	case again:
		return ErrNotFound
	}
	return nil
}

// composeReset mails a link to choose a password to whoever has the address, be it only by a sign-up.
// Who has lost it to a change that can be undone is told of that again.
func (s *Service) composeReset(ctx context.Context, key string) (*Letter, error) {
	switch user, err := s.store.UserByEmail(ctx, key); {
	case err == nil && user.Disabled():
		return nil, ErrNotFound
	case err == nil:
		letter := &Letter{Kind: LetterReset, To: user.Email, Name: greeted(user)}
		return s.mint(ctx, letter, OneTimeToken{Purpose: PurposeReset, UserID: user.ID, EmailKey: key})
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	switch left, err := s.reservation(ctx, key); {
	case err == nil:
		return s.composeUndo(ctx, left)
	case !errors.Is(err, ErrNotFound):
		return nil, err
	}
	signUp, err := s.newestSignUp(ctx, key)
	if err != nil {
		return nil, err
	}
	letter := &Letter{Kind: LetterReset, To: signUp.Email}
	return s.mint(ctx, letter, OneTimeToken{Purpose: PurposeReset, SignUpID: signUp.ID, EmailKey: key, ExpiresAt: signUp.ExpiresAt})
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

// greeted returns the name for a letter to the user. Until the address is confirmed, whoever wrote
// the name need not be whoever reads the mail, and there is none.
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
		Purpose: PurposeConfirm, SignUpID: signUp.ID, EmailKey: signUp.Email.Key, ExpiresAt: signUp.ExpiresAt,
	})
}

// newestSignUp returns the newest sign-up of an address that has not expired, or ErrNotFound.
func (s *Service) newestSignUp(ctx context.Context, key string) (*SignUp, error) {
	signUps, err := s.store.SignUpsByEmail(ctx, key)
	if err != nil {
		return nil, err
	}
	for _, signUp := range signUps {
		if s.now().Before(signUp.ExpiresAt) {
			return signUp, nil
		}
	}
	return nil, ErrNotFound
}

// lifetimes of one-time tokens, by purpose.
var lifetimes = map[Purpose]time.Duration{PurposeConfirm: ConfirmLifetime, PurposeReset: ResetLifetime}

// tokenKinds of one-time tokens, by purpose.
var tokenKinds = map[Purpose]secret.TokenKind{
	PurposeConfirm: secret.ConfirmToken, PurposeReset: secret.ResetToken,
	PurposeEmailChange: secret.EmailChangeToken, PurposeUndo: secret.UndoToken,
}

// mint makes the token of a letter, keeps its digest and puts the token itself into the letter. It
// works for the lifetime of its purpose, or until the time at which the token given ends, if that
// is sooner.
func (s *Service) mint(ctx context.Context, letter *Letter, token OneTimeToken) (*Letter, error) {
	now := s.now()
	letter.Token = secret.NewToken(tokenKinds[token.Purpose])
	letter.At = now
	if end := now.Add(lifetimes[token.Purpose]); token.ExpiresAt.IsZero() || end.Before(token.ExpiresAt) {
		token.ExpiresAt = end
	}
	letter.ValidFor = token.ExpiresAt.Sub(now)
	token.Digest = secret.Digest(letter.Token)
	token.CreatedAt = now
	if err := s.store.CreateToken(ctx, &token); err != nil {
		return nil, err
	}
	return letter, nil
}
