package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

var actAccountCreated = newAct("account_created", "An operator created an account.")

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
	if err := problems.err(); err != nil {
		return nil, err
	}

	email, err := s.held(ctx, email)
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
		user.Username, user.Role, user.PasswordHash = username, in.Role, hash
		if in.Verified {
			user.VerifiedAt = tx.at
		}
		if err := createUser(ctx, tx, user); err != nil {
			return err
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

// errTaken is what an operator is told of an address that cannot be had.
const errTaken = "There is an account with this address, or one that had it until lately and may get it back."
