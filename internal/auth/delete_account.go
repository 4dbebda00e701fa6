package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// jobAccountDeleted is to tell a user that the account was deleted: UserID, or Address if there is no user left.
var jobAccountDeleted = newJob("account_deleted", jobSpec{origin: fromUser, compose: (*Service).composeAccountDeleted})

// LetterAccountDeleted tells that an account was deleted.
var LetterAccountDeleted = newLetter("account_deleted", LetterSpec{order: 120, sample: func(l *Letter) {
	l.Until = l.At.Add(UndoLifetime - 24*time.Hour)
}})

// deletedUserStore forgets users.
type deletedUserStore interface {
	// DeleteUser removes a user and all that is theirs: passwords, sessions, tokens, codes, invitations, changes of
	// address, and mail in the outbox that would need the user. Of the audit trail the acts, their outcomes and times
	// stay: the user is the pseudonym in it from then on, be it as the owner of the account or as who acted on another,
	// and sessions, requests, addresses of clients, user agents and the reasons that others gave for acts on the account
	// are blanked. ErrNotFound if there is none.
	DeleteUser(ctx context.Context, id, pseudonym uuid.UUID) error
}

// Acts of this feature. An account is erased some time after it was deleted.
var (
	actAccountDeleted = newAct("account_deleted", "A signed-in user deleted the account, or an administrator did, which ended its sessions.", outcomeOK, outcomeLimited)
	actAccountErased  = newAct("account_erased", "A deleted account was erased for good.")
)

// LimitDeleteAccount bounds what a stolen session can try.
var LimitDeleteAccount = newLimit("delete_account", "Deletions of the own account, also those that were not confirmed.", perAccount(5, time.Minute))

// noSession is the session of an act that was done in none.
var noSession = uuid.Nil

// errNotConfirmed is for who wants to delete an account and types something else than its address.
var errNotConfirmed = Problems{problem(ConfirmationMismatch, "confirmEmail", "This is not the address of your account.")}

// DeleteAccount deletes the account of the caller, who types its address to show that it is meant.
// All sessions end, all links are void, there is no password any more, and the address is sent a
// notice. Everything that is known of the user is erased and the address is free, at once or, where
// a change of address can still be undone, when that time is over: until then the account is
// disabled, and UndoEmailChange brings it back, lest a thief destroy it. The audit trail stays; it
// has no address and no name in it.
//
// Problems: REQUIRED and CONFIRMATION_MISMATCH; LAST_ADMIN for the last administrator, whom nobody but an operator can replace. Errors: kind Unauthenticated if the session ended
// meanwhile, RateLimited when this was tried too often.
func (s *Service) DeleteAccount(ctx context.Context, caller *Caller, confirmEmail string) error {
	if strings.TrimSpace(confirmEmail) == "" {
		return Problems{problem(Required, "confirmEmail", "Enter the address of your account.")}
	}
	if err := s.limit(ctx, LimitDeleteAccount, actAccountDeleted, limitedUser(caller.User.ID)); err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	email, err := address.ParseEmail(confirmEmail)
	if err != nil {
		return errNotConfirmed
	}
	if email, err = s.held(ctx, email); err != nil {
		return fmt.Errorf("delete account: %w", err)
	}
	if email.Canonical != caller.User.Email.Canonical {
		return errNotConfirmed
	}

	err = s.do(ctx, "delete account", func(tx *tx) error {
		if _, err := tx.TakeSignUps(ctx, email.Canonical); err != nil {
			return err
		}
		admins, err := tx.Administration().LockAdmins(ctx, caller.User.ID)
		if err != nil {
			return err
		}
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		if user.Email.Canonical != email.Canonical {
			return errNotConfirmed
		}
		if isLastAdmin(admins, user) {
			return errLastAdminLeaves
		}
		// Written before, so that an account that goes at once leaves no address of a client here.
		if err := tx.audit(ctx, actAccountDeleted, user.ID, caller.Session.ID); err != nil {
			return err
		}
		_, err = deleteUser(ctx, tx, user)
		return err
	})
	if err != nil {
		return err
	}
	return nil
}

// deleteUser erases a locked user at once, or disables it until it can be erased. It returns by which id the audit trail
// knows the user from now on.
func deleteUser(ctx context.Context, tx *tx, user *User) (known uuid.UUID, err error) {
	now := tx.at
	last, err := tx.LastEmailChange(ctx, user.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return noUser, err
	}
	if err != nil || !last.undoable(now) {
		if known, err = forget(ctx, tx, user); err != nil {
			return noUser, err
		}
		return known, tx.enqueue(ctx, OutboxItem{Job: jobAccountDeleted, Address: user.Email.Address, Recipient: user.Email.Canonical})
	}

	user.DeletedAt, user.UpdatedAt, user.PasswordHash = now, now, ""
	if err := tx.UpdateUser(ctx, user); err != nil {
		return noUser, err
	}
	if err := tx.SetPassword(ctx, user.ID, "", now); err != nil {
		return noUser, err
	}
	if err := revokeAll(ctx, tx, user.ID); err != nil {
		return noUser, err
	}
	return user.ID, tx.enqueue(ctx, OutboxItem{Job: jobAccountDeleted, UserID: user.ID, Recipient: user.Email.Canonical})
}

// Accounts that were deleted and can no longer come back expire.
var _ = newExpired("deleted accounts", cleanupTask{order: 100, remove: (*Service).EraseDeleted})

// erasePage is how many rows EraseDeleted looks at in one go.
const erasePage = 100

// EraseDeleted erases the accounts that were deleted while a change of their address could still be
// undone and now cannot, and forgets the changes that can be neither confirmed nor undone any more.
// It returns how many accounts it erased. The clean-up calls it; two at once do no harm.
func (s *Service) EraseDeleted(ctx context.Context) (int, error) {
	erased := 0
	for {
		users, err := s.store.DeletedUsers(ctx, s.now(), erasePage)
		if err != nil {
			return erased, fmt.Errorf("erase deleted accounts: %w", err)
		}
		for _, user := range users {
			switch err := s.erase(ctx, user.ID); {
			case err == nil:
				erased++
			case !errors.Is(err, ErrNotFound): // else it was restored meanwhile, or another replica erased it
				return erased, err
			}
		}
		if len(users) < erasePage {
			break
		}
	}
	for {
		ended, err := s.store.EndEmailChanges(ctx, s.now(), erasePage)
		if err != nil {
			return erased, fmt.Errorf("forget changes of address: %w", err)
		}
		if ended < erasePage {
			return erased, nil
		}
	}
}

// erase removes a user who is still deleted, and of whom nothing can be undone. ErrNotFound otherwise.
func (s *Service) erase(ctx context.Context, id uuid.UUID) error {
	return s.do(ctx, "erase deleted account", by(server, func(tx *tx) error {
		user, err := tx.LockUser(ctx, id)
		if err != nil {
			return err
		}
		last, err := tx.LastEmailChange(ctx, id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if user.DeletedAt.IsZero() || err == nil && last.undoable(tx.at) {
			return ErrNotFound
		}
		pseudonym, err := forget(ctx, tx, user)
		if err != nil {
			return err
		}
		return tx.audit(ctx, actAccountErased, pseudonym, noSession)
	}))
}

// forget removes a user, and what is counted of the address. It returns the pseudonym by which the audit trail knows the
// user from then on: a random id that is written down nowhere else.
func forget(ctx context.Context, tx *tx, user *User) (pseudonym uuid.UUID, err error) {
	if pseudonym, err = uuid.NewRandom(); err != nil {
		return noUser, err
	}
	if err := tx.DeleteUser(ctx, user.ID, pseudonym); err != nil {
		return noUser, err
	}
	if err := tx.emit(ctx, eventErased, user.ID, noSession); err != nil {
		return noUser, err
	}
	return pseudonym, forgetWrongCodes(ctx, tx, user)
}
