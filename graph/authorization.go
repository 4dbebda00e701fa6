package graph

import (
	"net/http"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/authorization"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

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

// readRequestState takes the credential from the Authorization header (RFC 6750 section 2.1, `Token` as
// Django REST framework has it, and, where options have it, RFC 7617), the scheme in any case, or from the cookie
// if there is no such header, or only one with a scheme that is not ours, as a proxy with HTTP Basic in
// front of us adds it. It never refuses a request: a stale or broken credential must not keep a user from
// signing in.
func readRequestState(r *http.Request, options Options) *requestState {
	var carried secret.Text
	came := false
	if options.Cookies != nil {
		carried, came = options.Cookies.Token(r)
	}
	state := readHeader(r, options)
	if came && (state.fault == auth.ErrNotLoggedIn || state.isForeign()) {
		state = &requestState{token: carried, byCookie: true}
	}
	state.carried, state.hasCookie = carried, came
	state.device = readDevice(r, options)
	return state
}

// deviceHeader carries the token of a trusted device for clients that keep no cookies.
const deviceHeader = "Latchkey-Device"

// readDevice takes the token of a trusted device from its header or, if there is none, from its cookie. Several headers
// are none: it cannot be told whose is whose.
func readDevice(r *http.Request, options Options) secret.Text {
	switch values := r.Header.Values(deviceHeader); {
	case len(values) == 1:
		return secret.Text(values[0])
	case len(values) == 0 && options.Cookies != nil:
		return options.Cookies.Device(r)
	}
	return ""
}

// readHeader reads the Authorization header, or that there is none.
func readHeader(r *http.Request, options Options) *requestState {
	values := r.Header.Values("Authorization")
	if len(values) == 0 {
		return &requestState{fault: auth.ErrNotLoggedIn}
	}
	state := readAuthorization(r, values[0], options)
	for _, value := range values[1:] {
		if !state.isForeign() || !readAuthorization(r, value, options).isForeign() {
			return &requestState{fault: errSeveralHeaders}
		}
	}
	return state
}

// isForeign reports whether the Authorization header has a scheme that is not ours, or none.
func (state *requestState) isForeign() bool {
	return state.fault == errUnknownScheme || state.fault == errNoScheme
}

func readAuthorization(r *http.Request, value string, options Options) *requestState {
	header := authorization.Parse(value)
	if header.Empty() {
		return &requestState{fault: auth.ErrNotLoggedIn}
	}
	if options.Basic && header.Is("Basic") {
		return readBasic(r, header)
	}
	known := header.Is("Bearer") || header.Is("Token")
	switch {
	case known && header.Words() == 0:
		return &requestState{fault: errNoToken}
	case known && header.Words() > 1:
		return &requestState{fault: errSpaceInToken}
	case known:
		token, _ := header.Token()
		return &requestState{token: token}
	case header.Words() == 0:
		return &requestState{fault: errNoScheme}
	default:
		return &requestState{fault: errUnknownScheme}
	}
}

// readBasic reads what follows the scheme Basic. A name with an @ in it is an address.
func readBasic(r *http.Request, header authorization.Header) *requestState {
	if !auth.RequestFrom(r.Context()).Secure {
		return &requestState{fault: errBasicInClear}
	}
	name, password, ok := header.Pair()
	if !ok {
		return &requestState{fault: errBasicMalformed}
	}
	login := &basicLogin{Input: auth.LoginInput{Username: name, Password: password}}
	if strings.Contains(name, "@") {
		login.Input.Username, login.Input.Email = "", name
	}
	return &requestState{basic: login}
}
