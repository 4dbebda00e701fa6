package auth

import (
	"context"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// composeEmailChange asks the new address of a change to confirm it. If a user has that address,
// they are told so instead, without a link: mostly it is the same person with two accounts, who
// would wait in vain otherwise. No letter has a name in it: who reads it need not be who wrote that.
func (s *Service) composeEmailChange(ctx context.Context, item *OutboxItem) (*Letter, error) {
	change, err := s.store.EmailChangeByID(ctx, item.ChangeID)
	if err != nil {
		return nil, err
	}
	user, err := s.store.UserByID(ctx, change.UserID)
	if err != nil {
		return nil, err
	}
	if !change.waits(s.now()) || user.Disabled() || user.Email.Canonical != change.Old.Canonical {
		return nil, ErrNotFound
	}

	holder, err := s.holderOf(ctx, change.New.Canonical)
	switch {
	case err != nil:
		return nil, err
	case holder.user != nil && holder.user.Disabled():
		return nil, ErrNotFound
	case holder.user != nil:
		return &Letter{Kind: LetterEmailTaken, To: holder.user.Email, At: item.CreatedAt}, nil
	case holder.left != nil && holder.left.UserID != user.ID:
		return s.composeUndo(holder.left)
	}
	letter := &Letter{Kind: LetterEmailChange, To: change.New, At: item.CreatedAt}
	until := s.now().Add(EmailChangeLifetime)
	if change.ExpiresAt.Before(until) {
		until = change.ExpiresAt
	}
	return s.mintForChange(letter, PurposeEmailChange, change, until), nil
}

// composeEmailChanged tells the old address of a change that was made, and how to undo it.
func (s *Service) composeEmailChanged(ctx context.Context, item *OutboxItem) (*Letter, error) {
	change, err := s.store.EmailChangeByID(ctx, item.ChangeID)
	if err != nil {
		return nil, err
	}
	return s.composeUndo(change)
}

// composeUndo is the notice to the old address of a change while it can be undone. Each has a token
// of its own, and all work.
func (s *Service) composeUndo(change *EmailChange) (*Letter, error) {
	if !change.undoable(s.now()) {
		return nil, ErrNotFound
	}
	letter := &Letter{
		Kind: LetterEmailChanged, To: change.Old, At: change.ChangedAt,
		IPAddress: change.IPAddress, Device: deviceInWords(change.UserAgent),
	}
	return s.mintForChange(letter, PurposeUndo, change, change.UndoUntil), nil
}

// composeAccountDeleted tells that an account is deleted. Where nothing is left of the user, the
// item itself has the address.
func (s *Service) composeAccountDeleted(ctx context.Context, item *OutboxItem) (*Letter, error) {
	if item.Address != "" {
		address, err := address.ParseEmail(item.Address)
		return &Letter{Kind: LetterAccountDeleted, To: address, At: item.CreatedAt, IPAddress: item.IPAddress, Device: item.Device}, err
	}
	user, err := s.store.UserByID(ctx, item.UserID)
	if err != nil {
		return nil, err
	}
	last, err := s.store.LastEmailChange(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if user.DeletedAt.IsZero() {
		return nil, ErrNotFound
	}
	return &Letter{Kind: LetterAccountDeleted, To: user.Email, At: item.CreatedAt, Until: last.UndoUntil, IPAddress: item.IPAddress, Device: item.Device}, nil
}

// reservation returns the change that left the address with this key and can be undone.
func (s *Service) reservation(ctx context.Context, key string) (*EmailChange, error) {
	change, err := s.store.EmailReservation(ctx, key)
	if err != nil {
		return nil, err
	}
	if !change.undoable(s.now()) {
		return nil, ErrNotFound
	}
	return change, nil
}

// mintForChange makes the token of a letter about a change, whose digest is kept when the letter leaves.
func (s *Service) mintForChange(letter *Letter, purpose Purpose, change *EmailChange, until time.Time) *Letter {
	letter.Token = secret.NewToken(purposes[purpose].token)
	letter.ValidFor = roundSpan(until.Sub(s.now()))
	token := &EmailChangeToken{Digest: secret.Digest(letter.Token), Purpose: purpose, ChangeID: change.ID, ExpiresAt: until}
	letter.mint = func(ctx context.Context) error { return s.store.AddEmailChangeToken(ctx, token) }
	return letter
}

// roundSpan returns d as a letter can say it: in whole days, or hours if it is less than two days, or
// minutes if it is less than two hours. The moment between a change and its letter is not counted.
func roundSpan(d time.Duration) time.Duration {
	d += time.Minute - time.Microsecond
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour} {
		if d >= 2*unit {
			return d.Truncate(unit)
		}
	}
	return d.Truncate(time.Minute)
}
