package httpd

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Cookies keep a session token in a browser, where no script can read it, and beside it the token of a trusted device.
// There is one cookie of each, for all paths of exactly this host.
type Cookies struct {
	Now    func() time.Time
	secure bool
	port   string
}

// NewCookies returns cookies that are sent over https only, under a name that browsers take from
// no one else: with the prefix __Host- a cookie can be set neither over plain http nor by another
// host of the same domain (RFC 6265bis, section 4.1.3.2). With secure false, for plain http while
// developing, the cookie has a plain name and no such protection. The port of the server (empty: the usual one) is in
// that name: browsers keep one set of cookies for all ports of localhost.
func NewCookies(secure bool, port string) *Cookies {
	return &Cookies{Now: time.Now, secure: secure, port: port}
}

// deviceSuffix is the end of the name of the cookie that trusts a device.
const deviceSuffix = "_device"

func (c *Cookies) name() string {
	switch {
	case c.secure:
		return "__Host-latchkey"
	case c.port != "":
		return "latchkey_" + c.port
	}
	return "latchkey"
}

// Token returns the token in the request's cookie, and whether there was a cookie. The token is "" if
// there are several cookies that differ, of which it cannot be told whose is whose, or if a JWT is in it: those
// are for headers, and a cookie of ours never holds one.
func (c *Cookies) Token(r *http.Request) (token secret.Text, came bool) {
	cookies := r.CookiesNamed(c.name())
	if len(cookies) == 0 {
		return "", false
	}
	for _, cookie := range cookies {
		if secret.IsJWT(secret.Text(cookie.Value)) || cookie.Value != cookies[0].Value {
			return "", true
		}
	}
	return secret.Text(cookies[0].Value), true
}

// Set writes the cookie into the headers of an answer, in place of what was set or cleared there
// before. The browser keeps it until then. A time that is over clears it.
func (c *Cookies) Set(h http.Header, token secret.Text, until time.Time) {
	seconds := int(until.Sub(c.Now()).Seconds())
	if seconds <= 0 {
		c.Clear(h)
		return
	}
	c.put(h, c.session(token.Reveal(), until, seconds))
}

// Clear tells the browser to forget the cookie, in place of what was set there before.
func (c *Cookies) Clear(h http.Header) { c.put(h, c.session("", time.Unix(1, 0), -1)) }

// Device returns the token of a trusted device in its cookie. It is "" if there is none, or if there are several.
func (c *Cookies) Device(r *http.Request) secret.Text {
	cookies := r.CookiesNamed(c.name() + deviceSuffix)
	if len(cookies) != 1 {
		return ""
	}
	return secret.Text(cookies[0].Value)
}

// SetDevice writes the cookie of a trusted device into the headers of an answer. It is a cookie of its own, because it
// stays when a session ends.
func (c *Cookies) SetDevice(h http.Header, token secret.Text, until time.Time) {
	c.put(h, c.device(token.Reveal(), until, int(until.Sub(c.Now()).Seconds())))
}

// ClearDevice tells the browser to forget the cookie of a trusted device.
func (c *Cookies) ClearDevice(h http.Header) { c.put(h, c.device("", time.Unix(1, 0), -1)) }

// providerSuffix is the end of the name of the cookie that binds a sign-in with a provider to the browser.
const providerSuffix = "_provider"

// Verifier returns the verifier of the sign-in with a provider that the browser has begun. It is "" if there is none, or
// if there are several.
func (c *Cookies) Verifier(r *http.Request) secret.Text {
	cookies := r.CookiesNamed(c.name() + providerSuffix)
	if len(cookies) != 1 {
		return ""
	}
	return secret.Text(cookies[0].Value)
}

// SetVerifier writes the cookie that binds a sign-in with a provider to the browser into the headers of an answer. It is
// Lax, because the browser comes back with it from a page of the provider.
func (c *Cookies) SetVerifier(h http.Header, verifier secret.Text, lasting time.Duration) {
	c.put(h, c.provider(verifier.Reveal(), c.Now().Add(lasting), int(lasting.Seconds())))
}

// ClearVerifier tells the browser to forget it.
func (c *Cookies) ClearVerifier(h http.Header) { c.put(h, c.provider("", time.Unix(1, 0), -1)) }

func (c *Cookies) provider(value string, expires time.Time, maxAge int) http.Cookie {
	cookie := c.session(value, expires, maxAge) //nolint:gosec // as that of the session is
	cookie.Name = c.name() + providerSuffix
	return cookie
}

// session is the cookie of a session. It is Lax, not Strict: a user who follows a link from a mail to the product is
// logged in there.
func (c *Cookies) session(value string, expires time.Time, maxAge int) http.Cookie {
	return http.Cookie{ //nolint:gosec // it is Secure unless there is no https, while developing
		Name: c.name(), Value: value, Path: "/", Expires: expires, MaxAge: maxAge,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// device is the cookie of a trusted device. It is Strict: only a login on the page itself needs it.
func (c *Cookies) device(value string, expires time.Time, maxAge int) http.Cookie {
	cookie := c.session(value, expires, maxAge) //nolint:gosec // as that of the session is
	cookie.Name, cookie.SameSite = c.name()+deviceSuffix, http.SameSiteStrictMode
	return cookie
}

// put writes a cookie into the headers of an answer, in place of an earlier one of that name.
func (c *Cookies) put(h http.Header, cookie http.Cookie) {
	const header = "Set-Cookie"
	h[header] = slices.DeleteFunc(h[header], func(line string) bool { return strings.HasPrefix(line, cookie.Name+"=") })
	h.Add(header, cookie.String())
}
