package provider_test

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// metadata is where machines of a cloud find their secrets.
const metadata = "http://169.254.169.254/latest/meta-data"

// TestNoAnswerOfAProviderLeadsElsewhereOrHasNoEnd has each address of a provider redirect, and answer ten megabytes.
func TestNoAnswerOfAProviderLeadsElsewhereOrHasNoEnd(t *testing.T) {
	t.Parallel()
	redirects := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, metadata, http.StatusTemporaryRedirect)
	}
	talks := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"more":"` + strings.Repeat("a", 10<<20) + `"}`))
	}
	for _, test := range []struct {
		path   string
		answer http.HandlerFunc
		says   string
	}{
		{"/token", redirects, "redirect"},
		{"/token", talks, "cannot parse json"},
		{"/userinfo", redirects, "redirect"},
		{"/userinfo", talks, "65536 bytes"},
		{"/keys", redirects, "not signed by a key"},
		{"/keys", talks, "not signed by a key"},
	} {
		t.Run(test.path+" "+test.says, func(t *testing.T) {
			t.Parallel()
			server := providertest.Start(t)
			server.SignIn(map[string]any{"sub": "a1"}) // so that userinfo is asked
			server.Handle[test.path] = test.answer
			identity, err := signIn(t, setOf(server.Settings("company")), server, "company")
			if identity != nil {
				t.Error("somebody was signed in")
			}
			wantFailure(t, err, test.says)
		})
	}
}

// TestAnAnswerSaysOfWhichProviderItIs is what keeps a code of one provider from being sent to another (RFC 9207).
func TestAnAnswerSaysOfWhichProviderItIs(t *testing.T) {
	t.Parallel()
	const own, other = "8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10", "aaaaaaaa-7a36-4c51-8c4a-2b3c1b1c7a10"
	for _, test := range []struct{ preset, issuer, says string }{
		{"github", "", ""},
		{"github", "{url}", ""},
		{"github", "{url}/login/oauth", ""},
		{"github", "{url}/login/oauth/", "another issuer"},
		{"github", "https://gitlab.example.com", "another issuer"},
		{"microsoft", "", ""},
		{"microsoft", "{url}/" + own + "/v2.0", ""},
		{"microsoft", "{url}/{tenantid}/v2.0", ""},
		{"microsoft", "{url}/" + other + "/v2.0", "another issuer than the id token"},
		{"microsoft", "{url}/" + own + "/v2.0/", "the answer is of another issuer"},
		{"microsoft", "{url}/" + own, "the answer is of another issuer"},
		{"microsoft", "https://evil.example/" + own + "/v2.0", "the answer is of another issuer"},
		{"microsoft", "https://accounts.google.com", "the answer is of another issuer"},
	} {
		t.Run(test.preset+" "+test.issuer, func(t *testing.T) {
			t.Parallel()
			server, set := fake(t, presetOf(test.preset))
			person := ada()
			person["tid"] = own
			server.SignIn(person)
			if test.preset == "microsoft" {
				asMicrosoft(server, own)
			}
			server.Handle["/user"], server.Handle["/user/emails"] = says(`{"id":7,"login":"ada"}`), says(`[]`)
			server.Answer = func(v url.Values) {
				v.Del("iss")
				if test.issuer != "" {
					v.Set("iss", strings.Replace(test.issuer, "{url}", server.URL, 1))
				}
			}
			identity, err := signIn(t, set, server, test.preset)
			if test.says == "" {
				if err != nil {
					t.Errorf("got %v, want who signed in", err)
				}
				return
			}
			wantFailure(t, err, test.says)
			if identity != nil {
				t.Error("somebody was signed in")
			}
			if got := server.Count("/token"); got > 0 && !strings.Contains(test.says, "id token") {
				t.Errorf("the code was sent %d times, want never", got)
			}
		})
	}
}

// TestAnAccessTokenOfAnotherLoginIsNotUsed has a token endpoint put two logins together.
func TestAnAccessTokenOfAnotherLoginIsNotUsed(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	server.SignIn(map[string]any{"sub": "a1"})
	server.Claims = func(claims map[string]any) { claims["at_hash"] = "MTIzNDU2Nzg5MDEyMzQ1Ng" }
	set := setOf(server.Settings("company"))
	_, err := signIn(t, set, server, "company")
	wantFailure(t, err, "the access token is not that of the id token")
	if got := server.Count("/userinfo"); got != 0 {
		t.Errorf("userinfo was asked %d times, want never", got)
	}
}

// TestAppleTakesTheSecretThatItIsSent verifies the client secret as Apple does.
func TestAppleTakesTheSecretThatItIsSent(t *testing.T) {
	t.Parallel()
	settings := presetOf("apple")
	settings.TeamID, settings.KeyID, settings.PrivateKey, settings.ClientSecret = "TEAM", "KEY", applePrivateKey, ""
	server, set := fake(t, settings)
	server.TakesSecret = func(given string) bool { return isSignedByApplesKey(t, given) }
	if got := mustSignIn(t, set, server, "apple"); got.Subject != "a1" {
		t.Errorf("got %+v", got)
	}
	settings.PrivateKey = otherPrivateKey
	set = setOf(settings)
	set.Pretend("apple", server.URL)
	_, err := signIn(t, set, server, "apple")
	wantFailure(t, err, "invalid_client")
}

// isSignedByApplesKey says whether a client secret is signed by applePrivateKey.
func isSignedByApplesKey(t *testing.T, given string) bool {
	t.Helper()
	block, _ := pem.Decode([]byte(applePrivateKey))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(given, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return false
	}
	_, err = signed.Verify(key.(*ecdsa.PrivateKey).Public())
	return err == nil
}

// otherPrivateKey is not the one that the fake of Apple has given out.
const otherPrivateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2gw2ruPgQgWtgm/7
ccMUckQCl7VYl/qAFmmnV9LPLBChRANCAATJxXC//hubfsdVdUwrVKrWwnqeZybF
F+DU5IiB+6KNWgyQtidIIDPiFghKiDCeSN/LVsqW5M6FisMwsyLbW0lb
-----END PRIVATE KEY-----`

// TestACodeIsNotForAnotherProvider begins at one provider, whose page sends the browser to the callback of another.
func TestACodeIsNotForAnotherProvider(t *testing.T) {
	t.Parallel()
	honest, evil := providertest.Start(t), providertest.Start(t)
	honest.SignIn(ada())
	settings := evil.Settings("evil")
	set, flow := setOf(honest.Settings("honest"), settings), newFlow()
	address, err := set.AuthorizationURL(t.Context(), "honest", flow)
	if err != nil {
		t.Fatal(err)
	}
	answer := answerOf(honest.Authorize(t, address))
	_, err = set.Identify(t.Context(), "evil", answer, flow)
	wantFailure(t, err, "another issuer")
	if got := evil.Count("/token"); got != 0 {
		t.Errorf("the code was sent to another provider %d times", got)
	}
	if _, err := set.Identify(t.Context(), "honest", provider.Answer{Code: answer.Code, Issuer: honest.URL}, flow); err != nil {
		t.Errorf("got %v, want who signed in", err)
	}
	_, err = set.VerifyIDToken(t.Context(), "evil", secret.Text(honest.IDToken(ada(), flow.Nonce.Reveal())), flow.Nonce)
	wantFailure(t, err, "not signed by a key")
}
