package graph

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// exchange is what a request and its answer have beside the GraphQL document: the access token that
// came in the header, or what is wrong with that header, and whether the answer has to ask for one.
type exchange struct {
	token     secret.Text
	header    *auth.Error // nil: a token was sent in a form that we know
	challenge atomic.Pointer[auth.Error]

	mu    sync.Mutex
	codes []string // of the problems that payloads hold
}

type (
	exchangeKey struct{}
	callerKey   struct{}
)

func withExchange(ctx context.Context, x *exchange) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	if x == nil {
		return &exchange{header: auth.ErrNotLoggedIn}
	}
	return x
}

// caller is who the @auth directive found, and nil in a field without it.
func caller(ctx context.Context) *auth.Caller {
	c, _ := ctx.Value(callerKey{}).(*auth.Caller)
	return c
}

// What may be wrong with the Authorization header. None of these repeats any of it: a word in the
// wrong place may be the token.
var (
	errSeveralHeaders = &auth.Error{Kind: auth.Unauthenticated, Message: "There are several Authorization headers: send one."}
	errNoScheme       = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has no scheme: write `Bearer` and a space before the token."}
	errUnknownScheme  = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has a scheme that is not known here: write `Bearer` or `Token`, a space and the token."}
	errNoToken        = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has no token after its scheme: write `Bearer`, a space and the token."}
	errSpaceInToken   = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has a space within the token: write `Bearer`, one space and the token, without quotes or commas."}
)

// readExchange takes the access token from the Authorization header (RFC 6750 section 2.1, and
// `Token` as Django REST framework has it), the scheme in any case. It never refuses a request: a
// stale or broken token must not keep anybody from logging in.
func readExchange(h http.Header) *exchange {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return &exchange{header: auth.ErrNotLoggedIn}
	}
	if len(values) > 1 {
		return &exchange{header: errSeveralHeaders}
	}

	words := strings.Fields(values[0])
	known := len(words) > 0 && (strings.EqualFold(words[0], "Bearer") || strings.EqualFold(words[0], "Token"))
	switch {
	case len(words) == 0:
		return &exchange{header: auth.ErrNotLoggedIn}
	case known && len(words) == 1:
		return &exchange{header: errNoToken}
	case known && len(words) > 2:
		return &exchange{header: errSpaceInToken}
	case known:
		return &exchange{token: secret.Text(words[1])}
	case len(words) == 1:
		return &exchange{header: errNoScheme}
	default:
		return &exchange{header: errUnknownScheme}
	}
}

// challengeHeader is the WWW-Authenticate header that goes with an UNAUTHENTICATED answer. A request
// without any token is told the scheme only, one with a token what is wrong with it (RFC 6750
// section 3).
func challengeHeader(err *auth.Error) string {
	if err == auth.ErrNotLoggedIn {
		return `Bearer realm="latchkey"`
	}
	description := strings.NewReplacer(`"`, `'`, "`", `'`, `\`, `/`).Replace(err.Message)
	return `Bearer realm="latchkey", error="invalid_token", error_description="` + description + `"`
}
