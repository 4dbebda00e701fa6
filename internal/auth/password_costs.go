package auth

import (
	"context"
	"fmt"
)

// passwordCostReader finds out what the hashes of passwords cost that are stored.
type passwordCostReader interface {
	// PasswordCosts returns the beginnings of all hashes of users and sign-ups up to the salt, each once.
	// It reads all of them.
	PasswordCosts(ctx context.Context) ([]string, error)
}

// LearnPasswordCosts looks at all hashes that are stored, and has every login with a wrong password take as
// much work as one with the dearest of them, so that accounts whose hashes are from before the costs were
// lowered are not told from others. It returns how many costs are above what it makes up for, or are of an
// unknown kind: those are told. A server calls it when it starts.
func (s *Service) LearnPasswordCosts(ctx context.Context) (told int, err error) {
	beginnings, err := s.store.PasswordCosts(ctx)
	if err != nil {
		return 0, fmt.Errorf("learn what password hashes cost: %w", err)
	}
	tooDear, unreadable := s.hasher.Level(beginnings)
	return tooDear + unreadable, nil
}
