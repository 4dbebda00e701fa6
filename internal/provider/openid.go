package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	// clockSkew is how far the clock of a provider may be behind.
	clockSkew = time.Minute
	// idTokenMaxLength is in bytes.
	idTokenMaxLength = 16 << 10
)

// algorithms are those by which an id token may be signed, whatever a provider announces: none and those with a shared
// secret are not among them (RFC 8725 section 3.1).
var algorithms = []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.EdDSA}

// openID is a provider that speaks OpenID Connect.
type openID struct {
	*provider
	patience time.Duration // how long somebody waits for a description

	mu       sync.Mutex // never held while the provider is asked
	found    *discovered
	failure  error
	failedAt time.Time
	asking   chan struct{} // closed when the provider has answered; nil: it is not being asked
}

func newOpenID(p *provider) *openID { return &openID{provider: p, patience: discoveryWait} }

func (o *openID) config(found *discovered) (*oauth2.Config, error) {
	secret, err := o.clientSecret()
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: secret.Reveal(), Endpoint: found.Endpoint,
		RedirectURL: o.set.callback(o.ID), Scopes: o.scopes(),
	}, nil
}

func (o *openID) authorizationURL(ctx context.Context, flow Flow) (string, error) {
	found, err := o.discover(ctx)
	if err != nil {
		return "", err
	}
	config, err := o.config(found)
	if err != nil {
		return "", err
	}
	options := append(o.authorizationOptions(flow), oidc.Nonce(flow.Nonce.Reveal()))
	return config.AuthCodeURL(flow.State.Reveal(), options...), nil
}

func (o *openID) identify(ctx context.Context, answer Answer, flow Flow) (*Identity, error) {
	found, err := o.discover(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.checkAnswer(found, answer); err != nil {
		return nil, err
	}
	config, err := o.config(found)
	if err != nil {
		return nil, err
	}
	tokens, err := o.exchange(ctx, config, answer, flow)
	if err != nil {
		return nil, err
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, c, err := o.verify(ctx, found, secret.Text(raw), flow.Nonce, []string{o.ClientID})
	switch {
	case err != nil:
		return nil, err
	case answer.Issuer != "" && answer.Issuer != found.issuer && answer.Issuer != token.Issuer:
		return nil, errors.New("the answer is of another issuer than the id token")
	}
	if c.text("email") == "" && found.userinfo != "" {
		if token.AccessTokenHash != "" {
			if err := token.VerifyAccessToken(tokens.AccessToken); err != nil {
				return nil, errors.New("the access token is not that of the id token")
			}
		}
		if c, err = o.withUserInfo(ctx, found, tokens, c); err != nil {
			return nil, err
		}
	}
	identity := o.identity(c)
	if o.preset.formPost {
		identity.Name = appleName(answer.Person)
	}
	return identity, nil
}

// checkAnswer says whether an answer is of the provider that was asked. Whose code it brings must be certain before that is
// sent anywhere (RFC 9207 section 2.4). Of which tenant of Microsoft it is, the id token has to say as well.
func (o *openID) checkAnswer(found *discovered, answer Answer) error {
	switch {
	case answer.Issuer == "" && found.sendsIssuer:
		return errors.New("the answer does not say of which issuer it is")
	case answer.Issuer == "" || answer.Issuer == found.issuer:
		return nil
	case o.Preset == presetMicrosoft && strings.Contains(found.issuer, tenantMark) && o.isIssuerOfTenant(answer.Issuer):
		return nil
	}
	return errors.New("the answer is of another issuer")
}

// withUserInfo adds to the claims of an id token those that userinfo has besides, if they are of the same person
// (OpenID Connect Core section 5.3.2).
func (o *openID) withUserInfo(ctx context.Context, found *discovered, tokens *oauth2.Token, c claims) (claims, error) {
	text, err := o.asker(tokens)(ctx, found.userinfo)
	if err != nil {
		return nil, o.failed("ask for the person", err)
	}
	more, err := readClaims(text)
	if err != nil {
		return nil, o.failed("ask for the person", err)
	}
	if more.text("sub") != c.text("sub") {
		return nil, errors.New("userinfo is of another person than the id token")
	}
	delete(c, "email_verified") // it would be of another address
	for name, value := range more {
		if _, ok := c[name]; !ok {
			c[name] = value
		}
	}
	return c, nil
}

// NativeTokenLifetime is how long an id token that an app presents may be good for at most.
const NativeTokenLifetime = 24 * time.Hour

// verifyNative is VerifyIDToken.
func (o *openID) verifyNative(ctx context.Context, token, nonce secret.Text) (*Identity, error) {
	found, err := o.discover(ctx)
	if err != nil {
		return nil, err
	}
	verified, c, err := o.verify(ctx, found, token, nonce, append([]string{o.ClientID}, o.NativeClientIDs...))
	if err != nil {
		return nil, err
	}
	if verified.Expiry.After(o.set.now().Add(NativeTokenLifetime)) {
		return nil, errors.New("the id token is good for longer than a day, which is longer than it is remembered that it was used")
	}
	return o.identity(c), nil
}

// verify returns the claims of an id token, if everything is right with it (OpenID Connect Core section 3.1.3.7). It
// has to be for one of the clients, and hold the nonce.
func (o *openID) verify(ctx context.Context, found *discovered, raw, nonce secret.Text, clients []string) (*oidc.IDToken, claims, error) {
	if raw == "" || len(raw) > idTokenMaxLength {
		return nil, nil, errors.New("there is no usable id token")
	}
	verifier := oidc.NewVerifier(found.issuer, found.keys, &oidc.Config{
		SkipIssuerCheck: true, SkipClientIDCheck: true, // both below, where they are exact
		SupportedSigningAlgs: algorithms,
		Now:                  func() time.Time { return o.set.now().Add(-clockSkew) },
	})
	token, err := verifier.Verify(ctx, raw.Reveal())
	if expired, ok := errors.AsType[*oidc.TokenExpiredError](err); ok {
		return nil, nil, fmt.Errorf("the id token expired at %s: is the clock of this machine right?", expired.Expiry.UTC().Format(time.RFC3339))
	}
	if err != nil {
		return nil, nil, errors.New("the id token is not signed by a key of the provider in a way that is allowed, or cannot be read")
	}
	var text json.RawMessage
	if err := token.Claims(&text); err != nil {
		return nil, nil, errors.New("the id token cannot be read")
	}
	c, err := readClaims(text)
	if err != nil {
		return nil, nil, errors.New("the id token cannot be read")
	}
	if err := checkNames(c); err != nil {
		return nil, nil, err
	}
	if err := o.checkIssuer(token, c); err != nil {
		return nil, nil, err
	}
	return token, c, checkFor(token, c, nonce, clients, o.set.now())
}

// registered are the names of the claims that decide who signed in, where, and for whom.
var registered = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "nonce", "azp", "tid", "at_hash", "email", "email_verified", "auth_time", "amr"}

// checkNames refuses an id token that has a claim twice, in capitals and without. The library, as encoding/json does,
// takes both for one, so it would compare another issuer than the one that is remembered.
func checkNames(c claims) error {
	for name := range c {
		for _, known := range registered {
			if name != known && strings.EqualFold(name, known) {
				return errors.New("the id token has a claim whose name differs from a registered one in capitals only")
			}
		}
	}
	return nil
}

// checkIssuer compares the issuer of an id token to the letter. Google has another form of its own in old tokens, and
// that of Microsoft has the tenant in it.
func (o *openID) checkIssuer(token *oidc.IDToken, c claims) error {
	if token.Issuer != c.text("iss") || token.Subject != c.text("sub") {
		return errors.New("the id token can be read in two ways")
	}
	expected := o.issuer()
	switch o.Preset {
	case presetMicrosoft:
		tenant := c.text("tid")
		if !isTenantID(tenant) || !o.admitsTenant(tenant) {
			return errors.New("the id token is of a tenant that is not allowed")
		}
		expected = o.issuerOf(tenant)
	case presetGoogle:
		if token.Issuer == strings.TrimPrefix(expected, "https://") {
			token.Issuer, c["iss"] = expected, expected
		}
	}
	if token.Issuer != expected {
		return errors.New("the id token is of another issuer")
	}
	return nil
}

// checkFor says whether an id token is for one of the clients, and for this login.
func checkFor(token *oidc.IDToken, c claims, nonce secret.Text, clients []string, now time.Time) error {
	party := c.text("azp")
	isOurs := func(client string) bool { return slices.Contains(clients, client) }
	switch {
	case !slices.ContainsFunc(token.Audience, isOurs):
		return errors.New("the id token is for another client")
	case c.at("azp") != nil && !isOurs(party):
		return errors.New("the id token was issued to another client (azp)")
	case len(token.Audience) > 1 && !isOurs(party):
		return errors.New("the id token is for several clients, and does not say that it was issued to this one (azp)")
	case nonce == "" || !nonce.Equal(secret.Text(token.Nonce)):
		return errors.New("the id token is not of this login (nonce)")
	case token.Expiry.IsZero() || token.IssuedAt.After(now.Add(5*time.Minute)):
		return errors.New("the id token is from the future, or never expires")
	}
	return nil
}

// identity is what the claims of an id token say.
func (o *openID) identity(c claims) *Identity {
	identity := &Identity{
		Issuer: c.text("iss"), Subject: c.text("sub"), Email: c.text("email"), Name: c.text("name"),
		Username: c.text("preferred_username"), AuthenticatedAt: c.time("auth_time"),
		SecondFactor: o.TrustSecondFactor && slices.Contains(c.texts("amr"), "mfa"),
		Profile:      o.profile(c),
	}
	identity.Authoritative = identity.Email != "" && o.preset.authority(o.provider, identity.Email, c)
	return identity
}
