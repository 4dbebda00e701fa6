package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// providers sign users in by the services of others, and connect accounts there.
type providers interface {
	BeginProviderLogin(ctx context.Context, in auth.BeginProviderLoginInput) (string, error)
	LoginWithProvider(ctx context.Context, in auth.LoginWithProviderInput) (*auth.ProviderGrant, error)
	LoginWithIDToken(ctx context.Context, in auth.LoginWithIDTokenInput) (*auth.ProviderGrant, error)
	RequestProviderCode(ctx context.Context, in auth.RequestProviderCodeInput) (uuid.UUID, error)
	RegisterWithProvider(ctx context.Context, in auth.RegisterWithProviderInput) (*auth.ProviderGrant, error)
	ConnectIdentity(ctx context.Context, caller *auth.Caller, in auth.ConnectIdentityInput) (*auth.Identity, error)
	DisconnectIdentity(ctx context.Context, caller *auth.Caller, id uuid.UUID) error
	Identities(ctx context.Context, userID uuid.UUID) ([]*auth.Identity, error)
}

func beginProviderLoginPayload(address string, err error) (*model.BeginProviderLoginPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	return &model.BeginProviderLoginPayload{AuthorizationURL: secretOrNil(secret.Text(address)), Errors: found}, nil
}

func providerAuthPayload(ctx context.Context, granted *auth.ProviderGrant, err error) (*model.ProviderAuthPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.ProviderAuthPayload{Errors: found}
	switch {
	case granted == nil:
	case granted.Awaited != nil:
		awaited := granted.Awaited
		p.PendingIdentity = &model.PendingIdentity{
			Token: awaited.Token, Provider: awaited.Provider, Email: stringOrNil(awaited.Email), Reason: awaited.Reason, ExpiresAt: awaited.ExpiresAt,
		}
	case granted.Grant.Challenge != nil:
		p.Challenge = challenge(granted.Grant.Challenge)
	default:
		grant := granted.Grant
		p.User, p.Session, p.Tokens = user(grant.User), session(grant.Session, true), tokens(ctx, grant.Tokens)
	}
	return p, nil
}

func connectIdentityPayload(connected *auth.Identity, err error) (*model.ConnectIdentityPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.ConnectIdentityPayload{Errors: found}
	if connected != nil {
		p.Identity = identity(connected)
	}
	return p, nil
}

func identity(i *auth.Identity) *model.Identity {
	return &model.Identity{
		ID: i.ID, Provider: i.Provider, Name: stringOrNil(i.Name), Email: stringOrNil(i.Email),
		CreatedAt: i.CreatedAt, LastUsedAt: timeOrNil(i.LastUsedAt),
	}
}

func identities(list []*auth.Identity, err error) ([]model.Identity, error) {
	if err != nil {
		return nil, err
	}
	all := make([]model.Identity, len(list))
	for i, one := range list {
		all[i] = *identity(one)
	}
	return all, nil
}
