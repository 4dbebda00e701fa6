package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// ConfirmEmailChange uses up the token that was mailed to a new address and makes that the address of
// the caller, confirmed. Only a session of the account that asked can do it: otherwise who asks for
// a change to a stranger's address would get the stranger to take the account over. All other links
// are void but those that undo a change, sign-ups that wait for the address are dropped, no device is
// trusted any more, and other sessions go on unless they rest on one. If the old address was confirmed, it is owed a notice with a link for UndoEmailChange, and
// nobody else can have it until that cannot be done any more; who never showed to read the old
// address gets no right to it.
//
// Problems: TOKEN_INVALID, which leaves a token of somebody else usable, and EMAIL_TAKEN, which tells
// nothing to strangers: who has the token reads that address. An Error of kind RateLimited for too
// many links from one client address.
func (s *Service) ConfirmEmailChange(ctx context.Context, caller *Caller, token secret.Text) (*User, error) {
	user, err := s.confirmEmailChange(ctx, caller, token)
	if err != nil {
		return nil, s.noteInvalidLink(ctx, actEmailChanged, secret.EmailChangeToken, token, caller.Session.ID, err)
	}
	return user, nil
}

func (s *Service) confirmEmailChange(ctx context.Context, caller *Caller, token secret.Text) (*User, error) {
	if err := s.limit(ctx, LimitConfirmFromKey, actEmailChanged, ""); err != nil {
		return nil, fmt.Errorf("confirm email change: %w", err)
	}
	found, err := s.findEmailChange(ctx, PurposeEmailChange, secret.EmailChangeToken, token)
	if err != nil {
		return nil, fmt.Errorf("confirm email change: %w", err)
	}
	if found.UserID != caller.User.ID {
		return nil, errTokenInvalid
	}

	var user *User
	err = s.do(ctx, "confirm email change", func(tx *tx) error {
		if _, err := tx.TakeSignUps(ctx, found.New.Canonical); err != nil {
			return err
		}
		var err error
		if user, err = lockCaller(ctx, tx, caller); err != nil {
			return err
		}
		change, err := tx.EmailChangeByID(ctx, found.ID)
		if errors.Is(err, ErrNotFound) {
			return errTokenInvalid
		}
		if err != nil {
			return err
		}
		if !change.waits(tx.at) || user.Email.Canonical != change.Old.Canonical {
			return errTokenInvalid
		}
		if err := s.changeEmail(ctx, tx, user, change, caller.Session.ID); err != nil {
			return err
		}
		return tx.audit(ctx, actEmailChanged, user.ID, caller.Session.ID)
	})
	if errors.Is(err, ErrEmailTaken) {
		return nil, Problems{problem(EmailTaken, "", "Another account has this address by now.")}
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// changeEmail gives a locked user the new address of a change, in a session.
//
// Who goes back to an address that they have left and could still get back by its link does not
// leave the one in between, which may be a thief's, with a right to the account: the changes since
// then are as if they had never been, this one included, and all other sessions end. Only the link
// that was mailed to the address itself goes on working.
func (s *Service) changeEmail(ctx context.Context, tx *tx, user *User, change *EmailChange, sessionID uuid.UUID) error {
	now, undoable := tx.at, user.EmailVerified()
	left, err := tx.EmailReservation(ctx, change.New.Canonical)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	returns := err == nil && left.UserID == user.ID && left.undoable(now)
	user.Email, user.VerifiedAt, user.UpdatedAt = change.New, now, now
	if err := tx.ReleaseEmail(ctx, user.Email.Canonical, now); err != nil {
		return err
	}
	if err := tx.UpdateUser(ctx, user); err != nil {
		return err
	}

	switch {
	case returns:
		if err := revertSince(ctx, tx, left); err != nil {
			return err
		}
		if _, err := tx.EndSessions(ctx, user.ID, sessionID); err != nil {
			return err
		}
	case undoable:
		change.ChangedAt, change.UndoUntil = now, now.Add(UndoLifetime)
		change.IPAddress, change.UserAgent = tx.request.address(), tx.request.UserAgent
		if err := tx.FinishEmailChange(ctx, change); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, OutboxItem{Job: jobEmailChanged, ChangeID: change.ID, Recipient: change.Old.Canonical}); err != nil {
			return err
		}
	}
	if err := endTrust(ctx, tx, user.ID, sessionID); err != nil {
		return err
	}
	if err := tx.DeleteTokens(ctx, user.ID); err != nil {
		return err
	}
	if err := s.forgetOtherDevices(ctx, tx, user); err != nil {
		return err
	}
	return tx.ForgetWrongCodes(ctx, user.Email.Canonical) // those were nobody's, or somebody else's
}

// revertSince reverts the changes that the user of c made after it.
func revertSince(ctx context.Context, tx *tx, c *EmailChange) error {
	for {
		last, err := tx.LastEmailChange(ctx, c.UserID)
		if err != nil {
			return err
		}
		if last.ID == c.ID {
			return nil
		}
		if err := tx.RevertEmailChanges(ctx, last); err != nil {
			return err
		}
	}
}

// findEmailChange looks up the change of a token that has not expired, without using it.
// errTokenInvalid if there is none.
func (s *Service) findEmailChange(ctx context.Context, purpose Purpose, kind secret.TokenKind, token secret.Text) (*EmailChange, error) {
	if secret.CheckToken(kind, token) != nil {
		return nil, errTokenInvalid
	}
	found, err := s.store.EmailChangeTokenByDigest(ctx, purpose, secret.Digest(token))
	if err == nil && !s.now().Before(found.ExpiresAt) {
		return nil, errTokenInvalid
	}
	var change *EmailChange
	if err == nil {
		change, err = s.store.EmailChangeByID(ctx, found.ChangeID)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, errTokenInvalid
	}
	if err != nil {
		return nil, fmt.Errorf("find email change: %w", err)
	}
	return change, nil
}
