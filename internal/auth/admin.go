package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// This file is what an operator does from the command line. Its authority is the access to the
// database, which the person at the command line has shown to have.

// What an operator does.
var (
	actAccountCreated  = newAct("account_created", "An operator created an account.")
	actAccountDisabled = newAct("account_disabled", "An operator disabled an account, which ended its sessions.")
	actAccountEnabled  = newAct("account_enabled", "An operator enabled an account that was disabled or deleted.")
	actPasswordSet     = newAct("password_set", "An operator set the password of an account.")
	actRoleSet         = map[Role]Act{
		RoleUser:  newAct("role_set_to_user", "An operator gave an account the role USER."),
		RoleStaff: newAct("role_set_to_staff", "An operator gave an account the role STAFF."),
		RoleAdmin: newAct("role_set_to_admin", "An operator gave an account the role ADMIN."),
	}
)

// NewAccount is a user whom an operator makes.
type NewAccount struct {
	Email    string
	Username string // empty: none, in any mode
	Name     string
	Password secret.Text // empty: none; its owner can ask for a reset
	Role     Role
	Verified bool // the operator vouches for the address
}

// CreateAccount makes a user, whatever the registration mode. Problems as in Register, with
// EMAIL_TAKEN in every mode. A reserved username is no problem here, and none may be left out.
func (s *Service) CreateAccount(ctx context.Context, in NewAccount) (*User, error) {
	email, problems := checkEmail(in.Email)
	var username Username
	var more Problems
	if in.Username != "" {
		username, more = s.presentedUsername(in.Username)
		problems = append(problems, more...)
	}
	name, more := checkName(in.Name)
	problems = append(problems, more...)
	var password secret.Text
	if in.Password != "" {
		password, more = acceptPassword(s.config.PasswordMinLength, in.Password, "password", email.Address, username.Name, name)
		problems = append(problems, more...)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}

	var hash secret.Text
	if password != "" {
		var err error
		if hash, err = s.hasher.Hash(ctx, password); err != nil {
			return nil, busy(err, "create account: hash password")
		}
	}
	var user *User
	err := s.do(ctx, "create account", func(tx *tx) error {
		user = newUser(email, name, tx.at)
		user.Username, user.Role, user.PasswordHash = username, in.Role, hash
		if in.Verified {
			user.VerifiedAt = tx.at
		}
		if err := createUser(ctx, tx, user); err != nil {
			return err
		}
		return tx.audit(ctx, actAccountCreated, user.ID, uuid.Nil)
	})
	if problems := taken(err); problems != nil {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// errTaken is what an operator is told of an address that cannot be had.
const errTaken = "There is an account with this address, or one that had it until lately and may get it back."

// SetRole gives the user a role. ErrNotFound if there is no such user.
func (s *Service) SetRole(ctx context.Context, address string, role Role) (*User, error) {
	return s.amend(ctx, address, "set role", actRoleSet[role], func(_ *tx, user *User) error {
		user.Role = role
		return nil
	})
}

// SetPassword gives the user a new password, ends all sessions, voids all mailed links and enqueues the
// notice. Problems as for any new password. ErrNotFound if there is no such user.
func (s *Service) SetPassword(ctx context.Context, address string, newPassword secret.Text) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	named, err := s.store.UserByEmail(ctx, email.Canonical)
	if err != nil {
		return nil, fmt.Errorf("set password: find user: %w", err)
	}
	password, problems := acceptPassword(s.config.PasswordMinLength, newPassword, "password", email.Address, named.Name)
	if err := problems.err(); err != nil {
		return nil, err
	}
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return nil, busy(err, "set password: hash password")
	}
	return s.amend(ctx, address, "set password", actPasswordSet, func(tx *tx, user *User) error {
		user.PasswordHash = hash
		if _, err := tx.EndSessions(ctx, user.ID, uuid.Nil); err != nil {
			return err
		}
		return writePassword(ctx, tx, user)
	})
}

// DisableAccount shuts the user out: all sessions end, all mailed links are void, and no login works
// until EnableAccount. ErrNotFound if there is no such user.
func (s *Service) DisableAccount(ctx context.Context, address string) (*User, error) {
	return s.amend(ctx, address, "disable account", actAccountDisabled, func(tx *tx, user *User) error {
		user.DisabledAt = user.UpdatedAt
		return revokeAll(ctx, tx, user.ID)
	})
}

// EnableAccount lets a disabled user in again, also one whose owner has deleted the account, if it
// is not erased yet. ErrNotFound if there is no such user.
func (s *Service) EnableAccount(ctx context.Context, address string) (*User, error) {
	return s.amend(ctx, address, "enable account", actAccountEnabled, func(_ *tx, user *User) error {
		user.DisabledAt, user.DeletedAt = time.Time{}, time.Time{}
		return nil
	})
}

// ConfirmAccount confirms an address on the operator's word, as ConfirmEmail does by its link.
// ErrNotFound if there is neither a user nor a sign-up with it.
func (s *Service) ConfirmAccount(ctx context.Context, address string) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	var user *User
	err := s.doOnceMore(ctx, "confirm account", func(tx *tx) error {
		claim, err := claimants(ctx, tx, email.Canonical)
		switch {
		case err != nil:
			return err
		case claim.user != nil && claim.user.EmailVerified():
			user = claim.user
			return nil
		case claim.user == nil && len(claim.pending) == 0:
			return ErrNotFound
		}
		if user, err = s.confirmClaim(ctx, tx, claim); err != nil {
			return err
		}
		return tx.audit(ctx, actEmailConfirmed, user.ID, uuid.Nil)
	})
	if errors.Is(err, ErrEmailTaken) {
		return nil, Problems{problem(EmailTaken, "email", errTaken)}
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// amend changes a user under lock, and writes the act down.
func (s *Service) amend(ctx context.Context, address, verb string, act Act, change func(tx *tx, user *User) error) (*User, error) {
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return nil, err
	}
	var user *User
	err := s.do(ctx, verb, func(tx *tx) error {
		found, err := tx.UserByEmail(ctx, email.Canonical)
		if err != nil {
			return err
		}
		if user, err = tx.LockUser(ctx, found.ID); err != nil {
			return err
		}
		if user.Email.Canonical != email.Canonical {
			return ErrNotFound // the address was left between the two reads
		}
		user.UpdatedAt = tx.at
		if err := change(tx, user); err != nil {
			return err
		}
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		return tx.audit(ctx, act, user.ID, uuid.Nil)
	})
	if err != nil {
		return nil, err
	}
	return user, nil
}

// accountsPage is how many rows EachAccount reads at once.
const accountsPage = 500

// EachAccount calls fn with every user in order of creation, until fn returns an error.
func (s *Service) EachAccount(ctx context.Context, fn func(*User) error) error {
	return eachPage(ctx, s.store.Users, func(u *User) uuid.UUID { return u.ID }, fn)
}

// EachSignUp calls fn with every sign-up that waits for its confirmation, in order of creation,
// until fn returns an error. Those of an address that has a confirmed user wait for nothing.
func (s *Service) EachSignUp(ctx context.Context, fn func(*SignUp) error) error {
	return eachPage(ctx, s.store.SignUps, func(u *SignUp) uuid.UUID { return u.ID }, func(u *SignUp) error {
		if !s.now().Before(u.ExpiresAt) {
			return nil
		}
		switch user, err := s.store.UserByEmail(ctx, u.Email.Canonical); {
		case errors.Is(err, ErrNotFound):
			return fn(u)
		case err != nil:
			return fmt.Errorf("list accounts: %w", err)
		case user.EmailVerified():
			return nil
		}
		return fn(u)
	})
}

func eachPage[T any](ctx context.Context, read func(context.Context, uuid.UUID, int) ([]T, error), id func(T) uuid.UUID, fn func(T) error) error {
	after := uuid.Nil
	for {
		page, err := read(ctx, after, accountsPage)
		if err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		for _, row := range page {
			if err := fn(row); err != nil {
				return err
			}
			after = id(row)
		}
		if len(page) < accountsPage {
			return nil
		}
	}
}
