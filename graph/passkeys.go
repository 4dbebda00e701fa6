package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// passkeys sign users in, and are added, renamed and removed.
type passkeys interface {
	BeginPasskeyLogin(ctx context.Context) (*auth.Ceremony, error)
	LoginWithPasskey(ctx context.Context, in auth.LoginWithPasskeyInput) (*auth.Grant, error)
	BeginPasskey(ctx context.Context, bearer auth.Bearer, automatic bool) (*auth.Ceremony, error)
	BeginPasskeyReauthentication(ctx context.Context, caller *auth.Caller) (*auth.Ceremony, error)
	AddPasskey(ctx context.Context, bearer auth.Bearer, in auth.AddPasskeyInput) (*auth.PasskeyAddition, error)
	RenamePasskey(ctx context.Context, caller *auth.Caller, id uuid.UUID, name string) (*auth.Passkey, error)
	RemovePasskey(ctx context.Context, caller *auth.Caller, id uuid.UUID) error
	PasskeySignal(ctx context.Context, userID uuid.UUID) (*auth.PasskeySignal, error)
}

func beginPasskeyPayload(begun *auth.Ceremony, err error) (*model.BeginPasskeyPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.BeginPasskeyPayload{Errors: found}
	if begun != nil {
		p.Options, p.State = begun.Options, &begun.State
	}
	return p, nil
}

func addPasskeyPayload(ctx context.Context, added *auth.PasskeyAddition, err error) (*model.AddPasskeyPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.AddPasskeyPayload{Errors: found}
	if added == nil {
		return p, nil
	}
	p.Passkey, p.RecoveryCodes = passkey(added.Passkey), added.RecoveryCodes
	if grant := added.Grant; grant != nil {
		p.User, p.Session, p.Tokens = user(grant.User), session(grant.Session, true), tokens(ctx, grant.Tokens)
	}
	return p, nil
}

func renamePasskeyPayload(renamed *auth.Passkey, err error) (*model.RenamePasskeyPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.RenamePasskeyPayload{Errors: found}
	if renamed != nil {
		p.Passkey = passkey(renamed)
	}
	return p, nil
}

func passkey(p *auth.Passkey) *model.Passkey {
	return &model.Passkey{
		ID: p.ID, Name: p.Name, Provider: stringOrNil(p.Provider()), CreatedAt: p.CreatedAt, LastUsedAt: timeOrNil(p.LastUsedAt),
		BackedUp: p.BackedUp, CanLogIn: p.CanLogIn, ClonedAt: timeOrNil(p.ClonedAt),
	}
}

func passkeysOf(list []*auth.Passkey) []model.Passkey {
	out := make([]model.Passkey, len(list))
	for i, p := range list {
		out[i] = *passkey(p)
	}
	return out
}

func passkeySignal(signal *auth.PasskeySignal, err error) (*model.PasskeySignal, error) {
	if err != nil || signal == nil {
		return nil, err
	}
	return &model.PasskeySignal{
		RpID: signal.RPID, UserID: signal.Handle, AllAcceptedCredentialIds: signal.CredentialIDs,
		Name: signal.Name, DisplayName: signal.DisplayName,
	}, nil
}
