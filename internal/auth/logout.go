package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Logout ends the session of the token, be that a JWT which has expired, as they do while a client
// sleeps. There being none, or no token, is no error: the caller wants to be logged out. A token that is for other services only ends nothing, and is refused.
func (s *Service) Logout(ctx context.Context, token secret.Text) error {
	session, user, facts, err := s.sessionOf(ctx, token, s.store)
	if err == nil && facts != nil && facts.OthersOnly {
		return errJWTForOthers
	}
	if isUnauthenticated(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	if err := s.limit(ctx, limitLogout, "", limitedSession(session.ID)); err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	err = s.do(ctx, "log out", func(tx *tx) error {
		tx.actor = session.actor()
		if err := tx.EndSession(ctx, session.ID); err != nil {
			return err
		}
		return tx.audit(ctx, actLoggedOut, user.ID, session.ID)
	})
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}
