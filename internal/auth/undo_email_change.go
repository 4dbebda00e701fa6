package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// UndoLifetime is how long a change of address can be undone, and for how long no other user can have
// the old one.
const UndoLifetime = 7 * 24 * time.Hour

// undoReach is how long before a change of address a factor, a passkey or an identity may have been added by whoever
// made the change: undoing the change removes it. A thief with a session adds one first, so that the owner stays out
// when the address is back, and then the owner has as long to read the notice of that as to undo the change. Whoever
// undoes it has proved the old mailbox and nothing else, so what is older stays: who only reads the mailbox of somebody
// who has moved on cannot remove a factor of long standing.
const undoReach = UndoLifetime

// PurposeUndo is to give an account back to its old address. It is of an EmailChangeToken.
var PurposeUndo = newPurpose("undo", purposeSpec{
	lifetime: UndoLifetime, token: secret.UndoToken, page: "undoing of a change of address",
})

// jobEmailChanged is to tell the old address of an account that it was changed: ChangeID.
var jobEmailChanged = newJob("email_changed", jobSpec{origin: fromUser, compose: (*Service).composeEmailChanged})

// LetterEmailChanged tells the old address, and how to undo the change.
var LetterEmailChanged = newLetter("email_changed", LetterSpec{order: 100, Link: PurposeUndo})

var actEmailChangeUndone = newAct("email_change_undone", "A change of email address was undone, by the link sent to the old one.", outcomeOK, InvalidToken, outcomeLimited)

// UndoEmailChange uses up the token that a change of address was told with to the old address, and
// gives the account back to it, as it may have been stolen: the old address is confirmed, this
// change and all later ones are reverted, so that their links are void, all sessions end, all other
// links are void, second factors, passkeys and identities that were added since a week before the change are removed,
// there is no password any more, and a link to choose one is sent to the old address.
// An account that was deleted since comes back; one that an operator has disabled stays so.
//
// Problems: TOKEN_INVALID. Nothing makes a token invalid before its time but that this change, or
// one before it, is undone. An Error of kind RateLimited for too many links from one client address.
func (s *Service) UndoEmailChange(ctx context.Context, token secret.Text) (*User, error) {
	user, err := s.undoEmailChange(ctx, token)
	if err != nil {
		return nil, s.noteInvalidLink(ctx, actEmailChangeUndone, secret.UndoToken, token, noSession, err)
	}
	return user, nil
}

func (s *Service) undoEmailChange(ctx context.Context, token secret.Text) (*User, error) {
	if err := s.limit(ctx, LimitConfirmFromKey, actEmailChangeUndone, ""); err != nil {
		return nil, fmt.Errorf("undo email change: %w", err)
	}
	found, err := s.findEmailChange(ctx, PurposeUndo, secret.UndoToken, token)
	if err != nil {
		return nil, fmt.Errorf("undo email change: %w", err)
	}

	var user *User
	err = s.do(ctx, "undo email change", func(tx *tx) error {
		if _, err := tx.TakeSignUps(ctx, found.Old.Canonical); err != nil {
			return err
		}
		var err error
		if user, err = tx.LockUser(ctx, found.UserID); err != nil {
			return err
		}
		change, err := tx.EmailChangeByID(ctx, found.ID)
		if err != nil {
			return err
		}
		if !change.undoable(tx.at) {
			return errTokenInvalid
		}
		if err := s.restoreEmail(ctx, tx, user, change); err != nil {
			return err
		}
		if err := tx.followed(ctx); err != nil {
			return err
		}
		return tx.audit(ctx, actEmailChangeUndone, user.ID, noSession)
	})
	// That the address is taken cannot be while it is reserved, unless clocks differ.
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrEmailTaken) {
		return nil, errTokenInvalid
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// restoreEmail gives a locked user back the address that a change left, and nobody a way in but who
// reads that.
func (s *Service) restoreEmail(ctx context.Context, tx *tx, user *User, change *EmailChange) error {
	now := tx.at
	user.Email, user.VerifiedAt, user.UpdatedAt = change.Old, now, now
	user.PasswordHash, user.DeletedAt = "", time.Time{}
	suspect := change.ChangedAt.Add(-undoReach)
	if err := s.dropFactorsSince(ctx, tx, user, suspect); err != nil {
		return err
	}
	if err := dropIdentitiesSince(ctx, tx, user, suspect); err != nil {
		return err
	}
	if err := tx.UpdateUser(ctx, user); err != nil {
		return err
	}
	if err := tx.SetPassword(ctx, user.ID, "", now); err != nil {
		return err
	}
	if err := revokeAll(ctx, tx, user.ID); err != nil {
		return err
	}
	if err := tx.RevertEmailChanges(ctx, change); err != nil {
		return err
	}
	if err := tx.enqueue(ctx, OutboxItem{Job: JobPasswordReset, EmailKey: user.Email.Canonical}); err != nil {
		return err
	}
	return forgetWrongCodes(ctx, tx, user)
}
