package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// tokenClientID is to whom all access tokens are given: frontends are not told apart.
const tokenClientID = "latchkey"

// TokenInfo is what a backend is told of an access token (RFC 7662 section 2.2). Of one that opens
// nothing it is told that only.
type TokenInfo struct {
	Active        bool
	Subject       uuid.UUID // the user
	Username      string    // or, for a user without one, the address
	Email         string
	EmailVerified bool
	Roles         []Role // that of the user and those it includes, in rising order
	SessionID     uuid.UUID
	IssuedAt      time.Time // when the session began
	AuthTime      time.Time // when a credential was last proved in it
	ExpiresAt     time.Time // unless it is used again, which this was
	Issuer        string    // empty: Config has none
	Audience      string
	ClientID      string
}

// Introspect tells what an access token stands for at this moment, whether a client sends it in a
// header or in a cookie. It counts as a use of the session. Only what Authenticate accepts is active;
// an error means that it could not be found out, never that a token is not.
func (s *Service) Introspect(ctx context.Context, token secret.Text) (*TokenInfo, error) {
	caller, err := s.Authenticate(ctx, token)
	if isUnauthenticated(err) {
		return &TokenInfo{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("introspect: %w", err)
	}

	user, session := caller.User, caller.Session
	info := &TokenInfo{
		Active:        true,
		Subject:       user.ID,
		Username:      user.Username.Name,
		Email:         user.Email.Address,
		EmailVerified: user.EmailVerified(),
		Roles:         includedRoles(user.Role),
		SessionID:     session.ID,
		IssuedAt:      session.CreatedAt,
		AuthTime:      session.AuthenticatedAt,
		ExpiresAt:     session.ExpiresAt(),
		Issuer:        s.config.Issuer,
		Audience:      s.config.Issuer,
		ClientID:      tokenClientID,
	}
	if info.Username == "" {
		info.Username = info.Email
	}
	return info, nil
}

// RevokeToken ends the session of an access token, as Logout does, for a backend (RFC 7009). A token
// that opens nothing is no error: what was wanted is so.
func (s *Service) RevokeToken(ctx context.Context, client *APIClient, token secret.Text) error {
	caller, err := s.Authenticate(ctx, token)
	if isUnauthenticated(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	err = s.store.InTx(ctx, func(tx Store) error {
		if err := tx.EndSession(ctx, caller.Session.ID); err != nil {
			return err
		}
		return s.auditAPIClient(ctx, tx, actTokenRevoked, client, caller.User.ID, caller.Session.ID)
	})
	if err != nil && !errors.Is(err, ErrNotFound) { // else it ended at this moment
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

// isUnauthenticated reports whether err says that a credential opens nothing, rather than that this
// could not be found out.
func isUnauthenticated(err error) bool {
	var fault *Error
	return errors.As(err, &fault) && fault.Kind == Unauthenticated
}

// includedRoles returns the role and those that it includes, in rising order.
func includedRoles(role Role) []Role {
	var roles []Role
	for _, other := range []Role{RoleUser, RoleStaff, RoleAdmin} {
		if role.Includes(other) {
			roles = append(roles, other)
		}
	}
	return roles
}
