package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var actAccountCreated = newAct("account_created", "An operator or administrator created an account.")

// NewAccount is a user whom an operator or administrator makes.
type NewAccount struct {
	Email    string
	Username string // empty: none, in any mode
	Name     string
	Password secret.Text // empty: none; its owner can ask for a reset
	Role     Role
	Verified bool // the operator vouches for the address
	Profile  map[string]any
	// Welcome says that the address gets a link to choose a password, which confirms the address.
	Welcome bool
}

// CreateAccount makes a user, whatever the registration mode. Problems as in Register, with
// EMAIL_TAKEN in every mode. A reserved username is no problem here, and none may be left out. Errors for an
// administrator as of SetRole.
func (s *Service) CreateAccount(ctx context.Context, actor Actor, in NewAccount) (*User, error) {
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
	filled, more, err := s.operatorsProfile(in.Profile)
	if err != nil {
		return nil, fmt.Errorf("create account: %w", err)
	}
	problems = append(problems, more...)
	if err := problems.err(); err != nil {
		return nil, err
	}

	email, err = s.held(ctx, email)
	if err == nil {
		err = s.beginActing(ctx, actor)
	}
	if err != nil {
		return nil, fmt.Errorf("create account: %w", err)
	}
	var hash secret.Text
	if password != "" {
		if hash, err = s.hasher.Hash(ctx, password); err != nil {
			return nil, busy(err, "create account: hash password")
		}
	}
	var user *User
	err = s.do(ctx, "create account", by(actor, func(tx *tx) error {
		user = newUser(email, name, tx.at)
		if err := mayCreate(ctx, tx, in.Role); err != nil {
			return err
		}
		user.Username, user.Role, user.PasswordHash, user.Profile = username, in.Role, hash, filled
		if in.Verified {
			user.VerifiedAt = tx.at
		}
		if err := createUser(ctx, tx, user); err != nil {
			return err
		}
		if in.Welcome {
			if err := welcome(ctx, tx, user); err != nil {
				return err
			}
		}
		return tx.audit(ctx, actAccountCreated, user.ID, uuid.Nil)
	}))
	if problems := taken(err); problems != nil {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	return user, nil
}

// welcome has the owner of an account that somebody else made sent what they need to get in.
func welcome(ctx context.Context, tx *tx, user *User) error {
	return tx.enqueue(ctx, linkToPassword(user))
}

// mayCreate returns an error for a caller who may not make an account with a role, or may no more.
func mayCreate(ctx context.Context, tx *tx, role Role) error {
	acting := tx.actor.caller
	if acting == nil {
		return nil
	}
	by, err := lockCaller(ctx, tx, acting)
	switch {
	case err != nil:
		return err
	case by.Role != acting.User.Role:
		return errRoleLost
	case !by.Role.mayActOn(role):
		return errRank
	}
	return nil
}

// operatorsProfile returns the profile of a new account, with what is given, or what is wrong with that.
func (s *Service) operatorsProfile(given map[string]any) (profile.Profile, Problems, error) {
	if given == nil {
		return profile.Empty, nil, nil
	}
	if problems := profileProblems(profile.CheckPatch(given)); problems != nil {
		return profile.Empty, problems, nil
	}
	filled, faults, err := s.config.Profile.ChangeAsOperator(profile.Empty, given)
	problems := profileProblems(faults)
	if err == nil && problems == nil {
		problems = s.config.Claims.checkChange(profile.Empty, filled)
	}
	return filled, problems, err
}

// errTaken is what an operator is told of an address that cannot be had.
const errTaken = "There is an account with this address, or one that had it until lately and may get it back."
