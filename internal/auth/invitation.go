package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Lifetimes of invitations.
const (
	// InvitationLifetime is how long an invitation can be accepted.
	InvitationLifetime = 7 * 24 * time.Hour
	// invitationKept is for how long an invitation is listed after it has expired, accepted or not.
	invitationKept = 30 * 24 * time.Hour
)

// Invitation is the right of whoever reads the email of an address to have an account with a role.
type Invitation struct {
	ID          uuid.UUID
	Email       address.Email
	Role        Role
	InvitedBy   uuid.UUID // uuid.Nil: an operator
	TokenDigest []byte    // SHA-256; nil: no email has left yet, or it was accepted
	CreatedAt   time.Time
	ExpiresAt   time.Time
	AcceptedAt  time.Time // zero: not yet
	AcceptedBy  uuid.UUID // uuid.Nil: nobody
}

// invitationReader finds invitations.
type invitationReader interface {
	InvitationByID(ctx context.Context, id uuid.UUID) (*Invitation, error)
	// InvitationByDigest returns the one whose token has this digest, expired or not.
	InvitationByDigest(ctx context.Context, digest []byte) (*Invitation, error)
	// OpenInvitation returns the one of an address that was not accepted, expired or not.
	OpenInvitation(ctx context.Context, key string) (*Invitation, error)
	// InvitationsBefore returns up to limit invitations, the newest first, those with ids below the one given; uuid.Nil
	// is above all.
	InvitationsBefore(ctx context.Context, before uuid.UUID, limit int) ([]*Invitation, error)
}

// InvitationTx is what a transaction can do with invitations.
type InvitationTx interface {
	invitationReader

	// PutInvitation adds an invitation, in place of the one of its address that was not accepted. While that is still
	// good, for the same role, its token becomes one of the new invitation until another is minted. ErrNotFound when there is no
	// such inviter.
	PutInvitation(ctx context.Context, i *Invitation) error
	// LockInvitation is InvitationByDigest, and keeps others from changing the invitation until the transaction ends.
	LockInvitation(ctx context.Context, digest []byte) (*Invitation, error)
	// AcceptInvitation notes who has accepted an invitation, whose token works no more. ErrNotFound if it was accepted
	// already, or withdrawn.
	AcceptInvitation(ctx context.Context, id, by uuid.UUID, at time.Time) error
	// DeleteInvitation removes an invitation that was not accepted; ErrNotFound if there is none.
	DeleteInvitation(ctx context.Context, id uuid.UUID) error
}

// ExpiredInvitations are removed some time after they expired, accepted or not.
var ExpiredInvitations = newExpired("invitations", cleanupTask{order: 35, kept: invitationKept})

// PurposeInvitation is to accept an invitation.
var PurposeInvitation = newPurpose("invitation", purposeSpec{
	lifetime: InvitationLifetime, token: secret.InvitationToken, page: "invitation",
})

// jobInvitation is to mail the invitation of an address: EmailKey.
var jobInvitation = newJob("invitation", jobSpec{origin: fromInviter, compose: (*Service).composeInvitation})

// Letters of this feature.
var (
	// LetterInvitation has a link to accept an invitation.
	LetterInvitation = newLetter("invitation", LetterSpec{order: 450, Link: PurposeInvitation, redirects: true})
	// LetterInvitedAgain tells somebody who has an account that they were invited.
	LetterInvitedAgain = newLetter("invited_again", LetterSpec{order: 460})
)

// Limits of this feature.
var (
	limitInviteUser = newLimit("invite_user", "Invitations that are sent or withdrawn, also those that are refused. As the account counts whoever invites.", perAccount(60, time.Hour))
	// limitInvitationEmail is apart from the budget of the address, so that no stranger keeps an invitation from it.
	limitInvitationEmail = newLimit("invitation_email", "Invitations by STAFF to an address, also those that are refused. As the account counts the address.", perAccount(5, 24*time.Hour))
	// LimitAcceptInvitation bounds guesses, which cannot be right, and hashes.
	LimitAcceptInvitation = newLimit("accept_invitation", "Invitations that are accepted, right or wrong.", perAddress(20, time.Minute))
)

// Acts of this feature.
var (
	actUserInvited         = newAct("user_invited", "Somebody was invited, by STAFF or by an operator.", outcomeOK, outcomeLimited)
	actInvitationWithdrawn = newAct("invitation_withdrawn", "An invitation was withdrawn.")
	actInvitationAccepted  = newAct("invitation_accepted", "An invitation was accepted, which made an account or confirmed one, and began a session unless a second factor was needed.",
		outcomeOK, InvalidToken, outcomeLimited)
)

// Problems and errors of this feature.
var (
	errInvitationsOff    = Problems{problem(RegistrationNotOpen, "", "Only an operator makes accounts here, and nobody can be invited.")}
	errNoSuchInvitation  = Problems{problem(NotFound, "id", "There is no such invitation. Perhaps it was accepted or replaced already.")}
	errInvitationInvalid = Problems{problem(InvalidToken, "token", "This invitation was used already, is too old, or was withdrawn. Ask whoever invited you for a new one.")}
	errEmailMismatch     = Problems{problem(EmailMismatch, "token", "This invitation is for another email address than that of the account that you are signed in to. Sign out, then open the link again.")}
	errInvitedHasAccount = Problems{problem(EmailTaken, "token", "There is an account with this address already. Sign in to it.")}
	errRoleTooHigh       = &Error{Kind: Forbidden, Message: "You cannot invite to a role above your own, nor change such an invitation."}
)

// mayBeAccepted returns errInvitationInvalid unless an invitation is still good: it has not expired, and whoever sent
// it could send it now.
func (s *Service) mayBeAccepted(ctx context.Context, i *Invitation, now time.Time, inviter func(ctx context.Context, id uuid.UUID) (*User, error)) error {
	if !now.Before(i.ExpiresAt) {
		return errInvitationInvalid
	}
	if i.InvitedBy == uuid.Nil {
		return nil
	}
	user, err := inviter(ctx, i.InvitedBy)
	switch {
	case errors.Is(err, ErrNotFound):
		return errInvitationInvalid
	case err != nil:
		return err
	case user.Disabled() || !mayInvite(user, i.Role):
		return errInvitationInvalid
	}
	return nil
}

// mayInvite reports whether a user may invite others to a role: staff may, to no role above their own.
func mayInvite(user *User, role Role) bool {
	return user.Role.Includes(RoleStaff) && user.Role.Includes(role)
}

// composeInvitation mails an invitation, or tells whoever has an account already that they were invited. It looks for
// everything in any case, so that it is the same work for every address.
func (s *Service) composeInvitation(ctx context.Context, item *OutboxItem) (*Letter, error) {
	if err := s.isNewest(ctx, item); err != nil {
		return nil, err
	}
	holder, err := s.holderOf(ctx, item.EmailKey)
	if err != nil {
		return nil, err
	}
	invitation, err := s.store.OpenInvitation(ctx, item.EmailKey)
	if err != nil {
		return nil, err
	}
	err = s.mayBeAccepted(ctx, invitation, s.now(), s.store.UserByID)
	if _, isRefused := errors.AsType[Problems](err); isRefused {
		return nil, ErrNotFound
	}
	switch {
	case err != nil:
		return nil, err
	case holder.user != nil && holder.user.Disabled():
		return nil, ErrNotFound
	case holder.user != nil && holder.user.EmailVerified():
		return &Letter{Kind: LetterInvitedAgain, To: holder.user.Email, Name: greeted(holder.user), At: item.CreatedAt}, nil
	case holder.user == nil && holder.left != nil:
		return s.composeUndo(holder.left)
	}
	letter := s.mint(&Letter{Kind: LetterInvitation, To: invitation.Email}, OneTimeToken{Purpose: PurposeInvitation, ExpiresAt: invitation.ExpiresAt})
	letter.ValidFor = letter.ValidFor.Round(time.Hour)
	letter.mint = func(ctx context.Context) error {
		return s.store.MintInvitation(ctx, invitation.ID, secret.Digest(letter.Token))
	}
	return letter, nil
}
