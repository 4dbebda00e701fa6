package graph

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// problems splits an error of the domain: what the user can mend becomes data, everything else
// stays an error. The list is never nil, because the schema's is not.
func problems(err error) ([]auth.Problem, error) {
	var found auth.Problems
	if errors.As(err, &found) {
		return found, nil
	}
	return []auth.Problem{}, err
}

// payload is the answer of a mutation with one result.
func payload[T any](result T, err error) (*model.Payload[T], error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	return &model.Payload[T]{Result: result, Errors: found}, nil
}

func emptyPayload(err error) (*model.EmptyPayload, error) {
	return payload(struct{}{}, err)
}

func userPayload(u *auth.User, err error) (*model.UserPayload, error) {
	return payload(user(u), err)
}

func requestPayload(id uuid.UUID, err error) (*model.RequestPayload, error) {
	return payload(idOrNil(id), err)
}

// currentSessionPayload is the answer of what changes the session of the caller.
func currentSessionPayload(s *auth.Session, err error) (*model.SessionPayload, error) {
	return payload(session(s, true), err)
}

func checkPayload(err error) (*model.CheckPayload, error) {
	found, err := problems(err)
	return &model.CheckPayload{Result: len(found) == 0, Errors: found}, err
}

// endsCookie clears the cookie after a mutation that ended the session of the caller.
func endsCookie[T any](ctx context.Context, p *model.Payload[T], err error) (*model.Payload[T], error) {
	if err == nil && len(p.Errors) == 0 {
		clearCookie(ctx)
	}
	return p, err
}

func revokeSessionPayload(ctx context.Context, revoked *auth.Session, err error) (*model.SessionPayload, error) {
	isCurrent := revoked != nil && revoked.ID == caller(ctx).Session.ID
	p, err := payload(session(revoked, isCurrent), err)
	if !isCurrent {
		return p, err
	}
	return endsCookie(ctx, p, err)
}

func authPayload(ctx context.Context, grant *auth.Grant, err error) (*model.AuthPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.AuthPayload{Errors: found}
	switch {
	case grant == nil:
	case grant.Challenge != nil:
		p.Challenge = challenge(grant.Challenge)
	default:
		p.User, p.Session, p.Tokens = user(grant.User), session(grant.Session, true), tokens(ctx, grant.Tokens)
	}
	return p, nil
}

func registerPayload(ctx context.Context, registration *auth.Registration, err error) (*model.RegisterPayload, error) {
	var grant *auth.Grant
	if registration != nil {
		grant = registration.Grant
	}
	granted, err := authPayload(ctx, grant, err)
	if err != nil {
		return nil, err
	}
	return &model.RegisterPayload{
		ConfirmationRequired: registration != nil && registration.ConfirmationRequired(),
		Tokens:               granted.Tokens,
		User:                 granted.User,
		Session:              granted.Session,
		Challenge:            granted.Challenge,
		Errors:               granted.Errors,
	}, nil
}

func changePasswordPayload(ctx context.Context, change *auth.PasswordChange, err error) (*model.ChangePasswordPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.ChangePasswordPayload{Errors: found}
	if change != nil {
		p.User, p.Tokens, p.EndedCount = user(change.User), tokens(ctx, change.Tokens), change.EndedCount
	}
	return p, nil
}
