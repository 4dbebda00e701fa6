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

// jobEmailChange is to ask the new address of an account to confirm it: ChangeID.
var jobEmailChange = newJob("email_change", jobSpec{origin: fromAnyone, compose: (*Service).composeEmailChange, lowPriority: true})

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

// emailChangeReader finds changes of address.
type emailChangeReader interface {
	EmailChangeByID(ctx context.Context, id uuid.UUID) (*EmailChange, error)
	// LastEmailChange returns the change that the user made last.
	LastEmailChange(ctx context.Context, userID uuid.UUID) (*EmailChange, error)
	// EmailReservation returns the change made last that left the address with this key.
	EmailReservation(ctx context.Context, key string) (*EmailChange, error)
	EmailChangeTokenByDigest(ctx context.Context, purpose Purpose, digest []byte) (*EmailChangeToken, error)
}

// emailChangeStore remembers changes of address. tokenStore.DeleteTokens removes the change of a user that
// waits, and none that was made.
type emailChangeStore interface {
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
	actEmailChanged         = newAct("email_changed", "The email address of an account was changed, by the link sent to the new one.", outcomeOK, InvalidToken, outcomeLimited)
)

// RequestEmailChange enqueues a link to the new address, with which ConfirmEmailChange makes it that of
// the caller. Whether anybody has it is found out when the mail is composed, so that the answer is
// the same and takes as long. An earlier link is void. The link leads to redirectURL, or to the
// configured page for "". Problems: REQUIRED, EMAIL_INVALID and REDIRECT_URL_NOT_ALLOWED. Errors: kind
// Unauthenticated if the session ended meanwhile, RateLimited when it was asked for too often, or for
// this address, by any caller.
func (s *Service) RequestEmailChange(ctx context.Context, caller *Caller, newEmail, redirectURL string) error {
	email, problems := checkEmailField(newEmail, "newEmail")
	if len(problems) == 0 {
		var err error
		if email, err = s.held(ctx, email); err != nil {
			return fmt.Errorf("request email change: %w", err)
		}
	}
	if len(problems) == 0 && email.Canonical == caller.User.Email.Canonical {
		problems = Problems{problem(InvalidEmail, "newEmail", "This is the address of your account already.")}
	}
	redirect, more := s.checkRedirect(redirectURL)
	problems = append(problems, more...)
	if err := problems.err(); err != nil {
		return err
	}
	_, err := s.permitShared(ctx, claimed(email, actEmailChangeRequested), moreClaims,
		use{limit: LimitManageEmail, act: actEmailChangeRequested, account: limitedUser(caller.User.ID)})
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
		item := OutboxItem{Job: jobEmailChange, ChangeID: change.ID, Recipient: email.Canonical, RedirectURL: redirect}
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
