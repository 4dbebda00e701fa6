package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// impersonationLasts is how long an administrator acts as a user at the most. There is no refresh.
const impersonationLasts = 30 * time.Minute

// ImpersonationPolicy says whether administrators can act as users.
type ImpersonationPolicy string

// The policies.
const (
	ImpersonationNotified ImpersonationPolicy = "notify" // and the user is told by email; also the zero policy
	ImpersonationSilent   ImpersonationPolicy = "silent" // the user sees it in the list of sessions only
	ImpersonationOff      ImpersonationPolicy = "off"
)

var actImpersonated = newAct("impersonated", "An administrator began to act as a user. What is done then has the administrator as its actor.")

// jobImpersonated is to tell a user that an administrator has begun to act as them: UserID.
var jobImpersonated = newJob("impersonated", notice(LetterImpersonated))

// LetterImpersonated tells of it.
var LetterImpersonated = newLetter("impersonated", LetterSpec{order: 420})

// Why nobody acts as a user.
var (
	errImpersonated       = &Error{Kind: Forbidden, Message: "You can't do this while you act as a user."}
	errImpersonationOff   = &Error{Kind: Forbidden, Message: "Acting as a user is turned off on this server."}
	errImpersonateStaff   = &Error{Kind: Forbidden, Message: "You can't act as an administrator or as support staff."}
	errImpersonateShutOut = Problems{problem(AccountDisabled, "id", "This account is disabled. Enable it first.")}
	errImpersonateUnready = Problems{problem(AccountDisabled, "id", "This user has not confirmed their email address yet, so nobody can sign in to the account.")}
)

// Impersonated reports whether an administrator acts in the session as its user.
func (s *Session) Impersonated() bool { return s.ActorID != uuid.Nil }

// actor is who acts in the session on the account of another; zero: nobody does, its user acts.
func (s *Session) actor() Actor {
	if !s.Impersonated() {
		return Actor{}
	}
	return Actor{name: s.ActorID.String()}
}

// ImpersonateInput says as whom, and why.
type ImpersonateInput struct {
	UserID uuid.UUID
	Reason string
	SessionDelivery
}

// Impersonate begins a session in which an administrator acts as a user, for 30 minutes. It has no refresh
// token, is never fresh, opens only what says that it does, and ends with the session of the administrator. The user gets
// an email, unless the operator turned that off. Problems NOT_FOUND, ACCOUNT_DISABLED, and those of the reason. Errors:
// kind Forbidden for support staff and administrators, and where it is turned off; RateLimited.
func (s *Service) Impersonate(ctx context.Context, caller *Caller, in ImpersonateInput) (*Grant, error) {
	if s.config.Impersonation == ImpersonationOff {
		return nil, errImpersonationOff
	}
	actor := Administrator(caller).Because(in.Reason)
	if err := s.beginActing(ctx, actor); err != nil {
		return nil, fmt.Errorf("impersonate: %w", err)
	}
	in.Replaces, in.Device = "", "" // the session of the administrator goes on
	delivery, err := s.prepare(ctx, in.SessionDelivery)
	if err != nil {
		return nil, fmt.Errorf("impersonate: %w", err)
	}
	delivery.refresh = ""

	var granted *Grant
	err = s.admit(ctx, "impersonate", func(context.Context) (*proof, error) { return s.proofOfRank(actor, in.UserID), nil }, admission{
		grant: func(ctx context.Context, tx *tx, user *User, proof *proof) error {
			session := newSession(tx, user, proof, delivery)
			session.EndsAt = tx.at.Add(impersonationLasts)
			session.IPAddress, session.UserAgent = "", "" // those of the administrator are not the user's to see
			session.ActorID, session.ActorSessionID = caller.User.ID, caller.Session.ID
			var err error
			granted, err = s.createSession(ctx, tx, user, actImpersonated, session, delivery)
			switch {
			case errors.Is(err, ErrNotFound): // the administrator's session ended at this moment
				return errSessionEnded
			case err != nil || s.config.Impersonation == ImpersonationSilent:
				return err
			}
			return tx.enqueue(ctx, OutboxItem{Job: jobImpersonated, UserID: user.ID, Recipient: user.Email.Canonical})
		},
	})
	if err != nil {
		return nil, err
	}
	return granted, nil
}

// proofOfRank is the proof of who may act as the user with an id: of nothing that the user has, and never recent.
func (s *Service) proofOfRank(actor Actor, id uuid.UUID) *proof {
	return &proof{
		factors: 1, seenAt: new(time.Time),
		lock: func(ctx context.Context, tx *tx) (*User, error) {
			tx.actor = actor
			user, _, err := lockAccount(ctx, tx, accountName{id: id})
			return user, err
		},
		recheck: func(_ context.Context, _ *tx, user *User) error {
			switch {
			case user.Role != RoleUser:
				return errImpersonateStaff
			case user.Disabled():
				return errImpersonateShutOut
			case !s.mayLogIn(user):
				return errImpersonateUnready
			}
			return nil
		},
	}
}

// checkImpersonation returns errSessionEnded if the administrator who acts in a session may not go on: whose own session
// has ended, who has lost the role or lacks a second factor by now, or whose user is one no more as whom anybody may act.
// It asks the database each time.
func (s *Service) checkImpersonation(ctx context.Context, session *Session, user *User) error {
	by, actor, err := s.store.SessionByID(ctx, session.ActorSessionID)
	switch {
	case errors.Is(err, ErrNotFound):
		return errSessionEnded
	case err != nil:
		return fmt.Errorf("find the session of who acts: %w", err)
	case s.config.Impersonation == ImpersonationOff, user.Role != RoleUser,
		actor.ID != session.ActorID, !actor.Role.Includes(RoleAdmin), actor.Disabled(), !s.mayLogIn(actor),
		by.Expired(s.now()), s.lacksFactor(actor, by):
		return errSessionEnded
	}
	return nil
}
