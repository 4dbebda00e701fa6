// Package providertest is an OpenID provider in the process of a test. It does everything right, unless a test makes it
// do something else.
package providertest

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// What the provider knows its one client by.
const (
	ClientID     = "latchkey"
	ClientSecret = "not-a-secret"
)

// Server is the provider. Its fields may be changed while no request is under way.
type Server struct {
	URL string // and its issuer
	Key *secret.SigningKey
	Now func() time.Time

	// Description, Claims and Tokens change what is said of the provider, in id tokens and by the token endpoint; nil:
	// nothing.
	Description func(map[string]any)
	Claims      func(map[string]any)
	Tokens      func(map[string]any)
	// Answer changes the parameters of the answer to the callback; nil: nothing.
	Answer func(url.Values)
	// TakesSecret says which client secret is right; nil: ClientSecret.
	TakesSecret func(given string) bool
	// Handle answers requests to a path in place of the provider.
	Handle map[string]http.HandlerFunc
	// UserInfo is what userinfo says; nil: the claims of who signed in.
	UserInfo map[string]any

	mu     sync.Mutex
	person map[string]any
	codes  map[string]login
	tokens map[string]map[string]any
	counts map[string]int
}

// login is one that waits for its code to be exchanged.
type login struct {
	query  url.Values
	person map[string]any
}

// Start returns a provider that runs until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	key, err := secret.NewSigningKey(secret.ES256)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Key: key, Now: time.Now, Handle: map[string]http.HandlerFunc{},
		codes: map[string]login{}, tokens: map[string]map[string]any{}, counts: map[string]int{},
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Settings returns a provider of the preset oidc that is this one. Its addresses count.
func (s *Server) Settings(id string) provider.Settings {
	return provider.Settings{
		ID: id, Preset: "oidc", Name: "Example", ClientID: ClientID, ClientSecret: ClientSecret, Issuer: s.URL,
		TrustEmailDomains: []string{"*"},
	}
}

// SignIn says who is signed in at the provider: the claims of the person, such as sub and email.
func (s *Server) SignIn(person map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person = maps.Clone(person)
}

// Count returns how many requests came for a path.
func (s *Server) Count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[path]
}

// Authorize does what a browser does with the address of an authorization request: it returns what the provider adds
// to the address of the callback.
func (s *Server) Authorize(t testing.TB, authorizationURL string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(authorizationURL) //nolint:noctx // to a server of the test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	callback, err := response.Location()
	if err != nil {
		t.Fatalf("the provider answered with status %d and no redirect", response.StatusCode)
	}
	return callback.Query()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.counts[r.URL.Path]++
	s.mu.Unlock()
	if handle := s.Handle[r.URL.Path]; handle != nil {
		handle(w, r)
		return
	}
	s.serve(w, r)
}

// Plain answers as the provider does without Handle.
func (s *Server) Plain() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		s.describe(w)
	case "/keys":
		keys, err := secret.PublicKeys(s.Key)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(keys)
	case "/authorize":
		s.authorize(w, r)
	case "/token":
		s.exchange(w, r)
	case "/userinfo":
		s.userInfo(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) describe(w http.ResponseWriter) {
	description := map[string]any{
		"issuer": s.URL, "authorization_endpoint": s.URL + "/authorize", "token_endpoint": s.URL + "/token",
		"userinfo_endpoint": s.URL + "/userinfo", "jwks_uri": s.URL + "/keys",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported":          []string{"none", "HS256", "ES256", "RS256"},
		"authorization_response_iss_parameter_supported": true,
	}
	change(s.Description, description)
	answer(w, http.StatusOK, description)
}

func change(how func(map[string]any), what map[string]any) {
	if how != nil {
		how(what)
	}
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	callback, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || query.Get("client_id") != ClientID || query.Get("response_type") != "code" {
		http.Error(w, "This is no authorization request of the client.", http.StatusBadRequest)
		return
	}
	values := url.Values{"state": {query.Get("state")}, "iss": {s.URL}}
	s.mu.Lock()
	person := s.person
	if person == nil {
		values.Set("error", "access_denied")
	} else {
		code := secret.NewToken(secret.ProviderToken).Reveal()
		s.codes[code] = login{query, person}
		values.Set("code", code)
	}
	s.mu.Unlock()
	if s.Answer != nil {
		s.Answer(values)
	}
	callback.RawQuery = values.Encode()
	http.Redirect(w, r, callback.String(), http.StatusSeeOther) //nolint:gosec // to whoever runs the test
}

func (s *Server) exchange(w http.ResponseWriter, r *http.Request) {
	id, clientSecret, ok := r.BasicAuth()
	if !ok {
		id, clientSecret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	isRight := clientSecret == ClientSecret
	if s.TakesSecret != nil {
		isRight = s.TakesSecret(clientSecret)
	}
	if id != ClientID || !isRight {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": "The secret was " + clientSecret})
		return
	}
	s.mu.Lock()
	login, ok := s.codes[r.PostFormValue("code")]
	delete(s.codes, r.PostFormValue("code"))
	s.mu.Unlock()
	verifier := secret.Text(r.PostFormValue("code_verifier"))
	challenge := base64.RawURLEncoding.EncodeToString(secret.Digest(verifier))
	if !ok || r.PostFormValue("redirect_uri") != login.query.Get("redirect_uri") || challenge != login.query.Get("code_challenge") {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	access := secret.NewToken(secret.ProviderToken).Reveal()
	s.mu.Lock()
	s.tokens[access] = login.person
	s.mu.Unlock()
	tokens := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": s.IDToken(login.person, login.query.Get("nonce"))}
	change(s.Tokens, tokens)
	answer(w, http.StatusOK, tokens)
}

// IDToken returns an id token of a person for the client.
func (s *Server) IDToken(person map[string]any, nonce string) string {
	now := s.Now()
	claims := map[string]any{"iss": s.URL, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": nonce}
	maps.Copy(claims, person)
	change(s.Claims, claims)
	token, err := s.Key.Sign(claims)
	if err != nil {
		panic(err) // claims of a test that are no JSON
	}
	return token.Reveal()
}

func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	person, ok := s.tokens[token]
	s.mu.Unlock()
	switch {
	case !ok:
		w.WriteHeader(http.StatusUnauthorized)
	case s.UserInfo != nil:
		answer(w, http.StatusOK, s.UserInfo)
	default:
		answer(w, http.StatusOK, person)
	}
}

func answer(w http.ResponseWriter, status int, what map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what)
}
