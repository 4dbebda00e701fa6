package graph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// BenchmarkCredentials asks who one is by each kind of credential, over HTTP with connections kept,
// several clients at once. docs/clients/README.md tells how the kinds compare.
func BenchmarkCredentials(b *testing.B) {
	databases := []struct {
		name string
		open func(b *testing.B) *store.DB
	}{
		{"SQLite", func(b *testing.B) *store.DB { return authtest.SQLite(b) }},
		{"Postgres", func(b *testing.B) *store.DB { return authtest.Postgres(b) }},
	}
	kinds := []struct {
		name       string
		algorithm  secret.Algorithm // of JWTs; empty: opaque
		credential func(b *testing.B, url string) http.Header
	}{
		{"opaque", "", bearer},
		{"JWT EdDSA", secret.EdDSA, bearer},
		{"JWT ES256", secret.ES256, bearer},
		{"JWT RS256", secret.RS256, bearer},
		{"cookie", "", cookie},
		{"Basic", "", basic},
	}
	for _, database := range databases {
		b.Run(database.name, func(b *testing.B) {
			for _, kind := range kinds {
				b.Run(kind.name, func(b *testing.B) {
					url := benchServer(b, database.open(b), kind.algorithm)
					askWhoIAm(b, url, kind.credential(b, url))
				})
			}
		})
	}
}

const (
	benchEmail    = "ada@example.com"
	benchPassword = "correct horse battery"
)

// benchServer returns the URL of the API of a server with a user.
func benchServer(b *testing.B, db *store.DB, algorithm secret.Algorithm) string {
	b.Helper()
	config := authtest.Mandatory
	config.Limits = auth.NoLimits
	if algorithm != "" {
		config.AccessToken, config.JWTAlgorithm, config.Issuer = auth.AccessTokenJWT, algorithm, "https://auth.example.com"
	}
	world := authtest.NewWithHasher(b, db, config, secret.DefaultParams)
	world.Join(b, benchEmail, benchPassword)
	logger := slog.New(slog.DiscardHandler)
	cookies := httpd.NewCookies(false, "")
	cookies.Now = world.Clock.Now
	front, err := httpd.New(httpd.Config{
		GraphQL:  graph.NewHandler(world.Service, logger, graph.Options{Cookies: cookies, Basic: true}),
		Accounts: world, Tokens: world, JWKS: world.PublicKeys, Ready: db.Ping,
		ProductName: "Latchkey", Logger: logger,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		AccountName:    func(key string) string { return secret.NewFingerprintKey(world.Key, "log").Fingerprint(key).Short() },
	})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(front)
	b.Cleanup(server.Close)
	return server.URL + "/graphql"
}

func askWhoIAm(b *testing.B, url string, credential http.Header) {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 4 * runtime.GOMAXPROCS(0)}
	b.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport}
	askOnce := func() bool {
		_, answer := post(b, client, url, credential, `{ me { email } }`)
		if answer != `{"data":{"me":{"email":"`+benchEmail+`"}}}` {
			b.Errorf("the answer is %s", answer)
		}
		return !b.Failed()
	}
	for range 20 { // what is done once, is done before
		if !askOnce() {
			return
		}
	}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() && askOnce() {
		}
	})
}

// logIn returns the token of the answer and the cookies.
func logIn(b *testing.B, url, delivery string) (token string, cookies []*http.Cookie) {
	b.Helper()
	cookies, answer := post(b, http.DefaultClient, url, http.Header{}, fmt.Sprintf(
		`mutation { login(input: {email: %q, password: %q, delivery: %s}) { tokens { accessToken } } }`, benchEmail, benchPassword, delivery))
	var decoded struct {
		Data struct {
			Login struct{ Tokens struct{ AccessToken string } }
		}
	}
	if err := json.Unmarshal([]byte(answer), &decoded); err != nil {
		b.Fatal(err)
	}
	return decoded.Data.Login.Tokens.AccessToken, cookies
}

func bearer(b *testing.B, url string) http.Header {
	token, _ := logIn(b, url, "BODY")
	return http.Header{"Authorization": {"Bearer " + token}}
}

func cookie(b *testing.B, url string) http.Header {
	_, cookies := logIn(b, url, "COOKIE")
	if len(cookies) != 1 {
		b.Fatalf("the login set %d cookies", len(cookies))
	}
	return http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}}
}

// basic is sent as by a proxy that a client reached over TLS.
func basic(b *testing.B, url string) http.Header {
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	request.SetBasicAuth(benchEmail, benchPassword)
	request.Header.Set("X-Forwarded-Proto", "https")
	return request.Header
}

// post returns the cookies and the body of the answer.
func post(b *testing.B, client *http.Client, url string, header http.Header, document string) (cookies []*http.Cookie, answer string) {
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		b.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		b.Error(err)
		return nil, ""
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		b.Error(err)
		return nil, ""
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		b.Error(err)
	}
	return response.Cookies(), string(read)
}
