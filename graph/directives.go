package graph

import (
	"context"
	"errors"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph/generated"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

func directives(service Service) generated.DirectiveRoot {
	return generated.DirectiveRoot{
		Public: func(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
			return noted(ctx, next)
		},
		Auth: func(ctx context.Context, _ any, next graphql.Resolver, role auth.Role, verified, fresh bool) (any, error) {
			caller, err := authenticate(ctx, service, auth.Requirement{Role: role, Verified: verified, Fresh: fresh})
			if err != nil {
				return nil, err
			}
			return noted(context.WithValue(ctx, callerKey{}, caller), next)
		},
	}
}

// authenticate finds out who is asking and whether they may, anew for each field: an earlier field of the same
// mutation may have ended the session.
func authenticate(ctx context.Context, service Service, need auth.Requirement) (*auth.Caller, error) {
	x := exchangeFrom(ctx)
	if x.fault != nil {
		x.challenge.Store(x.fault)
		return nil, x.fault
	}
	caller, err := x.authenticate(ctx, service, need)
	var refusal *auth.Error
	if errors.As(err, &refusal) && refusal.Kind == auth.Unauthenticated {
		x.challenge.Store(refusal)
	}
	return caller, err
}

// errBasicWrites keeps Basic to what changes nothing: a page of another site cannot make a browser send
// a bearer token, but it can make it send a name and a password that were once typed.
var errBasicWrites = &auth.Error{Kind: auth.Forbidden, Message: "Basic authentication is for queries only: log in, and send the token, to change anything."}

func (x *exchange) authenticate(ctx context.Context, service Service, need auth.Requirement) (caller *auth.Caller, err error) {
	reads := graphql.GetOperationContext(ctx).Operation.Operation == ast.Query
	switch {
	case x.basic == nil && reads:
		return service.Recognize(ctx, x.token, need)
	case x.basic == nil:
		caller, err = service.Authenticate(ctx, x.token)
	case !reads:
		return nil, errBasicWrites
	default:
		x.basic.once.Do(func() {
			x.basic.caller, x.basic.err = service.AuthenticateBasic(ctx, x.basic.Input)
		})
		caller, err = x.basic.caller, x.basic.err
	}
	if err != nil {
		return nil, err
	}
	return caller, service.Authorize(caller, need)
}

// closedFields returns the root fields of a schema that nobody may run, as "Query.name": those that
// do not have exactly one of @public and @auth. A field that its author forgot to open stays shut.
func closedFields(schema *ast.Schema) map[string]bool {
	closed := map[string]bool{}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			if len(field.Directives.ForNames("public"))+len(field.Directives.ForNames("auth")) != 1 {
				closed[root.Name+"."+field.Name] = true
			}
		}
	}
	return closed
}

var errFieldClosed = &auth.Error{Kind: auth.Forbidden, Message: "This field is not open to anybody: its schema does not say who may use it."}

// refuseClosed keeps the fields of closed from running.
func refuseClosed(closed map[string]bool) graphql.RootFieldMiddleware {
	return func(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
		field := graphql.GetRootFieldContext(ctx).Field
		if closed[field.ObjectDefinition.Name+"."+field.Name] {
			graphql.AddError(ctx, presentKnown(errFieldClosed, ast.Path{ast.PathName(field.Alias)}))
			return graphql.Null
		}
		return next(ctx)
	}
}
