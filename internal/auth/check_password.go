package auth

import (
	"context"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// LimitPasswordChecked is more often than a person types. Each replica counts it by itself.
var LimitPasswordChecked = newLimit("check_password", "Questions whether a password would be accepted.", perAddress(60, time.Minute))

// CheckPasswordInput is a password that a user considers, and what it must not resemble.
type CheckPasswordInput struct {
	Password secret.Text
	Email    string // as far as it is written; empty: none
	Username string // empty: none
}

// CheckPassword returns the Problems that the password would have in Register, and nil if it would be
// accepted there. It hashes nothing, looks nothing up and remembers nothing, so it is cheap enough
// to be asked at every key that is typed. An Error of kind RateLimited if it is asked more often
// than a person types; each replica counts that by itself.
func (s *Service) CheckPassword(ctx context.Context, in CheckPasswordInput) error {
	if err := s.limitHere(ctx, LimitPasswordChecked); err != nil {
		return err
	}
	_, problems := acceptPassword(s.config.PasswordMinLength, in.Password, "password", strings.TrimSpace(in.Email), plainUsername(in.Username))
	return problems.err()
}
