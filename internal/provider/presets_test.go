package provider_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// says has the fake answer with JSON.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	}
}

// presetOf returns the settings of a preset with nothing but what it needs.
func presetOf(name string) provider.Settings {
	return provider.Settings{ID: name, Preset: name, ClientID: providertest.ClientID, ClientSecret: providertest.ClientSecret}
}

// fake returns a set with one preset, whose provider is a fake.
func fake(t *testing.T, settings provider.Settings) (*providertest.Server, *provider.Set) {
	t.Helper()
	server := providertest.Start(t)
	server.SignIn(ada())
	set := setOf(settings)
	set.Pretend(settings.ID, server.URL)
	return server, set
}

func TestOAuthPresetsReadTheirProviders(t *testing.T) {
	t.Parallel()
	trusting := presetOf("discord")
	trusting.TrustEmailDomains = []string{"example.com"}
	generic := presetOf("oauth2")
	generic.Mapping = provider.Mapping{Subject: "user.id", Email: "user.mail", Name: "user.display", Username: "user.nick"}
	for _, test := range []struct {
		name     string
		settings provider.Settings
		answers  map[string]string
		want     provider.Identity
	}{
		{"github", presetOf("github"), map[string]string{
			"/user":        `{"id":9007199254740993,"login":"ada","name":"Ada","email":"public@example.com"}`,
			"/user/emails": `[{"email":"old@example.com","primary":false,"verified":true},{"email":"ada@example.com","primary":true,"verified":true}]`,
		}, provider.Identity{Subject: "9007199254740993", Email: "ada@example.com", Authoritative: true, Name: "Ada", Username: "ada"}},
		{"github, not verified", presetOf("github"), map[string]string{
			"/user":        `{"id":7,"login":"ada","name":null}`,
			"/user/emails": `[{"email":"ada@example.com","primary":true,"verified":false},{"email":"old@example.com","primary":false,"verified":true}]`,
		}, provider.Identity{Subject: "7", Email: "ada@example.com", Username: "ada"}},
		{"github, no address", presetOf("github"), map[string]string{
			"/user": `{"id":7,"login":"ada"}`, "/user/emails": `[]`,
		}, provider.Identity{Subject: "7", Username: "ada"}},
		{"discord", presetOf("discord"), map[string]string{
			"/api/users/@me": `{"id":"80351110224678912","username":"ada","global_name":"Ada","email":"ada@example.com","verified":true}`,
		}, provider.Identity{Subject: "80351110224678912", Email: "ada@example.com", Name: "Ada", Username: "ada"}},
		{"discord, trusted", trusting, map[string]string{
			"/api/users/@me": `{"id":"8","username":"ada","email":"ada@example.com","verified":true}`,
		}, provider.Identity{Subject: "8", Email: "ada@example.com", Authoritative: true, Name: "ada", Username: "ada"}},
		{"discord, trusted and not verified", trusting, map[string]string{
			"/api/users/@me": `{"id":"8","username":"ada","email":"ada@example.com","verified":false}`,
		}, provider.Identity{Subject: "8", Email: "ada@example.com", Name: "ada", Username: "ada"}},
		{"discord, trusted for other domains", trusting, map[string]string{
			"/api/users/@me": `{"id":"8","username":"ada","email":"ada@sub.example.com","verified":true}`,
		}, provider.Identity{Subject: "8", Email: "ada@sub.example.com", Name: "ada", Username: "ada"}},
		{"facebook", presetOf("facebook"), map[string]string{
			"/v23.0/me": `{"id":"10","name":"Ada","email":"ada@gmail.com"}`,
		}, provider.Identity{Subject: "10", Email: "ada@gmail.com", Name: "Ada"}},
		{"x", presetOf("x"), map[string]string{
			"/2/users/me": `{"data":{"id":"11","name":"Ada","username":"ada","confirmed_email":"ada@gmail.com"}}`,
		}, provider.Identity{Subject: "11", Email: "ada@gmail.com", Name: "Ada", Username: "ada"}},
		{"linkedin", presetOf("linkedin"), map[string]string{
			"/v2/userinfo": `{"sub":"12","name":"Ada","email":"ada@gmail.com","email_verified":true}`,
		}, provider.Identity{Subject: "12", Email: "ada@gmail.com", Name: "Ada"}},
		{"oauth2", generic, map[string]string{
			"/me": `{"user":{"id":13,"mail":"ada@gmail.com","display":"Ada","nick":"al","email_verified":true}}`,
		}, provider.Identity{Subject: "13", Email: "ada@gmail.com", Name: "Ada", Username: "al"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := providertest.Start(t)
			server.SignIn(ada())
			settings := test.settings
			test.want.Provider, test.want.Issuer = settings.ID, server.URL
			if settings.ID == "oauth2" {
				settings.AuthorizationURL, settings.TokenURL, settings.UserinfoURL = server.URL+"/authorize", server.URL+"/token", server.URL+"/me"
				test.want.Issuer = settings.UserinfoURL
			}
			for path, text := range test.answers {
				server.Handle[path] = says(text)
			}
			set := setOf(settings)
			set.Pretend(settings.ID, server.URL)
			if settings.ID == "linkedin" { // which takes no PKCE
				server.Handle["/token"] = func(w http.ResponseWriter, r *http.Request) {
					if r.PostFormValue("code_verifier") != "" {
						w.WriteHeader(http.StatusBadRequest)
						return
					}
					w.Header().Set("Content-Type", "application/json")
					_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "t", "token_type": "Bearer"})
				}
			}
			got := mustSignIn(t, set, server, settings.ID)
			want := test.want
			if got.Subject != want.Subject || got.Issuer != want.Issuer || got.Email != want.Email || got.Authoritative != want.Authoritative ||
				got.Name != want.Name || got.Username != want.Username || got.Provider != want.Provider {
				t.Errorf("got %+v, want %+v", *got, want)
			}
		})
	}
}

// TestR3AnAddressIsAuthoritativeOnlyByItsPreset is the table of whose word counts for which address.
func TestR3AnAddressIsAuthoritativeOnlyByItsPreset(t *testing.T) {
	t.Parallel()
	const listed, other = "8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10", "9188040d-6c67-4b5b-b112-36a304b66dad"
	microsoft := presetOf("microsoft")
	microsoft.Tenants = []string{listed}
	anyTenant := presetOf("microsoft")
	gitlab := presetOf("gitlab")
	trusting := presetOf("gitlab")
	trusting.TrustEmailDomains = []string{"Example.com"}
	apple := presetOf("apple")
	apple.TeamID, apple.KeyID, apple.PrivateKey = "T", "K", applePrivateKey
	for _, test := range []struct {
		name     string
		settings provider.Settings
		claims   map[string]any
		want     bool
	}{
		{"google, gmail", presetOf("google"), map[string]any{"email": "Ada@GMail.com", "email_verified": true}, true},
		{"google, gmail not verified", presetOf("google"), map[string]any{"email": "ada@gmail.com", "email_verified": false}, false},
		{"google, hosted domain", presetOf("google"), map[string]any{"email": "ada@example.com", "email_verified": true, "hd": "example.com"}, true},
		{"google, another hosted domain", presetOf("google"), map[string]any{"email": "ada@example.com", "email_verified": true, "hd": "evil.example"}, false},
		{"google, some address", presetOf("google"), map[string]any{"email": "ada@example.com", "email_verified": true}, false},
		{"google, a look-alike", presetOf("google"), map[string]any{"email": "ada@gmaıl.com", "email_verified": true}, false},
		{"google, empty hd", presetOf("google"), map[string]any{"email": "ada@", "email_verified": true, "hd": ""}, false},
		{"apple", apple, map[string]any{"email": "ada@example.com", "email_verified": "true"}, true},
		{"apple, not verified", apple, map[string]any{"email": "ada@example.com", "email_verified": "false"}, false},
		{"apple, no word", apple, map[string]any{"email": "ada@example.com"}, false},
		{"microsoft, listed tenant", microsoft, map[string]any{"email": "ada@example.com", "tid": listed, "xms_edov": true}, true},
		{"microsoft, listed tenant, as a number", microsoft, map[string]any{"email": "ada@example.com", "tid": listed, "xms_edov": 1}, true},
		{"microsoft, listed tenant without xms_edov", microsoft, map[string]any{"email": "ada@example.com", "tid": listed, "email_verified": true}, false},
		{"microsoft, any tenant", anyTenant, map[string]any{"email": "ada@example.com", "tid": other, "xms_edov": true, "email_verified": true}, false},
		{"gitlab", gitlab, map[string]any{"email": "ada@example.com", "email_verified": true}, false},
		{"gitlab, trusted", trusting, map[string]any{"email": "ada@example.com", "email_verified": true}, true},
		{"gitlab, trusted and not verified", trusting, map[string]any{"email": "ada@example.com"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, set := fake(t, test.settings)
			person := map[string]any{"sub": "a1"}
			maps.Copy(person, test.claims)
			server.SignIn(person)
			server.TakesSecret = func(string) bool { return true }
			if test.settings.Preset == "microsoft" {
				asMicrosoft(server, test.claims["tid"].(string))
			}
			if got := mustSignIn(t, set, server, test.settings.ID); got.Authoritative != test.want {
				t.Errorf("got authoritative %t, want %t", got.Authoritative, test.want)
			}
		})
	}
}

func TestMicrosoftDescribesNobodyElse(t *testing.T) {
	t.Parallel()
	server, set := fake(t, presetOf("microsoft"))
	asMicrosoft(server, "8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10")
	server.Description = func(d map[string]any) { d["issuer"] = server.URL + "/8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10/v2.0" }
	_, err := set.AuthorizationURL(t.Context(), "microsoft", newFlow())
	wantFailure(t, err, "calls itself")
}

// asMicrosoft has a provider put a tenant into the issuer of its tokens, and a mark into that of its description.
func asMicrosoft(server *providertest.Server, tenant string) {
	server.Handle["/common/v2.0/.well-known/openid-configuration"] = func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/.well-known/openid-configuration"
		server.ServeHTTP(w, r)
	}
	server.Description = func(d map[string]any) {
		d["issuer"] = server.URL + "/{tenantid}/v2.0"
		delete(d, "authorization_response_iss_parameter_supported")
	}
	server.Answer = func(v url.Values) { v.Del("iss") }
	server.Claims = func(claims map[string]any) { claims["iss"] = server.URL + "/" + tenant + "/v2.0" }
}

func TestMicrosoftTenantsAreCompared(t *testing.T) {
	t.Parallel()
	const listed, other = "8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10", "aaaaaaaa-7a36-4c51-8c4a-2b3c1b1c7a10"
	settings := presetOf("microsoft")
	settings.Tenants = []string{listed}
	for _, test := range []struct{ name, issuer, tid, says string }{
		{"another tenant", other, other, "not allowed"},
		{"a claim that is not of the issuer", other, listed, "another issuer"},
		{"no tenant", listed, "", "not allowed"},
		{"a tenant with a path", listed + "/x", listed, "another issuer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server, set := fake(t, settings)
			person := ada()
			person["tid"] = test.tid
			server.SignIn(person)
			asMicrosoft(server, test.issuer)
			_, err := signIn(t, set, server, "microsoft")
			wantFailure(t, err, test.says)
		})
	}
}

const applePrivateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----`

func TestAppleGetsASignedSecretAndAForm(t *testing.T) {
	t.Parallel()
	settings := presetOf("apple")
	settings.TeamID, settings.KeyID, settings.PrivateKey, settings.ClientSecret = "TEAM", "KEY", applePrivateKey, ""
	server, set := fake(t, settings)
	person := ada()
	delete(person, "name")
	server.SignIn(person)
	var sent string
	server.TakesSecret = func(given string) bool {
		sent = given
		return true
	}
	server.Description = func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} }
	flow := newFlow()
	address, err := set.AuthorizationURL(t.Context(), "apple", flow)
	if err != nil {
		t.Fatal(err)
	}
	if u, _ := url.Parse(address); u.Query().Get("response_mode") != "form_post" {
		t.Errorf("got the response mode %q, want form_post", u.Query().Get("response_mode"))
	}
	answer := answerOf(server.Authorize(t, address))
	answer.Person = `{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"somebody@example.com"}`
	identity, err := set.Identify(t.Context(), "apple", answer, flow)
	if err != nil {
		t.Fatal(err)
	}
	if identity.Name != "Ada Lovelace" || identity.Email != "ada@example.com" {
		t.Errorf("got %+v, want the name that was posted, and no address from there", identity)
	}
	header, claims := readJWT(t, sent)
	if header["alg"] != "ES256" || header["kid"] != "KEY" || claims["iss"] != "TEAM" || claims["sub"] != providertest.ClientID || claims["aud"] != server.URL {
		t.Errorf("got the secret %v %v", header, claims)
	}
	if lifetime := claims["exp"].(float64) - claims["iat"].(float64); lifetime != 300 {
		t.Errorf("got a lifetime of %v s, want 300", lifetime)
	}
}

func TestGoogleTokensOfTheOldFormAreOfTheSameIssuer(t *testing.T) {
	t.Parallel()
	server, set := fake(t, presetOf("google"))
	server.Claims = func(claims map[string]any) { claims["iss"] = server.URL[len("http://"):] }
	_, err := signIn(t, set, server, "google")
	wantFailure(t, err, "another issuer") // that of a test has no https:// to leave out
	server.Claims = nil
	if got := mustSignIn(t, set, server, "google"); got.Issuer != server.URL {
		t.Errorf("got the issuer %q", got.Issuer)
	}
}

func TestAnIDTokenIsForOpenIDProviders(t *testing.T) {
	t.Parallel()
	if _, err := setOf(presetOf("github")).VerifyIDToken(t.Context(), "github", secret.Text("a.b.c"), "n"); !errors.Is(err, provider.ErrUnknown) {
		t.Errorf("got %v, want ErrUnknown", err)
	}
}
