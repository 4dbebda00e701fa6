package verify

import (
	"context"
	stdjson "encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4/json"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Claims are what a verified access token says. They were true when it was issued.
type Claims struct {
	Subject   string    // sub: the id of the user, a UUID
	SessionID string    // sid: the id of the session
	Actor     string    // act.sub: the id of the administrator who acts as the user; empty: the user does
	TokenID   string    // jti: another one for each token
	ClientID  string    // client_id
	Issuer    string    // iss
	Audience  []string  // aud: whom the token is for, this service among them
	Roles     []string  // roles: a user has each role that their own includes; ask HasRole
	IssuedAt  time.Time // iat
	ExpiresAt time.Time // exp
	AuthTime  time.Time // auth_time: when the user last proved who they are; zero if unknown
	ACR       string    // acr: urn:latchkey:2 if two factors were proved; ask HasSecondFactor
	AMR       []string  // amr: how, such as pwd, otp and mfa (RFC 8176)

	// The address of the user, if LATCHKEY_JWT_CLAIMS on the server has email. Know users by Subject
	// and not by this: an address can change hands, and whose it is may be unconfirmed.
	Email         string // email
	EmailVerified bool   // email_verified

	notBefore time.Time // nbf; zero if there is none
	payload   []byte
}

// wireClaims are claims as they are written in a token.
type wireClaims struct {
	Issuer    string           `json:"iss"`
	Subject   string           `json:"sub"`
	Audience  jwt.Audience     `json:"aud"`
	ExpiresAt *jwt.NumericDate `json:"exp"`
	IssuedAt  *jwt.NumericDate `json:"iat"`
	NotBefore *jwt.NumericDate `json:"nbf"`
	AuthTime  *jwt.NumericDate `json:"auth_time"`
	ACR       string           `json:"acr"`
	AMR       []string         `json:"amr"`
	TokenID   string           `json:"jti"`
	SessionID string           `json:"sid"`
	Actor     struct {
		Subject string `json:"sub"`
	} `json:"act"`
	ClientID      string   `json:"client_id"`
	Roles         []string `json:"roles"`
	Email         string   `json:"email"`
	EmailVerified bool     `json:"email_verified"`
}

// readClaims reads a payload that is verified. A token without sub, exp or iat is none of RFC 9068.
func readClaims(payload []byte) (*Claims, error) {
	var w wireClaims
	if err := json.Unmarshal(payload, &w); err != nil {
		return nil, errClaims
	}
	if w.Subject == "" || w.ExpiresAt == nil || w.IssuedAt == nil {
		return nil, errClaims
	}
	return &Claims{
		Subject: w.Subject, SessionID: w.SessionID, Actor: w.Actor.Subject, TokenID: w.TokenID, ClientID: w.ClientID,
		Issuer: w.Issuer, Audience: w.Audience, Roles: w.Roles,
		IssuedAt: utc(w.IssuedAt), ExpiresAt: utc(w.ExpiresAt), AuthTime: utc(w.AuthTime), notBefore: utc(w.NotBefore),
		ACR: w.ACR, AMR: w.AMR,
		Email: w.Email, EmailVerified: w.EmailVerified,
		payload: payload,
	}, nil
}

// utc is the zero time for a date that is not there.
func utc(d *jwt.NumericDate) time.Time { return d.Time().UTC() }

// HasRole reports whether the user has the role, in capitals as in Latchkey's schema: "STAFF".
func (c *Claims) HasRole(role string) bool { return slices.Contains(c.Roles, role) }

// HasSecondFactor reports whether two factors were proved in the session of the token.
func (c *Claims) HasSecondFactor() bool { return c.ACR == acrTwo }

// acrTwo is the acr of a session in which two factors were proved.
const acrTwo = "urn:latchkey:2"

// Decode unmarshals all claims into a value of yours, by the rules of encoding/json, for what has no
// field here:
//
//	var own struct {
//		Profile struct{ Plan string }
//	}
//	err := claims.Decode(&own)
//
// Claims that were not made by New's Verifier, such as a test's literal, have nothing to decode: that
// is an error.
func (c *Claims) Decode(into any) error {
	if err := stdjson.Unmarshal(c.payload, into); err != nil {
		return fmt.Errorf("verify: decode claims: %w", err)
	}
	return nil
}

type claimsKey struct{}

// NewContext returns a context that carries claims, as the middleware makes it. It is for tests of
// handlers, and for transports other than net/http.
func NewContext(ctx context.Context, claims *Claims) context.Context {
	return context.WithValue(ctx, claimsKey{}, claims)
}

// FromContext returns the claims of the request. Behind Require they are always there; behind
// Optional ok is false, and claims nil, when no token was sent.
func FromContext(ctx context.Context) (claims *Claims, ok bool) {
	claims, _ = ctx.Value(claimsKey{}).(*Claims)
	return claims, claims != nil
}
