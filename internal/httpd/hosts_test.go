package httpd_test

import (
	"net/http"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// TestHosts is about DNS rebinding: a site whose name leads here may not use what answers here.
func TestHosts(t *testing.T) {
	t.Parallel()
	development := &httpd.Hosts{Names: []string{"devbox.example"}, Loopback: true}
	production := &httpd.Hosts{Names: []string{"auth.example.com", "10.0.0.5", "2001:db8::1"}}
	metrics := &httpd.Hosts{Loopback: true, Literals: true}

	for _, c := range []struct {
		hosts *httpd.Hosts
		host  string
		want  bool
	}{
		{development, "localhost:8080", true},
		{development, "LOCALHOST", true},
		{development, "app.localhost:8080", true},
		{development, "127.0.0.1:8080", true},
		{development, "127.0.0.1", true},
		{development, "[::1]:8080", true},
		{development, "[::1]", true},
		{development, "devbox.example:8080", true},
		{development, "rebound.evil.example:8080", false},
		{development, "localhost.evil.example", false},
		{development, "127.0.0.1.evil.example", false},
		{development, "evil-localhost", false},
		{development, "localhost@evil.example", false},
		{development, "localhost:evil", false},
		{development, "192.168.1.5:8080", false},
		{development, "", false},
		{development, ":8080", false},

		{production, "auth.example.com", true},
		{production, "AUTH.example.com:8443", true},
		{production, "10.0.0.5:8080", true},
		{production, "[2001:db8::1]:8080", true},
		{production, "[2001:db8::1]", true},
		{production, "localhost:8080", false},
		{production, "127.0.0.1:8080", false},
		{production, "10.0.0.6:8080", false},
		{production, "auth.example.com.evil.example", false},
		{production, "x.auth.example.com", false},
		{production, "", false},

		{metrics, "localhost:9090", true},
		{metrics, "10.1.2.3:9090", true},
		{metrics, "[2001:db8::7]:9090", true},
		{metrics, "rebound.evil.example:9090", false},
	} {
		if got := c.hosts.Allow(c.host); got != c.want {
			t.Errorf("%+v, %q: %t", *c.hosts, c.host, got)
		}
	}
}

func TestRequestsForOtherHosts(t *testing.T) {
	t.Parallel()
	for mode, development := range map[string]*httpd.Development{"development": {}, "production": nil} {
		t.Run(mode, func(t *testing.T) {
			w := start(t, func(c *httpd.Config) {
				c.Development, c.Hosts = development, &httpd.Hosts{Names: []string{"auth.example.com"}, Loopback: development != nil}
			})
			ask := func(method, path, host string) reply {
				r := w.request(method, path, "")
				r.Host = host
				r.Header.Set("X-Forwarded-Host", "auth.example.com") // is not believed
				return w.do(r)
			}
			for _, path := range []string{"/", "/confirm?token=" + token, "/nothing", "/.well-known/jwks.json", "/dev/mail"} {
				got := ask(http.MethodGet, path, "rebound.evil.example")
				wantStatus(t, got, http.StatusMisdirectedRequest)
				wantIn(t, got.body, "LATCHKEY_ALLOWED_HOSTS")
				wantNotIn(t, got.body, "evil")
			}
			for _, path := range []string{"/graphql", "/graphql/"} {
				for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodOptions} {
					got := ask(method, path, "rebound.evil.example")
					wantStatus(t, got, http.StatusMisdirectedRequest)
					wantIn(t, got.body, `{"errors":[`, "LATCHKEY_ALLOWED_HOSTS", `"FORBIDDEN"`)
				}
			}
			for _, path := range []string{"/healthz", "/readyz"} {
				wantStatus(t, ask(http.MethodGet, path, "10.9.8.7:8080"), http.StatusOK)
			}
			wantStatus(t, ask(http.MethodPost, "/graphql", "auth.example.com"), http.StatusNoContent)
		})
	}
}
