package httpd_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

const app = "https://app.example"

// origins are those of a server whose public URL a proxy hides, and which allows two others.
func origins(t *testing.T, localhost bool) *httpd.Origins {
	t.Helper()
	o, err := httpd.NewOrigins("https://accounts.example/auth", []string{app, "http://localhost:3000"}, localhost)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// fromABrowser returns a request with an Origin and a Sec-Fetch-Site header, none where they are empty.
func fromABrowser(r *http.Request, origin, site string) *http.Request {
	for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	return r
}

func TestNewOriginsRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "null", "*", "app.example", "https://", "https://app.example/", "https://*.example", "https://me@app.example", "/x"} {
		if _, err := httpd.NewOrigins("", []string{bad}, false); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, err := httpd.NewOrigins("accounts.example", nil, false); err == nil {
		t.Error("a public URL without a scheme is taken")
	}
}

func TestWhoMayUseTheAPI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		origin, site string
		localhost    bool
		passes       bool
	}{
		"no browser":                          {"", "", false, true},
		"the server's own page":               {"http://the-host", "same-origin", false, true},
		"the same page, an older browser":     {"http://the-host", "", false, true},
		"its page behind a proxy":             {"https://accounts.example", "same-site", false, true},
		"the same proxy, an older browser":    {"https://accounts.example", "", false, true},
		"an allowed origin":                   {app, "cross-site", false, true},
		"an allowed origin of the same site":  {app, "same-site", false, true},
		"an allowed origin, an older browser": {app, "", false, true},
		"an allowed one on localhost":         {"http://localhost:3000", "cross-site", false, true},
		"a foreign origin":                    {"https://evil.example", "cross-site", false, false},
		"a foreign origin, an older browser":  {"https://evil.example", "", false, false},
		"a site below the same domain":        {"https://other.accounts.example", "same-site", false, false},
		"a cross-site request that hides it":  {"", "cross-site", false, false},
		"a same-site request that hides it":   {"", "same-site", false, false},
		"a hidden origin":                     {"null", "cross-site", false, false},
		"a hidden origin, an older browser":   {"null", "", false, false},
		"a hidden origin of our own":          {"null", "same-origin", false, false},
		"an unknown word of a browser":        {"https://evil.example", "none-of-these", false, false},
		"the allowed one in plain http":       {"http://app.example", "cross-site", false, false},
		"the allowed one on another port":     {app + ":8443", "cross-site", false, false},
		"the allowed one with a path":         {app + "/", "cross-site", false, false},
		"the allowed one in capitals":         {"https://APP.example", "cross-site", false, false},
		"one that begins like an allowed one": {app + ".evil.example", "cross-site", false, false},
		"localhost, unless it is allowed":     {"http://localhost:5173", "same-site", false, false},
		"localhost":                           {"http://localhost:5173", "same-site", true, true},
		"localhost by https":                  {"https://localhost", "cross-site", true, true},
		"below localhost":                     {"http://app.localhost:5173", "cross-site", true, true},
		"127.0.0.1":                           {"http://127.0.0.1:5173", "cross-site", true, true},
		"127.9.9.9":                           {"http://127.9.9.9", "cross-site", true, true},
		"::1":                                 {"http://[::1]:5173", "cross-site", true, true},
		"a name that only begins so":          {"http://localhost.evil.example", "cross-site", true, false},
		"a name that only ends so":            {"http://evillocalhost", "cross-site", true, false},
		"localhost as a user":                 {"http://localhost@evil.example", "cross-site", true, false},
		"localhost in another scheme":         {"ftp://localhost", "cross-site", true, false},
		"localhost with a path":               {"http://localhost/x", "cross-site", true, false},
		"hidden, where localhost is allowed":  {"null", "cross-site", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := fromABrowser((&world{t: t, url: "http://the-host"}).request(http.MethodPost, "/graphql", ""), c.origin, c.site)
			r.Host = "the-host"
			err := origins(t, c.localhost).Check(r)
			if (err == nil) != c.passes {
				t.Fatalf("error: %v", err)
			}
			if known, ok := errors.AsType[*auth.Error](err); err != nil && (!ok || known.Kind != auth.Forbidden || c.origin != "" && strings.Contains(err.Error(), c.origin)) {
				t.Errorf("error %q", err)
			}
		})
	}
	t.Run("two origins are none", func(t *testing.T) {
		r := (&world{t: t, url: "http://the-host"}).request(http.MethodPost, "/graphql", "")
		r.Host = "the-host"
		for _, two := range [][]string{{app, app}, {"http://the-host", "https://evil.example"}} {
			r.Header["Origin"] = two
			if origins(t, true).Check(r) == nil {
				t.Errorf("%q pass", two)
			}
		}
	})
}

// preflight asks whether a page may send a request to /graphql with these headers.
func (w *world) preflight(origin, method, headers string) reply {
	w.t.Helper()
	r := fromABrowser(w.request(http.MethodOptions, "/graphql", ""), origin, "cross-site")
	r.Header.Set("Access-Control-Request-Method", method)
	if headers != "" {
		r.Header.Set("Access-Control-Request-Headers", headers)
	}
	return w.do(r)
}

// wantNoPermission fails the test if an answer lets a page of another origin read it, or may be
// cached for another.
func wantNoPermission(t *testing.T, got reply) {
	t.Helper()
	for name := range got.header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s: %s", name, got.header.Get(name))
		}
	}
	wantIn(t, got.header.Get("Vary"), "Origin")
}

func TestSharingWithOtherOrigins(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *httpd.Config) { c.Origins = origins(t, false) })

	t.Run("an allowed one may read answers, with cookies", func(t *testing.T) {
		got := w.do(fromABrowser(w.request(http.MethodPost, "/graphql", "{}"), app, "cross-site"))
		wantStatus(t, got, http.StatusNoContent)
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
			"Access-Control-Expose-Headers": "Retry-After, Www-Authenticate, X-Request-Id",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
			}
		}
	})
	t.Run("its preflight is remembered", func(t *testing.T) {
		for _, headers := range []string{"", "content-type", "authorization,content-type", "apollographql-client-name,content-type,x-requested-with"} {
			got := w.preflight(app, http.MethodPost, headers)
			wantStatus(t, got, http.StatusNoContent)
			for name, want := range map[string]string{
				"Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true", "Access-Control-Max-Age": "7200",
				"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": headers,
				"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
				}
			}
		}
	})
	t.Run("nothing but POST is shared", func(t *testing.T) {
		wantNoPermission(t, w.preflight(app, http.MethodDelete, ""))
		wantNoPermission(t, w.preflight(app, http.MethodPost, "x-forwarded-for"))
	})
	t.Run("others get no word of permission", func(t *testing.T) {
		for _, origin := range []string{"https://evil.example", "null", "http://app.example", app + ".evil.example", "http://localhost:5173", ""} {
			wantNoPermission(t, w.preflight(origin, http.MethodPost, "content-type"))
			wantNoPermission(t, w.do(fromABrowser(w.request(http.MethodPost, "/graphql", "{}"), origin, "cross-site")))
		}
		twice := w.request(http.MethodPost, "/graphql", "{}")
		twice.Header["Origin"] = []string{app, "https://evil.example"}
		wantNoPermission(t, w.do(twice))
	})
	t.Run("pages and health are shared with nobody", func(t *testing.T) {
		for _, path := range []string{"/", "/healthz", "/confirm?token=x", "/nothing"} {
			if got := w.do(fromABrowser(w.request(http.MethodGet, path, ""), app, "cross-site")); got.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %v", path, got.header)
			}
		}
	})
	t.Run("a form of an allowed origin is foreign to our pages", func(t *testing.T) {
		r := fromABrowser(w.form("/confirm", "token", token), app, "cross-site")
		wantStatus(t, w.do(r), http.StatusForbidden)
		if w.accounts.calls() != 0 {
			t.Error("got a call of the domain, want none")
		}
	})
	t.Run("an allowed one may read of a panic", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.Origins = origins(t, false)
			c.GraphQL = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") })
		})
		got := w.do(fromABrowser(w.request(http.MethodPost, "/graphql", "{}"), app, "cross-site"))
		wantStatus(t, got, http.StatusInternalServerError)
		if got.header.Get("Access-Control-Allow-Origin") != app {
			t.Errorf("headers: %v", got.header)
		}
		wantNoPermission(t, w.do(fromABrowser(w.request(http.MethodPost, "/graphql", "{}"), "https://evil.example", "cross-site")))
	})
}
