package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// identifier is what somebody says of who they are, to log in: an address, or a username. Either takes the
// same work, and an unknown one takes as much as a known one.
type identifier struct {
	email    address.Email
	username Username // zero: it is an address
}

// identify returns the identifier of a login, or what is wrong with it.
func (s *Service) identify(in LoginInput) (identifier, Problems) {
	hasEmail, hasUsername := strings.TrimSpace(in.Email) != "", strings.TrimSpace(in.Username) != ""
	switch {
	case hasEmail && hasUsername && s.config.Usernames != UsernamesOff:
		return identifier{}, Problems{problem(InvalidUsername, "username", "Send either the email address or the username, not both.")}
	case hasUsername:
		username, problems := s.presentedUsername(in.Username)
		return identifier{username: username}, problems
	}
	email, problems := checkEmail(in.Email)
	return identifier{email: email}, problems
}

// held returns the address with the key under which a user has it already: accounts from before a change of the rule
// of keys, see address.Email.FormerKey, have the former one. It looks only if the former key is another one, so what it
// does depends on what was typed alone. Without such a user the address is returned as it is.
func (s *Service) held(ctx context.Context, email address.Email) (address.Email, error) {
	former := email.FormerKey()
	if former == "" {
		return email, nil
	}
	switch _, err := s.store.UserByEmail(ctx, former); {
	case err == nil:
		email.Canonical = former
	case !errors.Is(err, ErrNotFound):
		return address.Email{}, fmt.Errorf("find a user by a former key: %w", err)
	}
	return email, nil
}

// find returns the user with the identifier, or ErrNotFound.
func (h identifier) find(ctx context.Context, store userReader) (*User, error) {
	if h.username != (Username{}) {
		return store.UserByUsername(ctx, h.username.Key)
	}
	return store.UserByEmail(ctx, h.email.Canonical)
}

// findSignUp returns the newest sign-up with the identifier, expired or not, or ErrNotFound.
func (h identifier) findSignUp(ctx context.Context, store signUpReader) (*SignUp, error) {
	if h.username != (Username{}) {
		return store.SignUpByUsername(ctx, h.username.Key)
	}
	return store.NewestSignUp(ctx, h.email.Canonical)
}

// isOf reports whether it is the identifier of the user.
func (h identifier) isOf(user *User) bool {
	if h.username != (Username{}) {
		return user.Username.Key == h.username.Key
	}
	return user.Email.Canonical == h.email.Canonical
}

// job and key are what is owed to whoever has the identifier, if they wait for a confirmation.
func (h identifier) job() Job {
	if h.username != (Username{}) {
		return jobUsernameConfirmation
	}
	return JobConfirmation
}

func (h identifier) key() string {
	if h.username != (Username{}) {
		return h.username.Key
	}
	return h.email.Canonical
}
