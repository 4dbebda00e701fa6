package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// InviteInput is whom to invite.
type InviteInput struct {
	Email string
	Role  Role
	// RedirectURL is where the link of the email leads; empty: to the configured page.
	RedirectURL string
}

// InviteUser invites the address: an email brings a link that makes an account with the role. It replaces an invitation of
// the address that was not accepted. The link of that is void as soon as the next leaves, and at once if the role is
// another. Whether anybody has an account with the address is found out when
// the email is composed: who has one is told so, and nothing of the account changes; whoever invites cannot tell.
// Problems: REQUIRED, EMAIL_INVALID, REDIRECT_URL_NOT_ALLOWED; REGISTRATION_CLOSED while only an operator makes accounts.
// Errors: kind Forbidden for a role above the caller's, or an invitation to such a one that it would replace; NotFresh
// for a role above USER; RateLimited.
func (s *Service) InviteUser(ctx context.Context, caller *Caller, in InviteInput) (*Invitation, error) {
	if err := s.limit(ctx, limitInviteUser, actUserInvited, limitedUser(caller.User.ID)); err != nil {
		return nil, fmt.Errorf("invite user: %w", err)
	}
	if in.Role != RoleUser && !isFresh(caller.User, caller.Session, s.now()) {
		return nil, errNotFresh // as whatever else gives somebody a role
	}
	invited, redirect, err := s.checkInvite(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := s.limit(ctx, limitInvitationEmail, actUserInvited, identifier{email: invited.Email}.limited()); err != nil {
		return nil, fmt.Errorf("invite user: %w", err)
	}
	err = s.do(ctx, "invite user", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		if !mayInvite(user, in.Role) {
			return errRoleTooHigh
		}
		replaced, err := tx.Invitations().OpenInvitation(ctx, invited.Email.Canonical)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			return err
		case tx.at.Before(replaced.ExpiresAt) && !mayInvite(user, replaced.Role):
			return errRoleTooHigh
		}
		invited.InvitedBy = user.ID
		return invite(ctx, tx, invited, redirect, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return invited, nil
}

// InviteAsOperator is InviteUser on the word of an operator, who may invite to every role.
func (s *Service) InviteAsOperator(ctx context.Context, actor Actor, in InviteInput) (*Invitation, error) {
	invited, redirect, err := s.checkInvite(ctx, in)
	if err != nil {
		return nil, err
	}
	err = s.do(ctx, "invite user", by(actor, func(tx *tx) error {
		return invite(ctx, tx, invited, redirect, noUser, noSession)
	}))
	if err != nil {
		return nil, err
	}
	return invited, nil
}

// checkInvite returns an invitation that is not stored yet, and where its link leads.
func (s *Service) checkInvite(ctx context.Context, in InviteInput) (*Invitation, string, error) {
	if s.config.Registration == RegistrationClosed {
		return nil, "", errInvitationsOff
	}
	email, problems := checkEmail(in.Email)
	redirect, more := s.checkRedirect(in.RedirectURL)
	problems = append(problems, more...)
	if in.RedirectURL == "" && s.config.NoInvitationPage {
		problems = append(problems, problem(Required, "redirectUrl", "Name your page that accepts invitations: this server has none."))
	}
	if err := problems.err(); err != nil {
		return nil, "", err
	}
	var err error
	if email, err = s.held(ctx, email); err != nil {
		return nil, "", fmt.Errorf("invite user: %w", err)
	}
	ReportFrom(ctx).concerns(email.Canonical)
	return &Invitation{Email: email, Role: in.Role}, redirect, nil
}

// invite stores an invitation in place of an earlier one, and enqueues its email.
func invite(ctx context.Context, tx *tx, invited *Invitation, redirect string, userID, sessionID uuid.UUID) error {
	invited.ID, invited.CreatedAt, invited.ExpiresAt = newID(), tx.at, tx.at.Add(InvitationLifetime)
	if err := tx.Invitations().PutInvitation(ctx, invited); err != nil {
		return err
	}
	if err := tx.enqueue(ctx, OutboxItem{Job: jobInvitation, EmailKey: invited.Email.Canonical, RedirectURL: redirect}); err != nil {
		return err
	}
	return tx.audit(ctx, actUserInvited, userID, sessionID)
}

// WithdrawInvitation voids an invitation that was not accepted, and returns it. Problems: NOT_FOUND. Errors: kind
// Forbidden for one to a role above the caller's, RateLimited.
func (s *Service) WithdrawInvitation(ctx context.Context, caller *Caller, id uuid.UUID) (*Invitation, error) {
	if err := s.limit(ctx, limitInviteUser, "", limitedUser(caller.User.ID)); err != nil {
		return nil, fmt.Errorf("withdraw invitation: %w", err)
	}
	var withdrawn *Invitation
	err := s.do(ctx, "withdraw invitation", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		withdrawn, err = tx.Invitations().InvitationByID(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return errNoSuchInvitation
		}
		if err != nil {
			return err
		}
		if !mayInvite(user, withdrawn.Role) {
			return errRoleTooHigh
		}
		err = tx.Invitations().DeleteInvitation(ctx, id)
		if errors.Is(err, ErrNotFound) { // it was accepted, perhaps at this moment
			return errNoSuchInvitation
		}
		if err != nil {
			return err
		}
		return tx.audit(ctx, actInvitationWithdrawn, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return withdrawn, nil
}

// listOfInvitations names the list for its cursors.
const listOfInvitations = "invitations"

// Invitations lists invitations, the newest first, with those that were accepted or have expired not long ago. Errors:
// kind BadInput for a page that there cannot be.
func (s *Service) Invitations(ctx context.Context, request PageRequest) (*Page[*Invitation], error) {
	w, err := s.window(request, listOfInvitations)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	before := uuid.Nil
	if w.from != nil {
		before = w.from.ID
	}
	read, err := s.store.InvitationsBefore(ctx, before, w.limit())
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	return page(s, listOfInvitations, w, read, func(i *Invitation) Position { return Position{ID: i.ID} })
}
