package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAForeignPageCanDoNothing asks the API as browsers do for pages of other sites.
func TestAForeignPageCanDoNothing(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ALLOWED_ORIGINS": app, "LATCHKEY_TRUSTED_PROXIES": "127.0.0.1"})
	const login = `{"query": "mutation { login(input: {email: \"eve@example.com\", password: \"a password of Eve\"}) { errors { code } } }"}`
	const asked, refused = `{"data":{"login":{"errors":[{"code":"INVALID_CREDENTIALS"}]}}}`, `"code":"FORBIDDEN"`

	for name, c := range map[string]struct {
		origin, site, contentType string
		status                    int
		want                      string
	}{
		"a login from a foreign page":             {"https://evil.example", "cross-site", "application/json", 403, refused},
		"one by an older browser":                 {"https://evil.example", "", "application/json", 403, refused},
		"one from a sibling that is not listed":   {"https://www.example.com", "same-site", "application/json", 403, refused},
		"one from a hidden origin":                {"null", "cross-site", "application/json", 403, refused},
		"one from localhost, which is not listed": {"http://localhost:3000", "same-site", "application/json", 403, refused},
		"a form of a foreign page":                {"https://evil.example", "cross-site", "application/x-www-form-urlencoded", 403, refused},
		"plain text of a foreign page":            {"https://evil.example", "cross-site", "text/plain", 403, refused},
		"a form of an allowed page":               {app, "same-site", "application/x-www-form-urlencoded", 415, `"code":"BAD_USER_INPUT"`},
		"plain text of an allowed page":           {app, "same-site", "text/plain", 415, `"code":"BAD_USER_INPUT"`},
		"plain text of no browser":                {"", "", "text/plain", 415, `"code":"BAD_USER_INPUT"`},
		"a login from an allowed page":            {app, "cross-site", "application/json", 200, asked},
		"a login from the server's own page":      {p.url, "same-origin", "application/json", 200, asked},
		"a login by no browser":                   {"", "", "application/json", 200, asked},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {c.contentType}, "X-Forwarded-For": {"203.0.113.7"}}
			if c.origin != "" {
				header.Set("Origin", c.origin)
			}
			if c.site != "" {
				header.Set("Sec-Fetch-Site", c.site)
			}
			status, answer := p.do(http.MethodPost, "/graphql", header, login)
			if status != c.status || !strings.Contains(answer, c.want) || strings.Contains(answer, "evil") {
				t.Errorf("the answer: got %d %s, want %d with %q and nothing of the attacker", status, answer, c.status, c.want)
			}
			if c.want == refused && !strings.Contains(answer, "LATCHKEY_ALLOWED_ORIGINS") {
				t.Errorf("it does not say what to do: %s", answer)
			}
		})
	}
}

// TestTheAddressInTheAuditTrailIsTheClients asks through a proxy that is trusted, and one that is not.
func TestTheAddressInTheAuditTrailIsTheClients(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ proxies, want, not string }{
		"through a proxy that is trusted": {"127.0.0.0/8", "203.0.113.7", "198.51.100.1"},
		"through one that is not":         {"", "127.0.0.1", "203.0.113.7"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_TRUSTED_PROXIES": c.proxies}
			p := serve(t, settings)
			header := http.Header{"Content-Type": {"application/json"}, "X-Forwarded-For": {"198.51.100.1, 203.0.113.7"}}
			p.do(http.MethodPost, "/graphql", header, `{"query": "mutation { register(input: {email: \"ada@example.com\", password: \"correct horse battery\"}) { errors { code } } }"}`)
			p.stop()
			trail, stderr, ok := latchkey(t, "", settings, "audit", "--json")
			if !ok || !strings.Contains(trail, c.want) || strings.Contains(trail, c.not) {
				t.Errorf("%s%s", trail, stderr)
			}
		})
	}
}

// TestTheServerSpeaksTLS runs it with a certificate in files, which a client checks.
func TestTheServerSpeaksTLS(t *testing.T) {
	t.Parallel()
	other := httptest.NewTLSServer(http.NotFoundHandler()) // has a certificate, and a client that trusts it
	defer other.Close()
	pair := other.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	settings := map[string]string{"LATCHKEY_DATA_DIR": dir}
	for variable, block := range map[string]*pem.Block{
		"LATCHKEY_TLS_CERT": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		"LATCHKEY_TLS_KEY":  {Type: "PRIVATE KEY", Bytes: key},
	} {
		settings[variable] = filepath.Join(dir, variable)
		if err := os.WriteFile(settings[variable], pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := serveTLS(t, other.Client(), settings)
	if answer := p.graphql("", `{ authConfig { registration } }`, nil); answer != `{"data":{"authConfig":{"registration":"OPEN"}}}` {
		t.Errorf("the answer is %s", answer)
	}
	if !strings.Contains(p.output.String(), "https://localhost:") {
		t.Errorf("it does not say that it speaks https:\n%s", p.output)
	}
	p.stop()
}

func TestACertificateThatIsMissingStopsTheStart(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "tls.crt")
	_, stderr, ok := latchkey(t, "", map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ENV": "development", "LATCHKEY_ADDR": "127.0.0.1:0", "LATCHKEY_TLS_CERT": missing, "LATCHKEY_TLS_KEY": missing})
	if ok || !strings.Contains(stderr, "LATCHKEY_TLS_CERT and LATCHKEY_TLS_KEY: read the certificate: open "+missing) {
		t.Errorf("it says %s", stderr)
	}
	_, stderr, ok = latchkey(t, "", map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ENV": "development", "LATCHKEY_ADDR": "127.0.0.1:0", "LATCHKEY_TLS_CERT": missing})
	if ok || !strings.Contains(stderr, "LATCHKEY_TLS_KEY (--tls-key) is not set") {
		t.Errorf("it says %s", stderr)
	}
}
