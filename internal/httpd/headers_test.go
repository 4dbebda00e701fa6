package httpd_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *httpd.Config) {
		c.PublicURL = "https://accounts.example"
		c.GraphQL = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") })
		c.Origins = origins(t, false)
	})
	preflight := func(origin string) *http.Request {
		r := fromABrowser(w.request("OPTIONS", "/graphql", ""), origin, "cross-site")
		r.Header.Set("Access-Control-Request-Method", "POST")
		return r
	}
	type probe struct {
		name   string
		r      *http.Request
		status int
		page   bool
		kept   bool // browsers may cache it
	}
	for _, p := range []probe{
		{"home", w.request("GET", "/", ""), 200, true, false},
		{"health", w.request("GET", "/healthz", ""), 200, false, false},
		{"a form", w.request("GET", "/reset?token=x", ""), 200, true, false},
		{"a form's head", w.request("HEAD", "/reset?token=x", ""), 200, true, false},
		{"a bad link", w.request("GET", "/reset", ""), 400, true, false},
		{"a success", w.form("/confirm", "token", "x"), 200, true, false},
		{"an unknown path", w.request("GET", "/nothing", ""), 404, false, false},
		{"a wrong method", w.request("PUT", "/reset", ""), 405, false, false},
		{"a wrong content type", w.request("POST", "/reset", ""), 415, true, false},
		{"a redirect to the clean path", w.request("GET", "//reset", ""), 307, false, false},
		{"a panic", w.request("POST", "/graphql", ""), 500, false, false},
		{"a panic for another origin", fromABrowser(w.request("POST", "/graphql", ""), app, "cross-site"), 500, false, false},
		{"a preflight", preflight(app), 204, false, false},
		{"a preflight of a foreign origin", preflight("https://evil.example"), 204, false, false},
		{"a form of a foreign origin", fromABrowser(w.form("/confirm", "token", "x"), "https://evil.example", "cross-site"), 403, true, false},
		{"readiness", w.request("GET", "/readyz", ""), 200, false, false},
		{"confirmation", w.request("GET", "/confirm?token=x", ""), 200, true, false},
		{"its undoing", w.request("GET", "/undo-email-change?token=x", ""), 200, true, false},
		{"the icon", w.request("GET", "/favicon.ico", ""), 200, false, true},
	} {
		t.Run(p.name+" has all of them", func(t *testing.T) {
			got := w.do(p.r)
			wantStatus(t, got, p.status)
			policy := got.header.Get("Content-Security-Policy")
			wantIn(t, policy, "default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
			wantNotIn(t, policy, "script-src", "unsafe")
			if p.page {
				wantIn(t, policy, "style-src 'self'", "form-action 'self'")
			} else {
				wantIn(t, policy, "form-action 'none'")
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options":    "nosniff",
				"X-Frame-Options":           "DENY",
				"Strict-Transport-Security": "max-age=31536000",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
				}
			}
			if (got.header.Get("Cache-Control") == "no-store") == p.kept {
				t.Errorf("Cache-Control: %q", got.header.Get("Cache-Control"))
			}
			if referrer := got.header.Get("Referrer-Policy"); (referrer == "strict-origin") != p.page || (referrer == "no-referrer") == p.page {
				t.Errorf("Referrer-Policy: %q", referrer)
			}
			if got.header.Get("X-Request-Id") == "" {
				t.Error("got no request id, want one")
			}
		})
	}

	t.Run("no promise of https without an https public URL", func(t *testing.T) {
		for _, publicURL := range []string{"", "http://localhost:8080"} {
			w := start(t, func(c *httpd.Config) { c.PublicURL = publicURL })
			if got := w.get("/"); got.header.Get("Strict-Transport-Security") != "" {
				t.Errorf("%q: %v", publicURL, got.header)
			}
		}
	})

	t.Run("a proxy that speaks https to the client promises it", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
		for proto, want := range map[string]string{"https": "max-age=31536000", "http": ""} {
			r := w.request(http.MethodGet, "/", "")
			r.Header.Set(xfp, proto)
			if got := w.do(r).header.Get("Strict-Transport-Security"); got != want {
				t.Errorf("%s: %q", proto, got)
			}
		}
	})
	t.Run("localhost, where other servers are, gets no promise of https", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.PublicURL = "https://localhost:8443" })
		r := w.request(http.MethodGet, "/", "")
		r.Host = "localhost:8443"
		if got := w.do(r).header.Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%q", got)
		}
	})

	t.Run("no page has a script or a style in it", func(t *testing.T) {
		for _, path := range []string{"/", "/confirm?token=x", "/reset?token=x", "/reset"} {
			if body := strings.ToLower(w.get(path).body); strings.Contains(body, "<script") || strings.Contains(body, "style=") || strings.Contains(body, "<style") {
				t.Errorf("%s:\n%s", path, body)
			}
		}
	})
}
