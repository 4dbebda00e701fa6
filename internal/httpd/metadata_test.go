package httpd_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

const (
	oauthMetadata  = "/.well-known/oauth-authorization-server"
	openIDMetadata = "/.well-known/openid-configuration"
	jwks           = "/.well-known/jwks.json"
)

func noKeySet(context.Context) ([]byte, error) { return nil, auth.ErrNotFound }

func keySet(context.Context) ([]byte, error) { return []byte(`{"keys":[]}`), nil }

func TestMetadata(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		public, issuer string
		keys           func(context.Context) ([]byte, error)
	}{
		"of a server with opaque tokens": {"https://accounts.example", "https://accounts.example", noKeySet},
		"of one with keys":               {"https://accounts.example/", "https://accounts.example", keySet},
		"of one below a path":            {"https://your-site.example/accounts/", "https://your-site.example/accounts", keySet},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, func(config *httpd.Config) { config.PublicURL, config.JWKS = c.public, c.keys })
			want := map[string]any{
				"issuer":                   c.issuer,
				"introspection_endpoint":   c.issuer + "/oauth/introspect",
				"revocation_endpoint":      c.issuer + "/oauth/revoke",
				"response_types_supported": []any{},
				"grant_types_supported":    []any{},
			}
			want["introspection_endpoint_auth_methods_supported"] = []any{"client_secret_basic", "Bearer"}
			want["revocation_endpoint_auth_methods_supported"] = []any{"client_secret_basic"}
			if name != "of a server with opaque tokens" {
				want["jwks_uri"] = c.issuer + "/.well-known/jwks.json"
			}
			for _, path := range []string{oauthMetadata, openIDMetadata} {
				got := w.get(path)
				wantStatus(t, got, http.StatusOK)
				var body map[string]any
				if err := json.Unmarshal([]byte(got.body), &body); err != nil || !reflect.DeepEqual(body, want) {
					t.Errorf("%s: %v\n%v, want\n%v", path, err, body, want)
				}
			}
		})
	}

	t.Run("of an issuer with a path is also where RFC 8414 looks for it", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.PublicURL = "https://your-site.example/accounts" })
		wantStatus(t, w.get(oauthMetadata+"/accounts"), http.StatusOK)
		for _, other := range []string{"/", "/account", "/accounts/", "/accounts/x"} {
			wantStatus(t, w.get(oauthMetadata+other), http.StatusNotFound)
		}
	})
	t.Run("is of no other issuer", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.PublicURL = "https://your-site.example" })
		for _, other := range []string{"/", "/accounts"} {
			wantStatus(t, w.get(oauthMetadata+other), http.StatusNotFound)
		}
	})
	t.Run("of a server that does not know its address is not there", func(t *testing.T) {
		w := start(t, nil)
		for _, path := range []string{oauthMetadata, openIDMetadata} {
			wantStatus(t, w.get(path), http.StatusNotFound)
		}
	})
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	t.Run("is served as it is", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.JWKS = keySet })
		got := w.get(jwks)
		wantStatus(t, got, http.StatusOK)
		if got.body != `{"keys":[]}` {
			t.Errorf("body %s", got.body)
		}
	})
	t.Run("of opaque tokens is not there, and it is said what to do instead", func(t *testing.T) {
		w := start(t, nil)
		got := w.get(jwks)
		wantOAuthError(t, got, http.StatusNotFound, "not_found")
		wantIn(t, got.body, "/oauth/introspect")
	})
	t.Run("that cannot be read is an outage, which nobody keeps", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.JWKS = func(context.Context) ([]byte, error) { return nil, errors.New("connection to 10.0.0.1 failed") }
		})
		got := w.get(jwks)
		wantOAuthError(t, got, http.StatusServiceUnavailable, "temporarily_unavailable")
		wantNotIn(t, got.body, "10.0.0.1")
		if got.header.Get("Retry-After") == "" || got.header.Get("ETag") != "" {
			t.Errorf("headers: %v", got.header)
		}
		w.close()
		wantIn(t, w.log.String(), "10.0.0.1", got.header.Get("X-Request-Id"))
	})
}

func TestWellKnownDocumentsAreForEverybody(t *testing.T) {
	t.Parallel()
	document := `{"keys":[]}`
	w := start(t, func(c *httpd.Config) {
		c.PublicURL = "https://accounts.example"
		c.JWKS = func(context.Context) ([]byte, error) { return []byte(document), nil }
	})
	for _, path := range []string{oauthMetadata, openIDMetadata, jwks} {
		t.Run(path, func(t *testing.T) {
			got := w.get(path)
			for name, want := range map[string]string{
				"Content-Type": "application/json", "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*",
				"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Credentials": "",
			} {
				if got.header.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
				}
			}
			tag := got.header.Get("ETag")
			for match, status := range map[string]int{tag: 304, `"other", ` + tag: 304, "W/" + tag: 304, "*": 304, `"other"`: 200, "": 200} {
				r := w.request(http.MethodGet, path, "")
				r.Header.Set("If-None-Match", match)
				again := w.do(r)
				wantStatus(t, again, status)
				if (again.body == "") != (status == 304) || again.header.Get("ETag") != tag || again.header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("If-None-Match %s: %d bytes, %v", match, len(again.body), again.header)
				}
			}
			head := w.do(w.request(http.MethodHead, path, ""))
			wantStatus(t, head, http.StatusOK)
			if head.body != "" || head.header.Get("Content-Length") != got.header.Get("Content-Length") || head.header.Get("ETag") != tag {
				t.Errorf("HEAD: %v", head.header)
			}
			for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
				refused := w.do(w.request(method, path, ""))
				wantStatus(t, refused, http.StatusMethodNotAllowed)
				if refused.header.Get("Allow") != "GET, HEAD" {
					t.Errorf("%s: Allow %q", method, refused.header.Get("Allow"))
				}
			}
		})
	}

	t.Run("another key set has another tag", func(t *testing.T) {
		tag := w.get(jwks).header.Get("ETag")
		document = `{"keys":[{}]}`
		r := w.request(http.MethodGet, jwks, "")
		r.Header.Set("If-None-Match", tag)
		got := w.do(r)
		wantStatus(t, got, http.StatusOK)
		if got.body != document || got.header.Get("ETag") == tag {
			t.Errorf("body %s", got.body)
		}
	})
}
