package provider_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestAnOpenIDProviderSaysWhoSignedIn(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	settings := server.Settings("company")
	settings.Profile = map[string]string{"team": "work.team", "age": "age", "tags": "tags"}
	settings.TrustSecondFactor = true
	person := ada()
	maps.Copy(person, map[string]any{"work": map[string]any{"team": "engines"}, "age": 36, "tags": []string{"a"}, "amr": []string{"pwd", "mfa"}, "auth_time": 1_700_000_000})
	server.SignIn(person)
	got := mustSignIn(t, setOf(settings), server, "company")
	if got.Provider != "company" || got.Issuer != server.URL || got.Subject != "a1" || got.Email != "ada@example.com" || !got.Authoritative ||
		got.Name != "Ada Lovelace" || !got.SecondFactor || got.AuthenticatedAt.Unix() != 1_700_000_000 {
		t.Errorf("got %+v", got)
	}
	if want := map[string]any{"team": "engines", "age": int64(36)}; !maps.Equal(got.Profile, want) {
		t.Errorf("got the profile %v, want %v", got.Profile, want)
	}
}

func TestAnAuthorizationRequestBindsItsAnswer(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	flow := newFlow()
	address, err := setOf(server.Settings("company")).AuthorizationURL(t.Context(), "company", flow)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse(address)
	challenge := base64.RawURLEncoding.EncodeToString(secret.Digest(flow.Verifier))
	want := map[string]string{
		"client_id": providertest.ClientID, "response_type": "code", "redirect_uri": publicURL + "/callback/company", "scope": "openid email profile",
		"state": flow.State.Reveal(), "nonce": flow.Nonce.Reveal(), "code_challenge": challenge, "code_challenge_method": "S256",
	}
	for name, value := range want {
		if got := u.Query().Get(name); got != value {
			t.Errorf("the parameter %s is not what it has to be", name)
		}
	}
	if len(u.Query()) != len(want) {
		t.Errorf("got %d parameters, want %d", len(u.Query()), len(want))
	}
}

// TestAnIDTokenThatCannotBeTrustedIsRefused has a provider, or whoever speaks for it, try everything.
func TestAnIDTokenThatCannotBeTrustedIsRefused(t *testing.T) {
	t.Parallel()
	claim := func(name string, value any) func(*providertest.Server) {
		return func(s *providertest.Server) { s.Claims = func(claims map[string]any) { claims[name] = value } }
	}
	token := func(make func(s *providertest.Server, token string) string) func(*providertest.Server) {
		return func(s *providertest.Server) {
			s.Tokens = func(tokens map[string]any) { tokens["id_token"] = make(s, tokens["id_token"].(string)) }
		}
	}
	for _, test := range []struct {
		name string
		how  func(*providertest.Server)
		says string
	}{
		{"alg none", token(func(_ *providertest.Server, token string) string { return withHeader(token, `{"alg":"none"}`) + "." }), "not signed"},
		{"HS256 with the public key", token(func(s *providertest.Server, token string) string {
			return hs256(withHeader(token, `{"alg":"HS256","kid":"`+s.Key.ID+`"}`), publicKey(s))
		}), "not signed"},
		{"a signature of another token", token(func(s *providertest.Server, token string) string {
			return withHeader(token, `{"alg":"ES256","kid":"`+s.Key.ID+`"}`) + token[strings.LastIndexByte(token, '.'):]
		}), "not signed"},
		{"another key of the same name", token(func(s *providertest.Server, token string) string {
			other, _ := secret.NewSigningKey(secret.ES256)
			return withKeyID(t, other, s.Key.ID, token)
		}), "not signed"},
		{"no token", func(s *providertest.Server) { s.Tokens = func(tokens map[string]any) { delete(tokens, "id_token") } }, "no usable id token"},
		{"a token of a megabyte", claim("more", strings.Repeat("a", 200_000)), "no usable id token"},
		{"a slash more in the issuer", func(s *providertest.Server) { claim("iss", s.URL+"/")(s) }, "another issuer"},
		{"another issuer", claim("iss", "https://accounts.google.com"), "another issuer"},
		{"an issuer in capitals beside another", claim("ISS", "https://accounts.google.com"), "capitals only"},
		{"an issuer by a letter that folds to one, after another", func(s *providertest.Server) {
			s.Claims = func(claims map[string]any) { claims["iss"], claims["i\u017fs"] = "https://accounts.google.com", s.URL }
		}, "capitals only"},
		{"another subject in capitals", claim("Sub", "b2"), "capitals only"},
		{"another client", claim("aud", "somebody"), "another client"},
		{"two clients without azp", claim("aud", []string{providertest.ClientID, "somebody"}), "several clients"},
		{"a foreign azp", claim("azp", "somebody"), "azp"},
		{"an azp that is no text", claim("azp", []string{providertest.ClientID}), "azp"},
		{"another nonce", claim("nonce", "somebody's"), "nonce"},
		{"no nonce", claim("nonce", ""), "nonce"},
		{"expired", claim("exp", time.Now().Add(-2*time.Minute).Unix()), "expired"},
		{"from the future", claim("iat", time.Now().Add(time.Hour).Unix()), "future"},
		{"not yet good", claim("nbf", time.Now().Add(time.Hour).Unix()), "not signed by a key"},
		{"no subject", claim("sub", ""), "no usable subject"},
		{"a subject with a NUL", claim("sub", "a\x00"), "no usable subject"},
		{"a long subject", claim("sub", strings.Repeat("a", 256)), "no usable subject"},
		{"an answer of another issuer", func(s *providertest.Server) { s.Answer = func(v url.Values) { v.Set("iss", s.URL+"/") } }, "another issuer"},
		{"an answer of no issuer", func(s *providertest.Server) { s.Answer = func(v url.Values) { v.Del("iss") } }, "of which issuer"},
		{"an answer without a code", func(s *providertest.Server) { s.Answer = func(v url.Values) { v.Del("code") } }, "without a code"},
		{"an error", func(s *providertest.Server) { s.Answer = func(v url.Values) { v.Set("error", "server_error") } }, "error server_error"},
		{"a code that is none", func(s *providertest.Server) { s.Answer = func(v url.Values) { v.Set("code", "x") } }, "error invalid_grant"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := providertest.Start(t)
			server.SignIn(ada())
			test.how(server)
			identity, err := signIn(t, setOf(server.Settings("company")), server, "company")
			if identity != nil {
				t.Error("somebody was signed in")
			}
			wantFailure(t, err, test.says)
		})
	}
}

// withHeader returns the header and the claims of a token with another header.
func withHeader(token, header string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + strings.Split(token, ".")[1]
}

func hs256(signed string, key []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, signed)
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// publicKey is the document with the keys of the provider, which anyone may read.
func publicKey(s *providertest.Server) []byte {
	keys, _ := secret.PublicKeys(s.Key)
	return keys
}

// withKeyID signs the claims of a token by another key, which has the name of the right one.
func withKeyID(t *testing.T, key *secret.SigningKey, id, token string) string {
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Error(err)
	}
	signed, err := key.Sign(json.RawMessage(payload))
	if err != nil {
		t.Error(err)
	}
	parts := strings.Split(signed.Reveal(), ".")
	return withHeader(token, `{"alg":"ES256","kid":"`+id+`"}`) + "." + parts[2]
}

func TestACodeOfAnotherFlowIsRefused(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	server.SignIn(ada())
	set, own, other := setOf(server.Settings("company")), newFlow(), newFlow()
	address, err := set.AuthorizationURL(t.Context(), "company", other)
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.Identify(t.Context(), "company", answerOf(server.Authorize(t, address)), own)
	wantFailure(t, err, "invalid_grant")
}

func TestWhoDeclinesIsNotSignedIn(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	if _, err := signIn(t, setOf(server.Settings("company")), server, "company"); !errors.Is(err, provider.ErrDenied) {
		t.Errorf("got %v, want ErrDenied", err)
	}
}

func TestUserInfoHasToBeOfTheSamePerson(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	server.SignIn(map[string]any{"sub": "a1", "email_verified": true})
	set := setOf(server.Settings("company"))
	server.UserInfo = map[string]any{"sub": "b2", "email": "bob@example.com", "email_verified": true}
	_, err := signIn(t, set, server, "company")
	wantFailure(t, err, "another person")

	server.UserInfo = map[string]any{"sub": "a1", "email": "ada@example.com"}
	if got := mustSignIn(t, set, server, "company"); got.Email != "ada@example.com" || got.Authoritative {
		t.Errorf("got %+v, want an address that is not authoritative: it was not userinfo that has verified one", got)
	}
	server.UserInfo["email_verified"] = true
	if got := mustSignIn(t, set, server, "company"); !got.Authoritative {
		t.Errorf("got %+v, want the address that userinfo has verified", got)
	}
}

func TestUnknownKeysAreAskedForOnceAMinute(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	set := setOf(server.Settings("company"))
	person, nonce := ada(), secret.Text("n-0S6_WzA2Mj")
	token := secret.Text(server.IDToken(person, nonce.Reveal()))
	if _, err := set.VerifyIDToken(t.Context(), "company", token, nonce); err != nil {
		t.Fatal(err)
	}
	server.Key, _ = secret.NewSigningKey(secret.ES256)
	for range 20 {
		other, _ := secret.NewSigningKey(secret.ES256)
		flood, _ := other.Sign(person)
		if _, err := set.VerifyIDToken(t.Context(), "company", flood, nonce); err == nil {
			t.Fatal("a token of an unknown key was taken")
		}
	}
	if got := server.Count("/keys"); got != 1 {
		t.Errorf("the keys were asked for %d times, want once", got)
	}
}

func TestANativeTokenHasToBeForAListedApp(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	settings := server.Settings("company")
	settings.NativeClientIDs = []string{"ios"}
	set, nonce := setOf(settings), secret.Text("n-0S6_WzA2Mj")
	for _, test := range []struct {
		audience, party any
		taken           bool
	}{
		{providertest.ClientID, nil, true},
		{"ios", "ios", true},
		{providertest.ClientID, "ios", true},
		{"android", nil, false},
		{"ios", "android", false},
		{[]string{"ios", "android"}, nil, false},
	} {
		server.Claims = func(claims map[string]any) {
			claims["aud"] = test.audience
			if test.party != nil {
				claims["azp"] = test.party
			}
		}
		_, err := set.VerifyIDToken(t.Context(), "company", secret.Text(server.IDToken(ada(), nonce.Reveal())), nonce)
		if taken := err == nil; taken != test.taken {
			t.Errorf("for %v by %v: got taken %t, want %t", test.audience, test.party, taken, test.taken)
		}
	}
	server.Claims = nil
	_, err := set.VerifyIDToken(t.Context(), "company", secret.Text(server.IDToken(ada(), nonce.Reveal())), "other")
	wantFailure(t, err, "nonce")
	_, err = set.VerifyIDToken(t.Context(), "company", secret.Text(server.IDToken(ada(), "")), "")
	wantFailure(t, err, "nonce")
}

func TestAProviderThatIsDownStopsNobodyElse(t *testing.T) {
	t.Parallel()
	server, other := providertest.Start(t), providertest.Start(t)
	server.Handle["/.well-known/openid-configuration"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	set := setOf(server.Settings("down"), other.Settings("up"))
	for range 3 {
		_, err := set.AuthorizationURL(t.Context(), "down", newFlow())
		wantFailure(t, err, "read its description")
	}
	if got := server.Count("/.well-known/openid-configuration"); got != 1 {
		t.Errorf("its description was asked for %d times, want once in a while", got)
	}
	other.SignIn(ada())
	mustSignIn(t, set, other, "up")
}

// TestADescriptionThatCannotBeTrustedIsRefused has the description itself be wrong.
func TestADescriptionThatCannotBeTrustedIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		how  func(s *providertest.Server)
		says string
	}{
		{"a slash more", func(s *providertest.Server) {
			s.Description = func(d map[string]any) { d["issuer"] = s.URL + "/" }
		}, "to the letter"},
		{"keys without TLS", func(s *providertest.Server) {
			s.Description = func(d map[string]any) { d["jwks_uri"] = "http://keys.example.com/keys" }
		}, "https address"},
		{"tokens elsewhere", func(s *providertest.Server) {
			s.Description = func(d map[string]any) { d["token_endpoint"] = "file:///etc/passwd" }
		}, "https address"},
		{"a redirect", func(s *providertest.Server) {
			s.Handle["/.well-known/openid-configuration"] = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
			}
		}, "redirect"},
		{"ten megabytes", func(s *providertest.Server) {
			s.Handle["/.well-known/openid-configuration"] = func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(strings.Repeat(" ", 10<<20)))
			}
		}, "there is none"},
		{"no JSON", func(s *providertest.Server) {
			s.Handle["/.well-known/openid-configuration"] = func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
		}, "there is none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := providertest.Start(t)
			test.how(server)
			_, err := setOf(server.Settings("company")).AuthorizationURL(t.Context(), "company", newFlow())
			wantFailure(t, err, test.says)
		})
	}
}

func TestNothingThatAProviderSendsIsInAnError(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	server.SignIn(ada())
	settings := server.Settings("company")
	settings.ClientSecret = "a-wrong-secret"
	_, err := signIn(t, setOf(settings), server, "company")
	wantFailure(t, err, "invalid_client")
	if strings.Contains(err.Error(), "a-wrong-secret") {
		t.Error("the error quotes the secret")
	}
}

func TestAKnownListIsInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	set := setOf(provider.Settings{ID: "b", Preset: "oidc", Name: "B"}, provider.Settings{ID: "a", Preset: "oauth2", Name: "A"})
	want := []provider.Info{{ID: "b", Name: "B", Preset: "oidc"}, {ID: "a", Name: "A", Preset: "oauth2"}}
	if got := set.List(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var none *provider.Set
	if _, err := none.AuthorizationURL(t.Context(), "a", newFlow()); !errors.Is(err, provider.ErrUnknown) || len(none.List()) != 0 {
		t.Errorf("got %v of no providers, want ErrUnknown", err)
	}
}

func TestAnAppPresentsNoTokenThatIsGoodForLongerThanItIsRemembered(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	set, nonce := setOf(server.Settings("company")), newFlow().Nonce
	for days, says := range map[int]string{0: "", 2: "longer than a day"} {
		server.Claims = func(claims map[string]any) {
			claims["exp"] = time.Now().Add(time.Hour + time.Duration(days)*24*time.Hour).Unix()
		}
		_, err := set.VerifyIDToken(t.Context(), "company", secret.Text(server.IDToken(ada(), nonce.Reveal())), nonce)
		if says == "" {
			if err != nil {
				t.Errorf("a token for an hour: got %v, want none", err)
			}
			continue
		}
		wantFailure(t, err, says)
	}
}
