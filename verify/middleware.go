package verify

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// answer is what the middleware says instead of the handler: a body like those of OAuth, and the
// challenge that RFC 6750 section 3 wants.
type answer struct {
	status      int
	challenge   bool // send WWW-Authenticate; with the code unless that is empty in it
	code        string
	description string
}

// What may be wrong with a request before any token is read. None of these repeats any of it.
var (
	noToken = &answer{
		status: http.StatusUnauthorized, challenge: true, code: "unauthorized",
		description: "send an access token in the header Authorization, after the word Bearer and a space",
	}
	badHeader = &answer{
		status: http.StatusBadRequest, challenge: true, code: "invalid_request",
		description: "send one header Authorization, with the word Bearer, a space and the access token",
	}
	unavailable = &answer{
		status: http.StatusServiceUnavailable, code: "temporarily_unavailable",
		description: "the access token cannot be verified at the moment: try again soon",
	}
)

// Require lets only requests with a valid access token through to next, and puts the claims into
// their context. Others are answered, with a JSON object of error and error_description:
//
//   - 401 without a token, and 401 with error="invalid_token" in WWW-Authenticate if it is not accepted
//   - 400 invalid_request for several Authorization headers, or one with no token or several
//   - 503 with Retry-After if the issuer's keys cannot be had: the token may be good
//
// Tokens are taken from the Authorization header only, never from the URL, a form or a cookie.
func (v *Verifier) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, refused := v.authenticate(r)
		if refused != nil {
			refused.write(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), claims)))
	})
}

// RequireRole is Require for users who have the role, in capitals as in Latchkey's schema: "STAFF".
// Each role includes those below it. Others get 403 insufficient_scope.
func (v *Verifier) RequireRole(role string) func(next http.Handler) http.Handler {
	missing := &answer{
		status: http.StatusForbidden, challenge: true, code: "insufficient_scope",
		description: "this needs a role that the user does not have",
	}
	return func(next http.Handler) http.Handler {
		return v.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if claims, ok := FromContext(r.Context()); !ok || !claims.HasRole(role) {
				missing.write(w)
				return
			}
			next.ServeHTTP(w, r)
		}))
	}
}

// RequireSecondFactor is Require for sessions in which two factors were proved. Others get 401
// insufficient_user_authentication (RFC 9470): their users have to log in again, with a second factor.
func (v *Verifier) RequireSecondFactor(next http.Handler) http.Handler {
	missing := &answer{
		status: http.StatusUnauthorized, challenge: true, code: "insufficient_user_authentication",
		description: "this needs a second factor, which was not proved in the session",
	}
	return v.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if claims, ok := FromContext(r.Context()); !ok || !claims.HasSecondFactor() {
			missing.write(w)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// Optional is Require for what may be used without logging in, too: a request without an access token
// goes through without claims. One with a token that is not accepted does not: its client
// believes to be logged in, and has to learn that it is not.
func (v *Verifier) Optional(next http.Handler) http.Handler {
	required := v.Require(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, refused := bearerToken(r.Header); refused == noToken {
			next.ServeHTTP(w, r)
			return
		}
		required.ServeHTTP(w, r)
	})
}

// authenticate returns the claims of the request's token, or what to answer instead.
func (v *Verifier) authenticate(r *http.Request) (*Claims, *answer) {
	token, refused := bearerToken(r.Header)
	if refused != nil {
		return nil, refused
	}
	claims, err := v.Verify(r.Context(), token)
	switch {
	case err == nil:
		return claims, nil
	case errors.Is(err, ErrInvalid):
		return nil, &answer{status: http.StatusUnauthorized, challenge: true, code: "invalid_token", description: err.Error()}
	default:
		return nil, unavailable
	}
}

// bearerToken takes the token from the Authorization header (RFC 6750 section 2.1), the scheme in any
// case. Another scheme is no token of ours.
func bearerToken(h http.Header) (string, *answer) {
	values := h.Values("Authorization")
	if len(values) > 1 {
		return "", badHeader
	}
	words := strings.Fields(strings.Join(values, ""))
	switch {
	case len(words) == 0 || !strings.EqualFold(words[0], "Bearer"):
		return "", noToken
	case len(words) != 2:
		return "", badHeader
	default:
		return words[1], nil
	}
}

func (a *answer) write(w http.ResponseWriter) {
	h := w.Header()
	switch {
	case a == noToken: // RFC 6750 section 3.1: no error for whom nothing is known about
		h.Set("WWW-Authenticate", "Bearer")
	case a.challenge:
		h.Set("WWW-Authenticate", `Bearer error="`+a.code+`", error_description="`+a.description+`"`)
	default:
		h.Set("Retry-After", "10")
	}
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(a.status)

	body := struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{a.code, a.description}
	_ = json.NewEncoder(w).Encode(body) // who has hung up does not read it
}
