package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
	"github.com/latchkey-auth/latchkey/verify"
)

// jwtMode makes access tokens JWTs. The public URL is one for all processes: it is in the tokens.
var jwtMode = map[string]string{"LATCHKEY_ACCESS_TOKEN": "jwt", "LATCHKEY_PUBLIC_URL": "http://localhost:8080", "LATCHKEY_JWT_CLAIMS": "email,role"}

type tokenPair struct{ AccessToken, RefreshToken string }

// begin logs in where access tokens are JWTs.
func (p *process) begin() tokenPair {
	p.t.Helper()
	return p.pair("login", `mutation($e: String!, $p: String!) { login(input: {email: $e, password: $p}) { tokens { accessToken refreshToken } errors { code } } }`,
		map[string]any{"e": email, "p": password})
}

func (p *process) refresh(token string) tokenPair {
	p.t.Helper()
	return p.pair("refreshSession", `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { tokens { accessToken refreshToken } errors { code } } }`,
		map[string]any{"t": token})
}

// pair returns the tokens in the answer of a field.
func (p *process) pair(field, document string, variables map[string]any) tokenPair {
	p.t.Helper()
	var decoded struct {
		Data map[string]struct{ Tokens tokenPair }
	}
	answer := p.graphql("", document, variables)
	if err := json.Unmarshal([]byte(answer), &decoded); err != nil || decoded.Data[field].Tokens.AccessToken == "" {
		p.t.Fatalf("%s: there are no tokens in an answer of %d bytes\n%s", field, len(answer), hideTokens(p.output.String()))
	}
	return decoded.Data[field].Tokens
}

// stopped fails the test unless the token opens nothing any more.
func (p *process) stopped(what, token string) {
	p.t.Helper()
	p.hears(what, token, `{ me { email name } }`, `"UNAUTHENTICATED"`)
}

// TestJSONWebTokens has them made by one process, used at another, verified by a service, refreshed
// after a restart, and stopped by the command line.
func TestJSONWebTokens(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			account(t, settings)
			first := serve(t, settings, jwtMode)
			second := first
			if name == "Postgres" {
				second = serve(t, settings, jwtMode)
			}
			tokens := first.begin()
			second.me(tokens.AccessToken)

			verifier, err := verify.New(verify.Config{Issuer: "http://localhost:8080", JWKS: second.url + "/.well-known/jwks.json"})
			if err != nil {
				t.Fatal(err)
			}
			claims, err := verifier.Verify(t.Context(), tokens.AccessToken)
			if err != nil {
				t.Fatalf("the service refuses the token: %v", err)
			}
			if claims.Email != email || !claims.HasRole("USER") {
				t.Errorf("the claims are %+v", claims)
			}
			keysAreCached(second)

			if out, errs, ok := latchkey(t, "", merged(settings, jwtMode), "keys", "rotate"); !ok || !strings.Contains(out, "signs from") {
				t.Fatalf("keys rotate: %s %s", out, errs)
			}
			if out, errs, ok := latchkey(t, "", merged(settings, jwtMode), "keys", "list"); !ok || strings.Count(out, "EdDSA") != 2 || !strings.Contains(out, "published, signs later") {
				t.Fatalf("keys list: %s %s", out, errs)
			}
			first.stop()
			restarted := serve(t, settings, jwtMode)
			restarted.me(tokens.AccessToken)
			next := restarted.refresh(tokens.RefreshToken)
			restarted.me(next.AccessToken)

			if out, errs, ok := latchkey(t, "", merged(settings, jwtMode), "keys", "rotate", "--compromised"); !ok {
				t.Fatalf("keys rotate --compromised: %s %s", out, errs)
			}
			after := serve(t, settings, jwtMode)
			after.stopped("after the keys were removed", next.AccessToken)
			last := after.refresh(next.RefreshToken)
			after.me(last.AccessToken)

			if _, errs, ok := latchkey(t, "", settings, "user", "disable", email); !ok {
				t.Fatal(errs)
			}
			after.stopped("after the user was disabled", last.AccessToken)
			noSecrets(t, first, restarted, after)
			noJWTs(t, first, restarted, after)
		})
	}
}

// keysAreCached asks for the key set as a verifier does that has it.
func keysAreCached(p *process) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/.well-known/jwks.json", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, want := range []int{http.StatusOK, http.StatusNotModified} {
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			p.t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want || response.Header.Get("Cache-Control") != "public, max-age=300" {
			p.t.Errorf("the keys are answered with %d, %s", response.StatusCode, response.Header.Get("Cache-Control"))
		}
		request.Header.Set("If-None-Match", response.Header.Get("ETag"))
	}
	if _, document := p.get("/.well-known/openid-configuration"); !strings.Contains(document, `"jwks_uri":"http://localhost:8080/.well-known/jwks.json"`) {
		p.t.Errorf("the metadata is %s", document)
	}
}

func merged(groups ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, group := range groups {
		for name, value := range group {
			all[name] = value
		}
	}
	return all
}

// noJWTs looks for the beginning of one in everything that the servers printed.
func noJWTs(t *testing.T, processes ...*process) {
	t.Helper()
	for _, p := range processes {
		if strings.Contains(p.output.String(), "eyJhbGciOi") {
			t.Error("got a JWT in the output of the server, want none")
		}
	}
}

// TestAnotherSecretKeyIsToldAtTheStart: its signing keys cannot be opened, and it is said what to do.
func TestAnotherSecretKeyIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	settings := onPostgres(t, pgtest.URL(t))
	serve(t, settings, jwtMode).stop()
	other := merged(settings, jwtMode, map[string]string{"LATCHKEY_SECRET_KEY": "ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZY=", "LATCHKEY_ADDR": "127.0.0.1:0", "LATCHKEY_ENV": "development"})
	out, errs, ok := latchkey(t, "", other)
	if ok || !strings.Contains(errs, "LATCHKEY_SECRET_KEY") || !strings.Contains(errs, "latchkey keys rotate --compromised --secret-key-lost") {
		t.Errorf("succeeded: %v\n%s\n%s", ok, out, errs)
	}
}
