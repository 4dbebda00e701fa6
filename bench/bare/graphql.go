package bare

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph/generated"
	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// constant resolves `me`, and nothing else.
type constant struct {
	generated.QueryResolver
	generated.MutationResolver
	user *model.User
}

// root resolves the fields of the schema's types with constants; what it does not name is never asked for.
type root struct {
	generated.ResolverRoot
	constant constant
}

func (r root) Query() generated.QueryResolver       { return r.constant }
func (r root) Mutation() generated.MutationResolver { return r.constant }

// Me implements generated.QueryResolver.
func (c constant) Me(context.Context) (*model.User, error) { return c.user, nil }

// newGraphQL returns gqlgen's own handler with its own cache of documents, on the schema of Latchkey,
// without anything that asks who is there or bounds what is asked.
func newGraphQL() http.Handler {
	now := time.Now()
	name := "Ada"
	user := &model.User{
		ID: uuid.New(), Email: "user-0@example.com", EmailVerified: true, Name: &name,
		Role: auth.RoleUser, CreatedAt: now, UpdatedAt: now,
	}
	open := func(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) }
	server := handler.New(generated.NewExecutableSchema(generated.Config{
		Resolvers: root{constant: constant{user: user}},
		Directives: generated.DirectiveRoot{
			Public: open,
			Auth: func(ctx context.Context, _ any, next graphql.Resolver, _ auth.Role, _, _, _, _ bool) (any, error) {
				return next(ctx)
			},
		},
	}))
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	mux := http.NewServeMux()
	mux.Handle("/graphql", server)
	return mux
}
