package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// Administrator is a caller who acts on the account of another. Which role a use case needs, its way in asks; how the
// roles of the two compare, the use case does. Acts are limited, and the audit trail has the id of the caller.
func Administrator(caller *Caller) Actor {
	return Actor{name: caller.User.ID.String(), caller: caller}
}

// Because returns the actor with a reason in their own words, which may then not be left out.
func (a Actor) Because(reason string) Actor {
	a.reason, a.explains = strings.TrimSpace(reason), true
	return a
}

// limitAdministration bounds what a stolen session of an administrator can do.
var limitAdministration = newLimit("administration", "Acts on the accounts of others, by an administrator or support staff. As the account counts who acts.", perAccount(120, time.Minute))

// What administrators are told.
var (
	errNoSuchUser      = Problems{problem(NotFound, "id", "No user has this id.")}
	errLastAdminLeaves = Problems{problem(LastAdmin, "", "You are the last administrator who is not disabled. Give somebody else the role ADMIN first.")}
	errLastAdmin       = Problems{problem(LastAdmin, "id", "This is the last administrator who is not disabled. Give somebody else the role ADMIN first.")}
	errRank            = &Error{Kind: Forbidden, Message: "Support staff can act on users only, and nobody but an administrator on an administrator."}
	errRoleLost        = &Error{Kind: Forbidden, Message: "Your role has changed in the meantime. Load the page again."}
)

// notOneself is the error of those who try on themselves what they may do to others only.
func notOneself(what string) error {
	return &Error{Kind: Forbidden, Message: "Nobody can " + what + " here. Have another administrator do it."}
}

// begin checks what an actor says, and counts what they do. Operators are not limited.
func (s *Service) beginActing(ctx context.Context, actor Actor) error {
	if actor.caller == nil {
		return nil
	}
	switch {
	case actor.explains && actor.reason == "":
		return Problems{problem(Required, "reason", "Say why: the audit trail keeps it.")}
	case utf8.RuneCountInString(actor.reason) > reasonMaxLength || !text.Printable(actor.reason):
		return Problems{problem(InvalidReason, "reason", "A reason has at most {max} characters, without line breaks and other control characters.").
			with(map[string]any{"max": reasonMaxLength})}
	}
	return s.limit(ctx, limitAdministration, "", limitedUser(actor.caller.User.ID))
}

// isOn reports whether the actor is the user.
func (a Actor) isOn(user *User) bool { return a.caller != nil && a.caller.User.ID == user.ID }

// mayActOn reports whether somebody with a role may act on the account of somebody with another.
func (r Role) mayActOn(other Role) bool {
	return r == RoleAdmin || r.Includes(other) && r != other
}

// accountName names the account that somebody acts on: by its id, or by its address.
type accountName struct {
	id    uuid.UUID // uuid.Nil: by its address
	email string    // the key
}

// accountNamed reads the name of an account: an email address, or an id. Problems as of an address.
func (s *Service) accountNamed(ctx context.Context, name string) (accountName, error) {
	if id, err := uuid.Parse(name); err == nil {
		return accountName{id: id}, nil
	}
	email, problems := checkEmail(name)
	if err := problems.err(); err != nil {
		return accountName{}, err
	}
	email, err := s.held(ctx, email)
	return accountName{email: email.Canonical}, err
}

// isOf reports whether it names the user, as they are now.
func (a accountName) isOf(user *User) bool {
	return a.id == user.ID || a.email != "" && a.email == user.Email.Canonical
}

// find returns the user, without a lock.
func (a accountName) find(ctx context.Context, store userReader) (*User, error) {
	if a.email != "" {
		return store.UserByEmail(ctx, a.email)
	}
	return store.UserByID(ctx, a.id)
}

// lockAccount locks the user that an actor wants to act on, and with them all administrators and the caller who acts,
// whose rank is compared. It returns who are administrators. ErrNotFound if there is no such user, and for a caller the
// problem NOT_FOUND; an Error of kind Forbidden or Unauthenticated for who may not.
func lockAccount(ctx context.Context, tx *tx, name accountName) (user *User, admins []uuid.UUID, err error) {
	found, err := name.find(ctx, tx)
	if err != nil {
		return nil, nil, tx.actor.noUser(err)
	}
	acting := tx.actor.caller
	if acting != nil {
		if admins, err = tx.Administration().LockAdmins(ctx, found.ID, acting.User.ID); err != nil {
			return nil, nil, err
		}
	}
	if user, err = tx.LockUser(ctx, found.ID); err != nil {
		return nil, nil, tx.actor.noUser(err)
	}
	if !name.isOf(user) {
		return nil, nil, ErrNotFound // the address was left between the two reads
	}
	if acting == nil {
		return user, nil, nil
	}
	by, err := lockCaller(ctx, tx, acting)
	switch {
	case err != nil:
		return nil, nil, err
	case by.Role != acting.User.Role:
		return nil, nil, errRoleLost
	case !by.Role.mayActOn(user.Role):
		return nil, nil, errRank
	}
	return user, admins, nil
}

// noUser returns the error for a user who is not there.
func (a Actor) noUser(err error) error {
	if a.caller != nil && errors.Is(err, ErrNotFound) {
		return errNoSuchUser
	}
	return err
}

// keepAdmin returns errLastAdmin if a user who was an administrator is one no more, and no other is left. Operators need
// none: they can make one.
func keepAdmin(tx *tx, admins []uuid.UUID, user *User, isAdmin bool) error {
	if tx.actor.caller == nil || isAdmin || !isLastAdmin(admins, user) {
		return nil
	}
	return errLastAdmin
}

// isLastAdmin reports whether a user is the only one of the administrators, who are locked.
func isLastAdmin(admins []uuid.UUID, user *User) bool {
	return slices.Equal(admins, []uuid.UUID{user.ID})
}

// amendAccount changes the user with an address or an id under lock, for an actor, and audits the act. ErrNotFound if
// there is no such user; for a caller, errors as of lockAccount, the problem LAST_ADMIN, those of the reason, and kind
// RateLimited.
func (s *Service) amendAccount(ctx context.Context, verb string, actor Actor, name string, act Act, change func(tx *tx, user *User) error) (*User, error) {
	var user *User
	err := s.actOn(ctx, verb, actor, name, func(tx *tx, locked *User, admins []uuid.UUID) error {
		user = locked
		if err := amend(ctx, tx, user, change); err != nil {
			return err
		}
		if err := keepAdmin(tx, admins, user, user.Role == RoleAdmin && !user.Disabled()); err != nil {
			return err
		}
		return tx.audit(ctx, act, user.ID, noSession)
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// actOn does something to the user with an address or an id under lock, for an actor. Errors as of amendAccount.
func (s *Service) actOn(ctx context.Context, verb string, actor Actor, name string, fn func(tx *tx, user *User, admins []uuid.UUID) error) error {
	who, err := s.accountNamed(ctx, name)
	if err == nil {
		err = s.beginActing(ctx, actor)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return s.do(ctx, verb, by(actor, func(tx *tx) error {
		user, admins, err := lockAccount(ctx, tx, who)
		if err != nil {
			return err
		}
		return fn(tx, user, admins)
	}))
}
