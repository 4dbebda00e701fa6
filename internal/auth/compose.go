package auth

import (
	"context"
	"errors"
	"fmt"
)

// errSuperseded is an ErrNotFound for an item whose like was enqueued again while it waited.
var errSuperseded = fmt.Errorf("%w: a newer item stands for it", ErrNotFound)

// Compose decides which letter an item of the outbox becomes, and mints the token or code that is in it. It
// returns ErrNoLetter if there is no recipient, ErrWithheld if the recipient has had enough; any other error
// means that it could not be found out, and to try again later. Each call mints another token: those of a mail
// that did not leave are never known to anybody and expire.
//
// For an item that anyone can enqueue it is the same work whether it leads to a letter or not: whoever asks
// about an address and then measures how long the next request takes, which may wait for this work, learns
// nothing of it.
func (s *Service) Compose(ctx context.Context, item *OutboxItem) (*Letter, error) {
	letter, err := s.compose(ctx, item)
	if errors.Is(err, errSuperseded) { // a newer item uses the budget, whether anyone has the address or not
		return nil, ErrNoLetter
	}
	if errors.Is(err, ErrNotFound) {
		letter, err = nil, ErrNoLetter
	}
	if err == nil || errors.Is(err, ErrNoLetter) {
		err = s.dispatch(ctx, item, letter)
	}
	switch {
	case errors.Is(err, ErrNotFound): // what the token or the code is for is gone
		return nil, ErrNoLetter
	case errors.Is(err, ErrNoLetter):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("compose %s: %w", item.Job, err)
	}
	s.redirect(letter, item)
	return letter, nil
}

// dispatch has a letter use the budget of its recipient, and keeps the digest of its token or code. Without a
// letter, nil, it does as much and returns ErrNoLetter.
func (s *Service) dispatch(ctx context.Context, item *OutboxItem, letter *Letter) error {
	none := error(nil)
	if letter == nil {
		none = ErrNoLetter
	}
	if item.usesBudget() {
		err := s.spendBudget(ctx, item, letter)
		switch {
		case errors.Is(err, ErrNoLetter) && none == nil:
			none = err
		case err != nil && !errors.Is(err, ErrNoLetter):
			return err
		}
	}
	switch {
	case none == nil && letter.mint != nil:
		return letter.mint(ctx)
	case !item.hidesRecipient():
		return none
	}
	if err := s.mintNothing(ctx, item); err != nil {
		return err
	}
	return none
}

// compose returns ErrNotFound if no one is to get a letter.
func (s *Service) compose(ctx context.Context, item *OutboxItem) (*Letter, error) {
	job, ok := jobs[item.Job]
	if !ok {
		return nil, fmt.Errorf("unknown job %q: a newer version of this program wrote it", item.Job)
	}
	return job.compose(s, ctx, item)
}

// holder is who has an address at the moment at which an email for it is composed. What there is not, is nil.
type holder struct {
	user   *User
	left   *EmailChange // by which a user left the address, who may get it back: until then no one becomes its user
	signUp *SignUp      // the newest that waits
}

// holderOf looks for everything in any case, so that it is the same work for every address.
func (s *Service) holderOf(ctx context.Context, key string) (*holder, error) {
	user, userErr := s.store.UserByEmail(ctx, key)
	left, leftErr := s.reservation(ctx, key)
	signUp, err := s.newestSignUp(ctx, key)
	for _, err := range []error{userErr, leftErr, err} {
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	h := &holder{}
	if userErr == nil {
		h.user = user
	}
	if leftErr == nil {
		h.left = left
	}
	if err == nil {
		h.signUp = signUp
	}
	return h, nil
}

// composeSignUp tells the owner of a known address that they have an account, and asks the owner of
// any other to confirm. If a user has left the address and may get it back, its owner is told that instead, and
// the sign-up cannot be confirmed.
func (s *Service) composeSignUp(ctx context.Context, item *OutboxItem) (*Letter, error) {
	signUp, err := s.store.SignUpByID(ctx, item.SignUpID)
	if err != nil {
		return nil, err
	}
	holder, err := s.holderOf(ctx, signUp.Email.Canonical)
	switch {
	case err != nil:
		return nil, err
	case holder.user == nil && holder.left != nil:
		return s.composeUndo(holder.left)
	case holder.user == nil:
		return s.confirmSignUp(signUp)
	case holder.user.Disabled():
		return nil, ErrNotFound
	case !holder.user.EmailVerified():
		return s.confirmSignUp(signUp)
	}
	user := holder.user
	letter := &Letter{Kind: LetterAlreadyRegistered, To: user.Email, Name: greeted(user)}
	return s.mint(letter, OneTimeToken{Purpose: PurposeReset, UserID: user.ID, EmailKey: user.Email.Canonical}), nil
}

// composeConfirmation asks the owner of an address to confirm it again.
func (s *Service) composeConfirmation(ctx context.Context, item *OutboxItem) (*Letter, error) {
	compared, err := s.comparedSignUp(ctx, item)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	return s.confirmAgain(ctx, item, item.EmailKey, compared)
}

// comparedSignUp returns the sign-up whose password was compared in the login of an item, or ErrNotFound.
func (s *Service) comparedSignUp(ctx context.Context, item *OutboxItem) (*SignUp, error) {
	if item.Password == PasswordNotAsked {
		return nil, ErrNotFound
	}
	return s.store.SignUpByID(ctx, item.SignUpID)
}

// confirmAgain asks the owner of an address to confirm it, if it waits for that. If the operator wants no
// confirmations, none does. A login asks for it with the right password only, and only for the user or the sign-up
// whose password that is: whoever reads the email is told that the sign-up is theirs. Any other may be a stranger's.
func (s *Service) confirmAgain(ctx context.Context, item *OutboxItem, key string, compared *SignUp) (*Letter, error) {
	holder, err := s.holderOf(ctx, key)
	if err != nil {
		return nil, err
	}
	if item.Password != PasswordNotAsked {
		holder.signUp = compared
	}
	switch {
	case s.config.EmailVerification == VerificationNone || item.Password == PasswordWrong:
		return nil, ErrNotFound
	case holder.user != nil && (holder.user.EmailVerified() || holder.user.Disabled()):
		return nil, ErrNotFound
	case holder.user != nil && item.Password != PasswordNotAsked && holder.user.ID != item.SignUpID:
		return nil, ErrNotFound
	case holder.user != nil:
		letter := &Letter{Kind: LetterConfirm, To: holder.user.Email, Name: greeted(holder.user)}
		return s.mint(letter, OneTimeToken{Purpose: PurposeConfirm, UserID: holder.user.ID, EmailKey: key}), nil
	case holder.left != nil || holder.signUp == nil:
		return nil, ErrNotFound
	}
	return s.confirmSignUp(holder.signUp)
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
func (s *Service) confirmSignUp(signUp *SignUp) (*Letter, error) {
	if !s.now().Before(signUp.ExpiresAt) {
		return nil, ErrNotFound
	}
	letter := &Letter{Kind: LetterConfirm, To: signUp.Email}
	return s.mint(letter, OneTimeToken{
		Purpose: PurposeConfirm, SignUpID: signUp.ID, EmailKey: signUp.Email.Canonical, ExpiresAt: signUp.ExpiresAt,
	}), nil
}

// newestSignUp returns the newest sign-up of an address that has not expired, or ErrNotFound.
func (s *Service) newestSignUp(ctx context.Context, key string) (*SignUp, error) {
	signUp, err := s.store.NewestSignUp(ctx, key)
	if err == nil && !s.now().Before(signUp.ExpiresAt) {
		return nil, ErrNotFound
	}
	return signUp, err
}
