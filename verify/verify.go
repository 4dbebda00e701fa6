// Package verify checks Latchkey's JWT access tokens in other people's services.
//
// A service that is called with such tokens needs the address of its Latchkey server, and no secret:
//
//	verifier, err := verify.New(verify.Config{Issuer: "https://auth.example.com"})
//	if err != nil {
//		return err
//	}
//	mux.Handle("/reports", verifier.Require(reports))
//	mux.Handle("/admin/", verifier.RequireRole("STAFF")(admin))
//
// and its handlers ask who is calling:
//
//	claims, _ := verify.FromContext(r.Context())
//	owner := claims.Subject // the id of the user
//
// # What a verified token says, and what it cannot say
//
// It says that the server issued it for this audience, and that it has not expired. It was true when
// it was issued, at most 15 minutes ago. That its session has ended since, that the user is disabled
// or deleted, or that the password was changed is not seen here until the token expires. A service
// that has to know at once, before it moves money for example, asks the server's POST
// /oauth/introspect instead. Roles and other claims are as old as the token, too.
//
// # What is checked
//
// Everything that RFC 8725 (best practices) and RFC 9068 (access tokens) ask for: EdDSA, ES256 and
// RS256 only, the algorithm being the key's and not the token's to choose; the type at+jwt, so that
// no other JWT of the server passes for an access token; issuer and audience to the letter; the
// times. Keys come from the server's JWKS and from nowhere else: a token that brings its own key, or
// the address of one, is refused. One that is longer than 8 KiB is not looked at.
//
// # Keys, rotation and outages
//
// The keys are fetched when the first token comes, once for all requests that wait for them, and
// again before what the server said about caching runs out (five minutes; 30 seconds at least and an
// hour at most). A token with a key that is not known yet makes the verifier look again, but only
// once in ten seconds, because anybody can send such a token. The server shows a new key ten minutes
// before it signs with it, so no request notices a rotation.
//
// When the server cannot be reached, tokens with known keys are verified for another 24 hours, and
// each attempt that failed is in the log. A token that nothing can be said about during an outage gives
// ErrUnavailable, and status 503 from the middleware: 401 would make clients throw good tokens away.
//
// A Verifier needs no Close: a fetch runs on its own for five seconds at most, and nothing else does.
package verify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// The bounds of Config.Leeway.
const (
	defaultLeeway = 30 * time.Second
	maxLeeway     = time.Minute
)

// Config says whose tokens are accepted, and for whom. Only Issuer is needed.
type Config struct {
	// Issuer is the public URL of the Latchkey server, to the letter as its tokens have it in iss.
	Issuer string

	// Audience is what a token has to name in aud. Empty is Issuer, as it is on the server: tokens are
	// for the server's own URL unless LATCHKEY_JWT_AUDIENCE names others.
	Audience string

	// JWKS is where the keys are, Issuer with /.well-known/jwks.json if empty. It must be https, but
	// for loopback addresses.
	JWKS string

	// Leeway is by how much the clocks of the two machines may differ: 30 seconds if 0, none if
	// negative, and a minute at most. Expired tokens are accepted for as long.
	Leeway time.Duration

	// Client fetches the keys, http.DefaultClient's way if nil. It follows redirects only within the
	// scheme, host and port of JWKS, whatever its CheckRedirect says.
	Client *http.Client

	// Logger gets a warning when the keys cannot be fetched; slog.Default if nil. Tokens are never logged.
	Logger *slog.Logger

	// Now is the clock, time.Now if nil.
	Now func() time.Time
}

// Verifier verifies access tokens. Make one with New and share it: it holds the keys, and any number
// of goroutines may use it.
type Verifier struct {
	issuer   string
	audience string
	leeway   time.Duration
	now      func() time.Time
	keys     *keySet
}

// New returns a verifier, or an error that says which part of config does not do. It does not ask the
// server for anything, so a service can start before its Latchkey does.
func New(config Config) (*Verifier, error) {
	address, err := jwksAddress(config.Issuer, config.JWKS)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	leeway, err := boundedLeeway(config.Leeway)
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}

	v := &Verifier{issuer: config.Issuer, audience: config.Audience, leeway: leeway, now: config.Now}
	if v.audience == "" {
		v.audience = v.issuer
	}
	if v.now == nil {
		v.now = time.Now
	}
	logger := config.Logger
	if logger == nil {
		logger = slog.Default()
	}
	v.keys = &keySet{address: address, client: sameOriginClient(config.Client), logger: logger, now: v.now}
	return v, nil
}

// Verify returns the claims of an access token, as it stands after "Bearer ". An error is ErrInvalid,
// with a text that says why and repeats nothing of the token, or ErrUnavailable when the keys of the
// issuer could not be had in time or ctx ended first.
func (v *Verifier) Verify(ctx context.Context, token string) (*Claims, error) {
	head, err := readHeader(token)
	if err != nil {
		return nil, err
	}
	key, err := v.keys.find(ctx, head.keyID)
	if err != nil {
		return nil, err
	}
	payload, err := verifySignature(token, head, key)
	if err != nil {
		return nil, err
	}
	claims, err := readClaims(payload)
	if err != nil {
		return nil, err
	}
	if err := v.check(claims); err != nil {
		return nil, err
	}
	return claims, nil
}

// jwksAddress returns the address of the keys: explicit, if it is not empty.
func jwksAddress(issuer, explicit string) (string, error) {
	if issuer == "" {
		return "", errors.New("the Issuer is missing: the public URL of the Latchkey server")
	}
	if explicit != "" {
		address, err := safeURL("JWKS", explicit)
		if err != nil {
			return "", err
		}
		return address.String(), nil
	}
	address, err := safeURL("Issuer", issuer)
	if err != nil {
		return "", err
	}
	if address.RawQuery != "" || address.ForceQuery {
		return "", errors.New("the Issuer has a query: name the address of its keys in JWKS")
	}
	return address.JoinPath(".well-known", "jwks.json").String(), nil
}

// safeURL parses the URL in the field called name. Whoever stands between could replace keys that came over
// plain http, so that is only for loopback. Its errors do not repeat the URL, which may hold a password.
func safeURL(name, text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("the %s is not a URL such as https://auth.example.com", name)
	case u.User != nil || u.Fragment != "":
		return nil, fmt.Errorf("the %s has a user name, a password or a fragment: leave them out", name)
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return nil, fmt.Errorf("the %s has to be https: only on localhost keys may come over http", name)
	}
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

func boundedLeeway(d time.Duration) (time.Duration, error) {
	switch {
	case d > maxLeeway:
		return 0, fmt.Errorf("the Leeway is %s: it is a minute at most, because expired tokens live on for as long", d)
	case d == 0:
		return defaultLeeway, nil
	default:
		return max(d, 0), nil
	}
}
