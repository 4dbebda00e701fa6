package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

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
	ActorID       uuid.UUID // the administrator who acts as the user; uuid.Nil: the user does
	IssuedAt      time.Time // of an opaque token, when the session began
	AuthTime      time.Time // when a credential was last proved in it
	ACR           string    // how many factors were proved in it, see Session.ACR
	AMR           []string  // how, see Session.AMR
	ExpiresAt     time.Time // of an opaque token, unless it is used again, which this was
	Issuer        string    // empty: Config has none
	Audience      Audience
	ClientID      string
}

// Introspect tells what an access token stands for at this moment, whether a client sends it in a
// header or in a cookie. It counts as a use of the session. Only what Authenticate accepts is active, unless its
// user needs a second factor by now that was not proved in the session; an error means that it could not be found out, never that a token is not.
func (s *Service) Introspect(ctx context.Context, token secret.Text) (*TokenInfo, error) {
	caller, err := s.authenticate(ctx, token, s.store)
	if isUnauthenticated(err) {
		return &TokenInfo{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("introspect: %w", err)
	}
	if s.lacksFactor(caller.User, caller.Session) {
		return &TokenInfo{}, nil // it opens nothing until the second factor is proved
	}

	user, session := caller.User, caller.Session
	info := &TokenInfo{
		Active:        true,
		Subject:       user.ID,
		Username:      user.Username.Name,
		Email:         user.Email.Address,
		EmailVerified: user.EmailVerified(),
		Roles:         user.Role.included(),
		SessionID:     session.ID,
		ActorID:       session.ActorID,
		IssuedAt:      caller.Token.IssuedAt,
		AuthTime:      session.AuthenticatedAt,
		ACR:           session.ACR(),
		AMR:           session.AMR(),
		ExpiresAt:     caller.Token.ExpiresAt,
		Issuer:        s.config.Issuer,
		Audience:      caller.Token.Audience,
		ClientID:      accessTokenClient,
	}
	if info.Username == "" {
		info.Username = info.Email
	}
	return info, nil
}

// RevokeToken ends the session of an access token, be it a JWT that has expired, or of a refresh token,
// for a backend (RFC 7009). A token that opens nothing is no error: what was wanted is so.
func (s *Service) RevokeToken(ctx context.Context, client *APIClient, token secret.Text) error {
	session, user, err := s.sessionOfAny(ctx, token)
	if isUnauthenticated(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	err = s.do(ctx, "revoke token", func(tx *tx) error {
		if err := tx.EndSession(ctx, session.ID); err != nil {
			return err
		}
		return tx.auditAPIClient(ctx, actTokenRevoked, client, user.ID, session.ID)
	})
	if err != nil && !errors.Is(err, ErrNotFound) { // else it ended at this moment
		return err
	}
	return nil
}

// sessionOfAny returns the session of an access token or of a refresh token, whatever became of that.
func (s *Service) sessionOfAny(ctx context.Context, token secret.Text) (*Session, *User, error) {
	family, err := secret.RefreshFamily(token)
	if err != nil {
		session, user, _, err := s.sessionOf(ctx, token, s.store)
		return session, user, err
	}
	_, session, user, err := s.store.RefreshChain(ctx, family)
	if errors.Is(err, ErrNotFound) {
		return nil, nil, errSessionEnded
	}
	return session, user, err
}

// isUnauthenticated reports whether err says that a credential opens nothing, rather than that this
// could not be found out.
func isUnauthenticated(err error) bool {
	var fault *Error
	return errors.As(err, &fault) && fault.Kind == Unauthenticated
}
