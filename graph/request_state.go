package graph

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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
	// Device returns the token of a trusted device in another cookie of a request; empty: none.
	Device(r *http.Request) secret.Text
	// SetDevice adds that cookie to the header of an answer. It stays when a session ends.
	SetDevice(h http.Header, token secret.Text, until time.Time)
	// ClearDevice makes the browser forget that cookie.
	ClearDevice(h http.Header)
}

// requestState is what a request and its answer have beside the GraphQL document: the credential that
// came with it, or what is wrong with that; the challenge that the answer carries; and the change of the
// cookie.
type requestState struct {
	token     secret.Text // of a session
	byCookie  bool        // the token came in a cookie, or went into one by an earlier field
	carried   secret.Text // the token in the cookie, whether it is the credential or not; empty: none
	hasCookie bool        // a cookie came, with a token or without one
	basic     *basicLogin // instead of a token
	fault     *auth.Error // nil: there is a credential, in a form that we know
	device    secret.Text // of a trusted device; empty: none

	deviceCookie cookieChange

	challenge atomic.Pointer[auth.Error]
	cookie    cookieChange

	mu    sync.Mutex
	codes []string // of the problems that payloads hold
}

// cookieChange is what the fields of a mutation, which run one after the other, did to a cookie.
type cookieChange struct {
	token secret.Text // to set; empty: none
	until time.Time
	clear bool
}

// basicLogin is the name and the password of an Authorization header, and the caller that they belong to.
// They are checked once in a request, whatever its number of fields.
type basicLogin struct {
	Input  auth.LoginInput
	once   sync.Once
	caller *auth.Caller
	err    error
}

type (
	requestStateKey struct{}
	bearerKey       struct{}
)

func withRequestState(ctx context.Context, state *requestState) context.Context {
	return context.WithValue(ctx, requestStateKey{}, state)
}

func requestStateFrom(ctx context.Context) *requestState {
	state, _ := ctx.Value(requestStateKey{}).(*requestState)
	if state == nil {
		return &requestState{fault: auth.ErrNotLoggedIn}
	}
	return state
}

// caller is the one that the @auth directive found; nil in a field without it.
func caller(ctx context.Context) *auth.Caller {
	return bearer(ctx).Caller
}

// bearer is the caller that the @auth directive found, or the login that waits; zero in a field without it.
func bearer(ctx context.Context) auth.Bearer {
	b, _ := ctx.Value(bearerKey{}).(auth.Bearer)
	return b
}

// sessionDelivery is how a login gives the session to the client of the request.
func sessionDelivery(ctx context.Context, delivery auth.Delivery) auth.SessionDelivery {
	state := requestStateFrom(ctx)
	return auth.SessionDelivery{Delivery: delivery, Replaces: state.carried, Device: state.device}
}

// trust notes that the device of the request is trusted, by a cookie that the answer is to set.
func (state *requestState) trust(token secret.Text, until time.Time) {
	state.device, state.deviceCookie = token, cookieChange{token: token, until: until}
}

// distrust notes that a device is trusted no more, and clears the cookie if it is that of the request.
func (state *requestState) distrust(device *auth.TrustedDevice) {
	if device.Holds(state.device) {
		state.device, state.deviceCookie = "", cookieChange{clear: true}
	}
}

// delivery is how the client of the request carries its session.
func delivery(ctx context.Context) auth.Delivery {
	if requestStateFrom(ctx).byCookie {
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
	state := requestStateFrom(ctx)
	state.cookie = cookieChange{token: t.Cookie, until: t.CookieUntil}
	state.carried = t.Cookie
	if state.byCookie || state.fault == auth.ErrNotLoggedIn || state.isForeign() {
		state.token, state.byCookie, state.fault = t.Cookie, true, nil
	}
}

// clearCookie notes that the session of the cookie has ended, if one carries it.
func clearCookie(ctx context.Context) {
	if state := requestStateFrom(ctx); state.byCookie {
		state.cookie = cookieChange{clear: true}
	}
}

// logoutToken returns the token whose session a logout ends: that of the header, or of the cookie if the
// header cannot be read. An error says that there is a credential which a logout cannot end.
func logoutToken(ctx context.Context) (secret.Text, error) {
	state := requestStateFrom(ctx)
	switch {
	case state.token != "" || state.fault == auth.ErrNotLoggedIn:
		return state.token, nil
	case state.hasCookie:
		state.byCookie = true
		return state.carried, nil
	case state.basic != nil:
		return "", errBasicWrites
	default:
		return "", state.fault
	}
}

// challengeHeader is the WWW-Authenticate header that goes with an UNAUTHENTICATED answer. A request
// without any token is told the scheme only, one with a token what is wrong with it (RFC 6750
// section 3). Basic is asked for where it was tried: to any other request a browser would show its own
// form for passwords.
func (state *requestState) challengeHeader(err *auth.Error) string {
	switch {
	case state.basic != nil || err == errBasicMalformed:
		return `Basic realm="latchkey", charset="UTF-8"`
	case err == auth.ErrNotLoggedIn:
		return `Bearer realm="latchkey"`
	}
	description := strings.NewReplacer(`"`, `'`, "`", `'`, `\`, `/`).Replace(err.Message)
	return `Bearer realm="latchkey", error="invalid_token", error_description="` + description + `"`
}

// writeHeaders adds the challenge and the cookies to the header of the answer. A caller with a cookie gets
// no challenge.
func (state *requestState) writeHeaders(h http.Header, cookies Cookies) {
	if challenge := state.challenge.Load(); challenge != nil && !state.byCookie {
		h.Set("WWW-Authenticate", state.challengeHeader(challenge))
	}
	if cookies == nil {
		return
	}
	switch {
	case state.deviceCookie.token != "":
		cookies.SetDevice(h, state.deviceCookie.token, state.deviceCookie.until)
	case state.deviceCookie.clear:
		cookies.ClearDevice(h)
	}
	switch {
	case state.cookie.token != "":
		cookies.Set(h, state.cookie.token, state.cookie.until)
	case state.cookie.clear:
		cookies.Clear(h)
	}
}
