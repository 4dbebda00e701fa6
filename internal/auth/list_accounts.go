package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Account returns the user with an address or an id, for an operator. ErrNotFound if there is none: a sign-up
// that waits for its confirmation is no user.
func (s *Service) Account(ctx context.Context, name string) (*User, error) {
	who, err := s.accountNamed(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
	}
	user, err := who.find(ctx, s.store)
	if err != nil {
		return nil, fmt.Errorf("find account: %w", err)
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
