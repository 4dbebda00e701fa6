package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph/generated"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

func directives(service authenticator) generated.DirectiveRoot {
	return generated.DirectiveRoot{
		Public: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
			return recordProblems(ctx, next)
		},
		Auth: func(ctx context.Context, _ any, next graphql.Resolver, role auth.Role, verified, fresh, pending, impersonated bool) (any, error) {
			bearer, err := authorize(ctx, service, auth.Requirement{
				Role: role, Verified: verified, Fresh: fresh, Pending: pending, Impersonated: impersonated,
			})
			if err != nil {
				return nil, err
			}
			return recordProblems(context.WithValue(ctx, bearerKey{}, bearer), next)
		},
	}
}

// authorize finds the caller of a field and checks what the field needs, anew for each field: an earlier one
// of the same mutation may have ended the session. If the field is open to logins that wait for their second step,
// it may find one of those instead.
func authorize(ctx context.Context, service authenticator, need auth.Requirement) (auth.Bearer, error) {
	state := requestStateFrom(ctx)
	if state.fault != nil {
		state.challenge.Store(state.fault)
		return auth.Bearer{}, state.fault
	}
	var (
		bearer auth.Bearer
		err    error
	)
	if need.Pending && auth.IsChallenge(state.token) {
		bearer.Pending, err = service.AuthenticateChallenge(ctx, state.token)
	} else {
		bearer.Caller, err = state.authenticate(ctx, service, need)
	}
	var refusal *auth.Error
	if errors.As(err, &refusal) && refusal.Kind == auth.Unauthenticated {
		state.challenge.Store(refusal)
	}
	return bearer, err
}

// errBasicWrites keeps Basic to what changes nothing: a page of another site cannot make a browser send
// a bearer token, but it can make it send a name and a password that were once typed.
var errBasicWrites = &auth.Error{Kind: auth.Forbidden, Message: "Basic authentication is for queries only: log in, and send the token, to change anything."}

func (state *requestState) authenticate(ctx context.Context, service authenticator, need auth.Requirement) (caller *auth.Caller, err error) {
	operation := graphql.GetOperationContext(ctx).Operation.Operation
	reads := operation == ast.Query
	switch {
	case state.basic == nil && operation == ast.Subscription:
		return service.AuthorizeWatch(ctx, state.token, need)
	case state.basic == nil && reads:
		return service.AuthorizeRead(ctx, state.token, need)
	case state.basic == nil:
		caller, err = service.Authenticate(ctx, state.token)
	case !reads:
		return nil, errBasicWrites
	default:
		state.basic.once.Do(func() {
			state.basic.caller, state.basic.err = service.AuthenticateBasic(ctx, state.basic.Input)
		})
		caller, err = state.basic.caller, state.basic.err
	}
	if err != nil {
		return nil, err
	}
	return caller, service.Authorize(caller, need)
}
