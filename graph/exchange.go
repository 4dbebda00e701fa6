package graph

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Cookies carry the session tokens of browsers.
type Cookies interface {
	// Token returns the token in the cookie of a request, and whether there was a cookie: one without
	// a token that could be told is still to be cleared.
	Token(r *http.Request) (token secret.Text, came bool)
	// Set adds a cookie with a token to the header of an answer, in place of an earlier one.
	Set(h http.Header, token secret.Text, until time.Time)
	// Clear makes the browser forget the cookie.
	Clear(h http.Header)
}

// exchange is what a request and its answer have beside the GraphQL document: the credential that
// came with it, or what is wrong with it; whether the answer has to ask for one; and what becomes of
// the cookie.
type exchange struct {
	token    secret.Text // of a session
	byCookie bool        // the token came in a cookie, or has gone into one meanwhile
	carried  secret.Text // the token in the cookie, be it the credential or not; empty: none
	basic    *basicLogin // instead of a token
	fault    *auth.Error // nil: there is a credential, in a form that we know

	challenge atomic.Pointer[auth.Error]
	cookie    cookieChange

	mu    sync.Mutex
	codes []string // of the problems that payloads hold
}

// cookieChange is what the fields of a mutation, which run one after the other, did to the cookie.
type cookieChange struct {
	token secret.Text // to set; empty: none
	until time.Time
	clear bool
}

// basicLogin is the name and the password of an Authorization header, and who they turned out to be:
// they are looked at once in a request, however many fields ask.
type basicLogin struct {
	Input  auth.LoginInput
	once   sync.Once
	caller *auth.Caller
	err    error
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
		return &exchange{fault: auth.ErrNotLoggedIn}
	}
	return x
}

// caller is who the @auth directive found, and nil in a field without it.
func caller(ctx context.Context) *auth.Caller {
	c, _ := ctx.Value(callerKey{}).(*auth.Caller)
	return c
}

// handover is how a login gives the session to the client of the request.
func handover(ctx context.Context, delivery auth.Delivery) auth.Handover {
	return auth.Handover{Delivery: delivery, Replaces: exchangeFrom(ctx).carried}
}

// delivery is how the client of the request carries its session.
func delivery(ctx context.Context) auth.Delivery {
	if exchangeFrom(ctx).byCookie {
		return auth.DeliveryCookie
	}
	return auth.DeliveryBody
}

// setCookie notes the cookie that the answer is to set, if these tokens have one. For the fields after
// this one the request has come with it, unless it came with another credential: a logout in the same
// mutation ends the session, and another login replaces it.
func setCookie(ctx context.Context, t *auth.Tokens) {
	if t == nil || t.Cookie == "" {
		return
	}
	x := exchangeFrom(ctx)
	x.cookie = cookieChange{token: t.Cookie, until: t.CookieUntil}
	x.carried = t.Cookie
	if x.byCookie || x.fault == auth.ErrNotLoggedIn {
		x.token, x.byCookie, x.fault = t.Cookie, true, nil
	}
}

// clearCookie notes that the session of the cookie has ended, if one carries it.
func clearCookie(ctx context.Context) {
	if x := exchangeFrom(ctx); x.byCookie {
		x.cookie = cookieChange{clear: true}
	}
}

// What may be wrong with the Authorization header. None of these repeats any of it: a word in the
// wrong place may be the token.
var (
	errSeveralHeaders = &auth.Error{Kind: auth.Unauthenticated, Message: "There are several Authorization headers: send one."}
	errNoScheme       = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has no scheme: write `Bearer` and a space before the token."}
	errUnknownScheme  = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has a scheme that is not known here: write `Bearer` or `Token`, a space and the token."}
	errNoToken        = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has no token after its scheme: write `Bearer`, a space and the token."}
	errSpaceInToken   = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has a space within the token: write `Bearer`, one space and the token, without quotes or commas."}
	errBasicMalformed = &auth.Error{Kind: auth.Unauthenticated, Message: "The Authorization header has no name and password in it: after `Basic` and a space comes the base64 of both, with a colon between them."}
	errBasicInClear   = &auth.Error{Kind: auth.Unauthenticated, Message: "A password is not taken over a connection that others can read: use https. Behind a proxy, the operator has to trust it first (LATCHKEY_TRUSTED_PROXIES)."}
)

// readExchange takes the credential from the Authorization header (RFC 6750 section 2.1, `Token` as
// Django REST framework has it, and, where options have it, RFC 7617), the scheme in any case, or from the cookie
// where there is no such header. It never refuses a request: a stale or broken credential must not keep
// anybody from logging in.
func readExchange(r *http.Request, options Options) *exchange {
	var carried secret.Text
	came := false
	if options.Cookies != nil {
		carried, came = options.Cookies.Token(r)
	}
	var x *exchange
	switch values := r.Header.Values("Authorization"); {
	case len(values) > 1:
		x = &exchange{fault: errSeveralHeaders}
	case len(values) == 1:
		x = readAuthorization(r, values[0], options)
	case came:
		x = &exchange{token: carried, byCookie: true}
	default:
		x = &exchange{fault: auth.ErrNotLoggedIn}
	}
	x.carried = carried
	return x
}

func readAuthorization(r *http.Request, value string, options Options) *exchange {
	words := strings.Fields(value)
	if len(words) == 0 {
		return &exchange{fault: auth.ErrNotLoggedIn}
	}
	if options.Basic && strings.EqualFold(words[0], "Basic") {
		return readBasic(r, words[1:])
	}
	known := strings.EqualFold(words[0], "Bearer") || strings.EqualFold(words[0], "Token")
	switch {
	case known && len(words) == 1:
		return &exchange{fault: errNoToken}
	case known && len(words) > 2:
		return &exchange{fault: errSpaceInToken}
	case known:
		return &exchange{token: secret.Text(words[1])}
	case len(words) == 1:
		return &exchange{fault: errNoScheme}
	default:
		return &exchange{fault: errUnknownScheme}
	}
}

// readBasic reads what follows the scheme Basic. A name with an @ in it is an address.
func readBasic(r *http.Request, words []string) *exchange {
	if !auth.RequestFrom(r.Context()).Secure {
		return &exchange{fault: errBasicInClear}
	}
	if len(words) != 1 {
		return &exchange{fault: errBasicMalformed}
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(words[0])
	name, password, found := strings.Cut(string(decoded), ":")
	if err != nil || !found || !utf8.Valid(decoded) || strings.ContainsRune(string(decoded), 0) {
		return &exchange{fault: errBasicMalformed}
	}
	login := &basicLogin{Input: auth.LoginInput{Username: name, Password: secret.Text(password)}}
	if strings.Contains(name, "@") {
		login.Input.Username, login.Input.Email = "", name
	}
	return &exchange{basic: login}
}

// challengeHeader is the WWW-Authenticate header that goes with an UNAUTHENTICATED answer. A request
// without any token is told the scheme only, one with a token what is wrong with it (RFC 6750
// section 3). Basic is asked for where it was tried: to any other request a browser would show its own
// form for passwords.
func (x *exchange) challengeHeader(err *auth.Error) string {
	switch {
	case x.basic != nil || err == errBasicMalformed:
		return `Basic realm="latchkey", charset="UTF-8"`
	case err == auth.ErrNotLoggedIn:
		return `Bearer realm="latchkey"`
	}
	description := strings.NewReplacer(`"`, `'`, "`", `'`, `\`, `/`).Replace(err.Message)
	return `Bearer realm="latchkey", error="invalid_token", error_description="` + description + `"`
}

// writeHeaders adds what the exchange has to say to the header of the answer. Who came by a cookie is
// asked for no other credential.
func (x *exchange) writeHeaders(h http.Header, cookies Cookies) {
	if challenge := x.challenge.Load(); challenge != nil && !x.byCookie {
		h.Set("WWW-Authenticate", x.challengeHeader(challenge))
	}
	switch {
	case cookies == nil:
	case x.cookie.token != "":
		cookies.Set(h, x.cookie.token, x.cookie.until)
	case x.cookie.clear:
		cookies.Clear(h)
	}
}
