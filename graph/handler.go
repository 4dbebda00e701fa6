// Package graph serves the domain over GraphQL: it translates between schema.graphqls and package
// auth, and does nothing else. It is the only package that knows gqlgen.
//
// The HTTP side follows the GraphQL-over-HTTP specification and is written here rather than taken
// from gqlgen, whose transport repeats a body that it cannot read, passwords included.
package graph

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/latchkey-auth/latchkey/graph/generated"
)

// Options are what an operator decides of the GraphQL side.
type Options struct {
	Introspection bool    // whether the schema may be asked for
	Cookies       Cookies // nil: sessions are carried by headers only
	Basic         bool    // whether queries may bring a name and a password (RFC 7617)
	// CheckOrigin returns an error for a request that a page of another origin sent and may not
	// send. It is refused before its body is read, and told what the error says. Nil: no check.
	CheckOrigin func(*http.Request) error
	Observers   []Observer
}

// handler answers GraphQL over HTTP.
type handler struct {
	exec      *executor.Executor
	documents *documents
	logger    *slog.Logger
	options   Options
}

// NewHandler returns the GraphQL endpoint of a service.
func NewHandler(service Service, logger *slog.Logger, options Options) http.Handler {
	return newHandler(service, logger, options, nil)
}

// newHandler takes another schema than that of the project where schema is not nil.
func newHandler(service Service, logger *slog.Logger, options Options, schema *ast.Schema) http.Handler {
	executable := generated.NewExecutableSchema(generated.Config{
		Schema:     schema,
		Resolvers:  newResolver(service),
		Directives: directives(service),
	})
	exec := executor.New(executable)
	exec.SetParserTokenLimit(maxTokens)
	kept := newDocuments()
	exec.SetQueryCache(kept)
	exec.SetDisableSuggestion(!options.Introspection)
	exec.SetErrorPresenter(presenter(logger))
	exec.SetRecoverFunc(recoverPanic(logger))
	exec.AroundRootFields(refuseClosed(closedFields(executable.Schema())))
	if options.Introspection {
		exec.Use(extension.Introspection{})
	}
	return &handler{exec: exec, documents: kept, logger: logger, options: options}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, seen := h.watch(r.Context())
	defer seen.end()
	media, err := negotiate(r)
	if fault := h.checkOrigin(r); fault != nil {
		err = fault
	}
	if err != nil {
		seen.codes = []string{err.code}
		err.write(w, media)
		return
	}
	body, err := readBody(w, r)
	params, known := h.documents.lookupBody(body)
	if err == nil && !known {
		params, err = readParams(body)
	}
	if err != nil {
		seen.codes = []string{err.code}
		err.write(w, media)
		return
	}

	state := readRequestState(r, h.options)
	ctx = withRequestState(graphql.StartOperationTrace(ctx), state)
	operation, list := h.prepare(ctx, params)
	if len(list) > 0 {
		list = presentDocument(list)
		seen.codes = codesOf(nil, list)
		writeAnswer(w, media, media.requestErrorStatus(), &answer{Errors: list})
		return
	}
	seen.operation(operation)
	if !known {
		h.documents.rememberBody(body, params)
	}

	responses, ctx := h.exec.DispatchOperation(ctx, operation)
	response := responses(ctx)
	if response == nil {
		// Its time was over before it began, or the client has gone, who will not read this.
		list := gqlerror.List{presentInternal(ctx, h.logger, context.Cause(ctx))}
		writeAnswer(w, media, http.StatusServiceUnavailable, &answer{Errors: list})
		return
	}
	seen.codes = codesOf(state.problems(), response.Errors)
	state.writeHeaders(w.Header(), h.options.Cookies)
	setRetryAfter(w, response.Errors)
	said := &answer{Errors: response.Errors, Data: response.Data}
	writeAnswer(w, media, media.refuseWhole(said), said)
}

// prepare parses, bounds and validates the document and its variables. A document that is kept was found
// within bounds, which depend on its text alone.
func (h *handler) prepare(ctx context.Context, params *graphql.RawParams) (operation *graphql.OperationContext, list gqlerror.List) {
	if _, kept := h.documents.Get(ctx, params.Query); !kept {
		if err := guard(params.Query, h.options.Introspection); err != nil {
			return nil, gqlerror.List{err}
		}
	}
	if err := checkVariables(params.Variables); err != nil {
		return nil, gqlerror.List{err}
	}
	return h.exec.CreateOperationContext(ctx, params)
}
