// Package graph serves the domain over GraphQL: it translates between schema.graphqls and package
// auth, and does nothing else. It is the only package that knows gqlgen.
//
// The HTTP side follows the GraphQL-over-HTTP specification and is written here rather than taken
// from gqlgen, whose transport repeats a body that it cannot read, passwords included.
package graph

import (
	"context"
	"log/slog"
	"maps"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

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
	// AdminElsewhere says that fields which need a role above USER are answered at another address. Here they are FORBIDDEN,
	// whoever asks.
	AdminElsewhere bool
	// Lasting returns the context of an answer that lasts, from that of its request: it ends when the client has gone, the
	// server stops or cancel is called, and not when the time of the request is over. Nil: that of the request.
	Lasting   func(context.Context) (lasting context.Context, cancel context.CancelFunc)
	Observers []Observer
}

// handler answers GraphQL over HTTP.
type handler struct {
	exec      *executor.Executor
	schema    *ast.Schema
	refused   refusedFields
	documents *documents
	large     chan struct{} // those who are reading large variables
	logger    *slog.Logger
	options   Options
}

// NewHandler returns the GraphQL endpoint of a service.
func NewHandler(service Service, logger *slog.Logger, options Options) http.Handler {
	return newHandler(service, logger, options, nil)
}

// newHandler takes another schema than that of the project where schema is not nil.
func newHandler(service Service, logger *slog.Logger, options Options, schema *ast.Schema) http.Handler {
	if schema == nil {
		schema = generated.NewExecutableSchema(generated.Config{}).Schema()
	}
	schema = withoutDefer(schema)
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
	exec.SetDefaultRulesFn(func() *rules.Rules { return validationRules(options.Introspection) })
	exec.SetErrorPresenter(presenter(logger))
	exec.SetRecoverFunc(recoverPanic(logger))
	refused := closedFields(schema)
	if options.AdminElsewhere {
		refused.add(roleFields(schema))
	}
	exec.AroundRootFields(refused.refuse)
	if options.Introspection {
		exec.Use(extension.Introspection{})
	}
	return &handler{exec: exec, schema: schema, refused: refused, documents: kept, large: make(chan struct{}, largeAtOnce), logger: logger, options: options}
}

// withoutDefer returns the schema without @defer, which the parser adds to each, and which is not executed here.
func withoutDefer(schema *ast.Schema) *ast.Schema {
	without := *schema
	without.Directives = maps.Clone(schema.Directives)
	delete(without.Directives, "defer")
	return &without
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, seen := h.watch(r.Context())
	defer seen.end()
	media, fault := negotiate(r)
	if err := h.checkOrigin(r); err != nil {
		fault = err
	}
	if fault != nil {
		seen.codes = []string{fault.code}
		fault.write(w, media)
		return
	}
	body, fault := readBody(w, r)
	req, known := h.documents.lookupBody(body)
	if fault == nil && !known {
		req, fault = parseBody(body)
	}
	if fault != nil {
		seen.codes = []string{fault.code}
		fault.write(w, media)
		return
	}

	state := readRequestState(r, h.options)
	ctx = withRequestState(graphql.StartOperationTrace(ctx), state)
	operation, list := h.prepare(ctx, req)
	if len(list) > 0 {
		list = presentDocument(list)
		seen.codes = codesOf(nil, list)
		reply(w, r, media, media.requestErrorStatus(), &answer{Errors: list})
		return
	}
	seen.operation(operation)
	if !known {
		h.documents.rememberBody(body, req)
	}

	if operation.Operation.Operation == ast.Subscription {
		format := acceptedStream(r)
		if format == nil {
			seen.codes = []string{errStreamNotAccepted.code}
			errStreamNotAccepted.write(w, media)
			return
		}
		h.serveStream(ctx, w, format, operation, state, seen)
		return
	}
	responses, ctx := h.exec.DispatchOperation(ctx, operation)
	response := responses(ctx)
	if response == nil {
		// Its time was over before it began, or the client has gone, who will not read this.
		list := gqlerror.List{presentInternal(ctx, h.logger, context.Cause(ctx))}
		reply(w, r, media, http.StatusServiceUnavailable, &answer{Errors: list})
		return
	}
	seen.codes = codesOf(state.problems(), response.Errors)
	state.writeHeaders(w.Header(), h.options.Cookies)
	setRetryAfter(w, response.Errors)
	said := &answer{Errors: response.Errors, Data: response.Data}
	reply(w, r, media, media.refuseWhole(said), said)
}

// prepare parses, bounds and validates the document, and then the variables that its operation declares. A
// document that is kept was found within bounds, which depend on its text alone.
func (h *handler) prepare(ctx context.Context, req *request) (operation *graphql.OperationContext, list gqlerror.List) {
	document, kept := h.documents.Get(ctx, req.query)
	if !kept {
		var err *gqlerror.Error
		if document, err = guard(req.query, h.options.Introspection); err != nil {
			return nil, gqlerror.List{err}
		}
	}
	end, err := h.takeTurn(ctx, len(req.variables))
	if err != nil {
		return nil, gqlerror.List{presentInternal(ctx, h.logger, err)}
	}
	defer end()
	variables, fault := readVariables(req.variables, h.schema, document.Operations.ForName(req.operationName))
	if fault != nil {
		return nil, gqlerror.List{fault}
	}
	operation, list = h.exec.CreateOperationContext(ctx, &graphql.RawParams{Query: req.query, OperationName: req.operationName, Variables: variables})
	if len(list) > 0 {
		return operation, list
	}
	defaultNulls(operation.Operation, operation.Variables)
	if costOf(operation.Operation.SelectionSet, operation.Variables) > maxCost {
		return nil, gqlerror.List{tooComplex("The document asks for too many values (at most %d). Fields inside a page count once for each entry, so ask for smaller pages.", maxCost)}
	}
	return operation, nil
}
