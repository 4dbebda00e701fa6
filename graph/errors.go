package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// The values of extensions.code.
const (
	codeInternal    = "INTERNAL"
	codeBadInput    = "BAD_USER_INPUT"
	codeTooComplex  = "QUERY_TOO_COMPLEX"
	maxErrors       = 10  // of a document: more would let a small request ask for a large answer
	maxErrorMessage = 200 // bytes
)

var kindCodes = map[auth.Kind]string{
	auth.Unauthenticated:   "UNAUTHENTICATED",
	auth.Forbidden:         "FORBIDDEN",
	auth.EmailNotConfirmed: "EMAIL_NOT_CONFIRMED",
	auth.NotFresh:          "REAUTHENTICATION_REQUIRED",
	auth.RateLimited:       "RATE_LIMITED",
	auth.BadInput:          codeBadInput,

	auth.SecondFactorRequired: "SECOND_FACTOR_REQUIRED",
}

// presenter turns the error of a resolver into what the caller sees. What is not classified is
// masked, and logged under the request's id.
func presenter(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		var known *auth.Error
		if errors.As(err, &known) && kindCodes[known.Kind] != "" {
			return presentKnown(known, graphql.GetPath(ctx))
		}
		var presented *gqlerror.Error
		if errors.As(err, &presented) && presented.Extensions["code"] == kindCodes[auth.Forbidden] {
			return presented
		}
		return presentInternal(ctx, logger, err)
	}
}

func presentKnown(err *auth.Error, path ast.Path) *gqlerror.Error {
	extensions := map[string]any{"code": kindCodes[err.Kind]}
	if err.Kind == auth.RateLimited {
		extensions["retryAfterSeconds"] = int(math.Ceil(err.RetryAfter.Seconds()))
	}
	if err.Kind == auth.SecondFactorRequired {
		extensions["enrolled"] = err.Enrolled
	}
	return &gqlerror.Error{Message: err.Message, Path: path, Extensions: extensions}
}

func presentInternal(ctx context.Context, logger *slog.Logger, err error) *gqlerror.Error {
	id := auth.RequestFrom(ctx).ID
	path := graphql.GetPath(ctx)
	var wrapped *gqlerror.Error
	if errors.As(err, &wrapped) && wrapped.Err != nil {
		err = wrapped.Err
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		logger.ErrorContext(ctx, "internal error", "request_id", id, "path", path.String(), "error", err.Error())
	}
	return &gqlerror.Error{
		Message:    "Something went wrong on our side. Try again; if it stays, quote the request id to whoever runs this service.",
		Path:       path,
		Extensions: map[string]any{"code": codeInternal, "requestId": id},
	}
}

// recovered makes an error of a resolver's panic. What was panicked with is not told: it may hold
// anything.
func recoverPanic(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, value any) error {
		logger.ErrorContext(ctx, "panic", "request_id", auth.RequestFrom(ctx).ID, "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
		return errors.New("panic in a resolver")
	}
}

// badInput is a request that no client of ours could have sent.
func badInput(format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": codeBadInput}}
}

// at says where in the variables or arguments the fault is. Names that were sent are cut, lest a
// long one come back in every error.
func at(err *gqlerror.Error, path []string) *gqlerror.Error {
	if len(path) > 0 {
		short := make([]string, len(path))
		for i, name := range path {
			short[i] = cut(name)
		}
		err.Extensions["path"] = short
	}
	return err
}

// cut shortens a text to maxErrorMessage, at a whole character.
func cut(s string) string {
	if len(s) <= maxErrorMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxErrorMessage], "") + "…"
}

func tooComplex(format string, args ...any) *gqlerror.Error {
	return &gqlerror.Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": codeTooComplex}}
}

const (
	messageMisfit   = "A value does not have the type that its place in the schema needs."
	messageConflict = "Two fields with the same name differ in what they ask for: give one of them an alias."
)

// echoing are the validation rules whose messages repeat values of the document, among which may
// be a password.
var echoing = map[string]string{
	"ValuesOfCorrectType":                   messageMisfit,
	"ValuesOfCorrectTypeWithoutSuggestions": messageMisfit,
	ruleKinds:                               messageMisfit,
	"OverlappingFieldsCanBeMerged":          messageConflict,
	ruleMerge:                               messageConflict,
}

// presentDocument turns the errors that gqlgen found in a document or in its variables into ours:
// with our codes, bounded, and without repeating a value.
func presentDocument(list gqlerror.List) gqlerror.List {
	out := make(gqlerror.List, 0, min(len(list), maxErrors))
	for _, err := range list[:min(len(list), maxErrors)] {
		out = append(out, presentDocumentError(err))
	}
	return out
}

func presentDocumentError(err *gqlerror.Error) *gqlerror.Error {
	if err.Extensions["code"] == codeBadInput || err.Extensions["code"] == codeTooComplex {
		return err
	}
	if path := variablePath(err.Path); len(path) > 0 {
		return at(badInput("Variable $%s %s.", cut(strings.Join(path, ".")), variableFault(err.Message)), path)
	}

	message, ok := echoing[err.Rule]
	switch {
	case ok:
	case strings.HasPrefix(err.Message, "operation ") && strings.HasSuffix(err.Message, " not found"):
		message = "The document has no operation of the name that was asked for: where it has several, operationName chooses one."
	default:
		message = cut(err.Message)
	}
	out := badInput("%s", message)
	out.Locations = err.Locations[:min(len(err.Locations), 2)]
	return out
}

// variablePath returns where in the variables gqlparser found a fault, and nil if it was not there.
func variablePath(path ast.Path) []string {
	if len(path) == 0 || path[0] != ast.PathName("variable") {
		return nil
	}
	names := make([]string, 0, len(path)-1)
	for _, element := range path[1:] {
		switch element := element.(type) {
		case ast.PathName:
			names = append(names, string(element))
		case ast.PathIndex:
			names = append(names, strconv.Itoa(int(element)))
		}
	}
	return names
}

// variableFault returns gqlparser's words for a fault, but for those that repeat the value.
func variableFault(message string) string {
	if strings.Contains(message, " is not a valid ") || strings.HasPrefix(message, "cannot use value") {
		return "does not have one of the values of its type"
	}
	return message
}
