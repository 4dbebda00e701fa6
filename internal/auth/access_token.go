package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// AccessTokenKind is what access tokens are.
type AccessTokenKind string

// The kinds of access tokens.
const (
	// AccessTokenOpaque is a random text that lasts as long as its session and means nothing to others.
	AccessTokenOpaque AccessTokenKind = "opaque"
	// AccessTokenJWT is a signed text that others can verify. It lasts for minutes; a refresh token gets
	// the next one.
	AccessTokenJWT AccessTokenKind = "jwt"
)

const (
	// accessTokenMaxLifetime is the longest that a JWT is valid, and so how late other verifiers see
	// that a session has ended.
	accessTokenMaxLifetime = 15 * time.Minute
	// clockLeeway is how far the clocks of two replicas may differ.
	clockLeeway = 10 * time.Second
	// accessTokenClient is the client_id that RFC 9068 asks for: all clients are this server's own.
	accessTokenClient = "latchkey"
)

// accessClaims are the claims of an access token (RFC 9068 section 2.2) that this server reads.
type accessClaims struct {
	Issuer     string   `json:"iss"`
	Subject    string   `json:"sub"`
	Audience   Audience `json:"aud"`
	ExpiresAt  int64    `json:"exp"`
	IssuedAt   int64    `json:"iat"`
	NotBefore  int64    `json:"nbf"` // never written
	SessionID  string   `json:"sid"`
	Generation int      `json:"gen"`         // of the session's tokens: those of an earlier one have ended
	OthersOnly bool     `json:"others_only"` // it is for other services, and opens nothing here
}

// Audience is whom a token is for. In JSON it is a text if it is one, which every verifier reads, and a
// list of several; it is read as either.
type Audience []string

// MarshalJSON implements json.Marshaler.
func (a Audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// UnmarshalJSON implements json.Unmarshaler.
func (a *Audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = Audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// For whom a JWT is.
const (
	forAll    = false // for this server, and for others
	forOthers = true  // for others only
)

// signAccessToken returns a JWT of a session, issued at a time, and when it ends: never after the session has to.
func (s *Service) signAccessToken(key *secret.SigningKey, user *User, session *Session, issuedAt time.Time, othersOnly bool) (secret.Text, time.Time, error) {
	now := issuedAt.Truncate(time.Second)
	ends := now.Add(s.config.AccessTokenLifetime)
	if session.EndsAt.Before(ends) {
		ends = session.EndsAt.Truncate(time.Second)
	}

	claims := s.config.Claims.Of(user)
	for name, value := range map[string]any{
		"iss": s.config.Issuer, "sub": user.ID.String(), "aud": Audience(s.config.JWTAudience),
		"exp": ends.Unix(), "iat": now.Unix(), "jti": uuid.NewString(), "client_id": accessTokenClient,
		"sid": session.ID.String(), "gen": session.Generation, "auth_time": session.AuthenticatedAt.Unix(),
		"acr": session.ACR(), "amr": session.AMR(), "roles": user.Role.included(),
	} {
		claims[name] = value
	}
	if session.Impersonated() {
		claims["act"] = map[string]string{"sub": session.ActorID.String()} // RFC 8693 section 4.1
	}
	if othersOnly {
		claims["others_only"] = true
	}
	token, err := key.Sign(claims)
	return token, ends, err
}

// Why a JWT opens nothing.
var (
	errJWTInvalid   = &Error{Kind: Unauthenticated, Message: "The access token is not valid: this server has not signed it, or not for this use. Log in again."}
	errJWTForOthers = &Error{Kind: Unauthenticated, Message: "This access token is for other services: here, send the cookie that it was got with."}
	errJWTExpired   = &Error{Kind: Unauthenticated, Message: "The access token has expired: get the next one with refreshSession."}
)

// readAccessToken returns the claims of a JWT that this server has signed, as an access token for
// itself, be it expired or not. errJWTInvalid otherwise; any other error means that it could not be
// found out.
func (s *Service) readAccessToken(ctx context.Context, token secret.Text) (*accessClaims, error) {
	ring, err := s.ring(ctx, keysReread)
	if err != nil {
		return nil, err
	}
	payload, err := secret.VerifyJWT(token, ring.Verifying(s.now()))
	if err != nil {
		// Another replica may have made a key in this half minute. Anybody can name keys that there
		// are not, so they are not read for each.
		if ring, err = s.ring(ctx, keyReadEvery); err != nil {
			return nil, err
		}
		payload, err = secret.VerifyJWT(token, ring.Verifying(s.now()))
	}
	if err != nil {
		return nil, errJWTInvalid
	}
	var claims accessClaims
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, errJWTInvalid
	}
	if now := s.now().Add(clockLeeway).Unix(); claims.IssuedAt > now || claims.NotBefore > now {
		return nil, errJWTInvalid
	}
	isForUs := slices.ContainsFunc(s.config.JWTAudience, func(ours string) bool { return slices.Contains(claims.Audience, ours) })
	if claims.Issuer != s.config.Issuer || !isForUs || claims.ExpiresAt == 0 {
		return nil, errJWTInvalid
	}
	return &claims, nil
}

// sessionOfJWT returns the session of a JWT, its user, and what it says of itself, be its time over or not.
func (s *Service) sessionOfJWT(ctx context.Context, token secret.Text, from sessionReader) (*Session, *User, *TokenFacts, error) {
	claims, err := s.readAccessToken(ctx, token)
	if err != nil {
		return nil, nil, nil, err
	}
	id, err := uuid.Parse(claims.SessionID)
	if err != nil {
		return nil, nil, nil, errJWTInvalid
	}
	session, user, err := from.SessionByID(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil, nil, errSessionUnknown
	case err != nil:
		return nil, nil, nil, fmt.Errorf("find session: %w", err)
	case user.ID.String() != claims.Subject:
		return nil, nil, nil, errJWTInvalid
	case session.Generation != claims.Generation:
		return nil, nil, nil, errSessionEnded
	}
	return session, user, &TokenFacts{
		IssuedAt: time.Unix(claims.IssuedAt, 0).UTC(), ExpiresAt: time.Unix(claims.ExpiresAt, 0).UTC(), Audience: claims.Audience,
		OthersOnly: claims.OthersOnly, Fixed: true,
	}, nil
}
