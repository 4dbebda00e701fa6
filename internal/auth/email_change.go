package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// EmailChangeLifetime is how long the link that confirms a change of address works.
const EmailChangeLifetime = 24 * time.Hour

// PurposeEmailChange is to confirm the new address of an account. It is of an EmailChangeToken.
var PurposeEmailChange = newPurpose("email_change", purposeSpec{
	lifetime: EmailChangeLifetime, token: secret.EmailChangeToken, page: "change of address",
})

// JobEmailChange is to ask the new address of an account to confirm it: ChangeID.
var JobEmailChange = newJob("email_change", jobSpec{compose: (*Service).composeEmailChange, lowPriority: true})

// The letters to the new address.
var (
	LetterEmailChange = newLetter("email_change", LetterSpec{order: 90, Link: PurposeEmailChange, redirects: true})
	LetterEmailTaken  = newLetter("email_taken", LetterSpec{order: 110}) // it has an account already
)

// LimitManageEmail is slower than that of django-allauth: each request is an email to a stranger's address.
var LimitManageEmail = newLimit("manage_email", "Requests for a change of the email address.", perAccount(3, time.Minute))

// emailChangeWaits is how long a change waits for its confirmation: longer than its link, so that a
// mail which leaves late is good for a whole day too.
const emailChangeWaits = 2 * EmailChangeLifetime

// EmailChange is a change of address: first one that waits for its confirmation, of which a user
// has at most one, and from then until it cannot be undone any more, one that was made. While it
// can be undone, only its user can have its old address.
type EmailChange struct {
	ID          uuid.UUID
	UserID      uuid.UUID
	Old, New    address.Email
	RequestedAt time.Time
	ExpiresAt   time.Time // it can be confirmed until then
	ChangedAt   time.Time // zero: it waits
	UndoUntil   time.Time // zero: it waits
	IPAddress   string    // of who confirmed it; empty: it waits, or not known
	UserAgent   string    // likewise
}

// Made reports whether the change was confirmed.
func (c *EmailChange) Made() bool { return !c.ChangedAt.IsZero() }

// waits reports whether the change can be confirmed.
func (c *EmailChange) waits(now time.Time) bool { return !c.Made() && now.Before(c.ExpiresAt) }

// undoable reports whether the change was made and can be undone.
func (c *EmailChange) undoable(now time.Time) bool { return c.Made() && now.Before(c.UndoUntil) }

// EmailChangeToken is the right to confirm or to undo a change of address. A change has as many as
// were mailed, and all of them end with it.
type EmailChangeToken struct {
	Digest    []byte  // SHA-256
	Purpose   Purpose // PurposeEmailChange or PurposeUndo
	ChangeID  uuid.UUID
	ExpiresAt time.Time
}

// EmailChangeReader finds changes of address.
type EmailChangeReader interface {
	EmailChangeByID(ctx context.Context, id uuid.UUID) (*EmailChange, error)
	// LastEmailChange returns the change that the user made last.
	LastEmailChange(ctx context.Context, userID uuid.UUID) (*EmailChange, error)
	// EmailReservation returns the change made last that left the address with this key.
	EmailReservation(ctx context.Context, key string) (*EmailChange, error)
	EmailChangeTokenByDigest(ctx context.Context, purpose Purpose, digest []byte) (*EmailChangeToken, error)
}

// EmailChangeStore remembers changes of address. TokenStore.DeleteTokens removes the change of a user that
// waits, and none that was made.
type EmailChangeStore interface {
	// StartEmailChange adds a change that waits, in place of the one of its user that does.
	StartEmailChange(ctx context.Context, c *EmailChange) error
	EmailChangeByID(ctx context.Context, id uuid.UUID) (*EmailChange, error)
	// FinishEmailChange writes when and by whom the change was made and until when it can be
	// undone, and removes the tokens that confirm it. ErrNotFound unless it waits.
	FinishEmailChange(ctx context.Context, c *EmailChange) error
	// RevertEmailChanges removes c, which was made, and all changes that its user made after it.
	RevertEmailChanges(ctx context.Context, c *EmailChange) error
	// LastEmailChange returns the change that the user made last.
	LastEmailChange(ctx context.Context, userID uuid.UUID) (*EmailChange, error)
	// EmailReservation returns the change made last that left the address with this key.
	EmailReservation(ctx context.Context, key string) (*EmailChange, error)
	// ReleaseEmail removes the changes that left the address and can be undone until now at most.
	// It is to be called before the address is given to anybody.
	ReleaseEmail(ctx context.Context, key string, now time.Time) error
}

// What is done to addresses.
var (
	actEmailChangeRequested = newAct("email_change_requested", "A signed-in user asked to change the email address.", outcomeOK, outcomeLimited)
	actEmailChanged         = newAct("email_changed", "The email address of an account was changed, by the link sent to the new one.", outcomeOK, outcomeLimited)
)

// RequestEmailChange enqueues a link to the new address, with which ConfirmEmailChange makes it that of
// the caller. Whether anybody has it is found out when the mail is composed, so that the answer is
// the same and takes as long. An earlier link is void. The link leads to redirectURL, or to the
// configured page for "". Problems: REQUIRED, EMAIL_INVALID and REDIRECT_URL_NOT_ALLOWED. Errors: kind
// Unauthenticated if the session ended meanwhile, RateLimited when it was asked for too often, or for
// this address, by any caller.
func (s *Service) RequestEmailChange(ctx context.Context, caller *Caller, newEmail, redirectURL string) error {
	email, problems := checkEmailField(newEmail, "newEmail")
	if len(problems) == 0 && email.Canonical == caller.User.Email.Canonical {
		problems = Problems{problem(InvalidEmail, "newEmail", "This is the address of your account already.")}
	}
	redirect, more := s.checkRedirect(redirectURL)
	problems = append(problems, more...)
	if err := problems.err(); err != nil {
		return err
	}
	_, err := s.permit(ctx,
		use{limit: LimitManageEmail, act: actEmailChangeRequested, account: limitedUser(caller.User.ID)},
		claimed(email, actEmailChangeRequested))
	if err != nil {
		return fmt.Errorf("request email change: %w", err)
	}

	err = s.do(ctx, "request email change", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		now := tx.at
		change := &EmailChange{
			ID: newID(), UserID: user.ID, Old: user.Email, New: email, RequestedAt: now, ExpiresAt: now.Add(emailChangeWaits),
		}
		if err := tx.StartEmailChange(ctx, change); err != nil {
			return err
		}
		item := OutboxItem{Job: JobEmailChange, ChangeID: change.ID, Recipient: email.Canonical, RedirectURL: redirect}
		if err := tx.enqueue(ctx, item); err != nil {
			return err
		}
		return tx.audit(ctx, actEmailChangeRequested, user.ID, caller.Session.ID)
	})
	if err != nil {
		return err
	}
	return nil
}

// ConfirmEmailChange uses up the token that was mailed to a new address and makes that the address of
// the caller, confirmed. Only a session of the account that asked can do it: otherwise who asks for
// a change to a stranger's address would get the stranger to take the account over. All other links
// are void but those that undo a change, sign-ups that wait for the address are dropped, sessions go
// on. If the old address was confirmed, it is owed a notice with a link for UndoEmailChange, and
// nobody else can have it until that cannot be done any more; who never showed to read the old
// address gets no right to it.
//
// Problems: TOKEN_INVALID, which leaves a token of somebody else usable, and EMAIL_TAKEN, which tells
// nothing to strangers: who has the token reads that address. An Error of kind RateLimited for too
// many links from one client address.
func (s *Service) ConfirmEmailChange(ctx context.Context, caller *Caller, token secret.Text) (*User, error) {
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
		if err := tx.enqueue(ctx, OutboxItem{Job: JobEmailChanged, ChangeID: change.ID, Recipient: change.Old.Canonical}); err != nil {
			return err
		}
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

// lockCaller locks the user of a caller and returns it, if the session still lives.
func lockCaller(ctx context.Context, tx *tx, caller *Caller) (*User, error) {
	user, err := tx.LockUser(ctx, caller.User.ID)
	if err == nil {
		_, _, err = tx.SessionByDigest(ctx, caller.Session.TokenDigest)
	}
	if errors.Is(err, ErrNotFound) || err == nil && user.Disabled() {
		return nil, errSessionEnded
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// createUser adds a user whose address nobody has, or has had until lately and could still get
// back; otherwise ErrEmailTaken.
func createUser(ctx context.Context, tx *tx, user *User) error {
	if err := tx.ReleaseEmail(ctx, user.Email.Canonical, user.CreatedAt); err != nil {
		return err
	}
	if err := tx.CreateUser(ctx, user); err != nil {
		return err
	}
	return tx.ForgetWrongCodes(ctx, user.Email.Canonical) // those that were given before anybody had the address
}
