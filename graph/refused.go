package graph

import (
	"context"
	"maps"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// refusedFields are root fields that do not run, as "Query.name", and what they answer, whoever asks.
type refusedFields map[string]*auth.Error

// What they answer.
var (
	errFieldClosed    = &auth.Error{Kind: auth.Forbidden, Message: "This field is not open to anybody: its schema does not say who may use it."}
	errAdminElsewhere = &auth.Error{Kind: auth.Forbidden, Message: "Administration is not available at this address. The operator has given it one of its own."}
)

// closedFields returns the root fields of a schema that no one may run: those that do not have exactly one of
// @public and @auth. A field that its author forgot to open stays shut.
func closedFields(schema *ast.Schema) refusedFields {
	return fieldsThat(schema, errFieldClosed, func(field *ast.FieldDefinition) bool {
		return len(field.Directives.ForNames("public"))+len(field.Directives.ForNames("auth")) != 1
	})
}

// roleFields returns the root fields of a schema that need a role above USER.
func roleFields(schema *ast.Schema) refusedFields {
	return fieldsThat(schema, errAdminElsewhere, func(field *ast.FieldDefinition) bool {
		guard := field.Directives.ForName("auth")
		if guard == nil {
			return false
		}
		role := guard.Arguments.ForName("role")
		return role != nil && role.Value.Raw != string(auth.RoleUser)
	})
}

func fieldsThat(schema *ast.Schema, reason *auth.Error, refused func(*ast.FieldDefinition) bool) refusedFields {
	found := refusedFields{}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root == nil {
			continue
		}
		for _, field := range root.Fields {
			if !strings.HasPrefix(field.Name, "__") && refused(field) {
				found[root.Name+"."+field.Name] = reason
			}
		}
	}
	return found
}

// add adds more fields.
func (r refusedFields) add(more refusedFields) { maps.Copy(r, more) }

// of returns what a root field answers that does not run; nil: it runs.
func (r refusedFields) of(field graphql.CollectedField) *auth.Error {
	return r[field.ObjectDefinition.Name+"."+field.Name]
}

// refuse keeps the fields of queries and mutations from running. Those of subscriptions do not come here.
func (r refusedFields) refuse(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	field := graphql.GetRootFieldContext(ctx).Field
	if reason := r.of(field); reason != nil {
		graphql.AddError(ctx, presentKnown(reason, ast.Path{ast.PathName(field.Alias)}))
		return graphql.Null
	}
	return next(ctx)
}
