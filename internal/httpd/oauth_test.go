package httpd_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// What a backend has, and must never be seen in a log or an answer.
const (
	clientKey   = "lk_cli_the-key-of-a-backend"
	accessToken = "lk_ses_the-token-of-a-user"
	clientID    = "01890000-0000-7000-8000-000000000001"
)

// tokens is a domain with one backend, which remembers what it was asked and answers what it was
// told to.
type tokens struct {
	mu           sync.Mutex
	introspected []string
	revoked      []string
	by           *auth.APIClient
	info         *auth.TokenInfo
	keyErr, err  error
}

func (d *tokens) AuthenticateAPIClient(_ context.Context, id string, key secret.Text) (*auth.APIClient, error) {
	switch {
	case d.keyErr != nil:
		return nil, d.keyErr
	case key.Reveal() != clientKey, id != "" && id != clientID:
		return nil, &auth.Error{Kind: auth.Unauthenticated, Message: "the domain's words"}
	}
	return &auth.APIClient{ID: uuid.MustParse(clientID), Name: "shop"}, nil
}

func (d *tokens) Introspect(_ context.Context, token secret.Text) (*auth.TokenInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.introspected = append(d.introspected, token.Reveal())
	return d.info, d.err
}

func (d *tokens) RevokeToken(_ context.Context, client *auth.APIClient, token secret.Text) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revoked, d.by = append(d.revoked, token.Reveal()), client
	return d.err
}

func (d *tokens) calls() int { return len(d.introspected) + len(d.revoked) }

var oauthPaths = []string{"/oauth/introspect", "/oauth/revoke"}

// startOAuth runs a server on a domain of tokens.
func startOAuth(t *testing.T) (*world, *tokens) {
	t.Helper()
	domain := &tokens{info: &auth.TokenInfo{}}
	return start(t, func(c *httpd.Config) {
		c.Tokens, c.PublicURL = domain, "https://accounts.example"
	}), domain
}

// ask makes the request of a backend.
func (w *world) ask(path string, fields ...string) *http.Request {
	w.t.Helper()
	r := w.form(path, fields...)
	r.Header.Del("Sec-Fetch-Site")
	r.Header.Set("Authorization", "Bearer "+clientKey)
	return r
}

// wantOAuthError fails the test unless the answer is an error of RFC 6749, section 5.2, that nobody keeps.
func wantOAuthError(t *testing.T, got reply, status int, code string) {
	t.Helper()
	wantStatus(t, got, status)
	var body map[string]string
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatalf("the body is no object of strings: %q", got.body)
	}
	if len(body) != 2 || body["error"] != code || body["error_description"] == "" {
		t.Errorf("body %s, want the error %s", got.body, code)
	}
	for _, c := range body["error_description"] {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			t.Errorf("%q may not be in a description (RFC 6749 section 5.2)", c)
		}
	}
	if got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers: %v", got.header)
	}
	wantNotIn(t, got.body, clientKey, accessToken, "the domain's words")
}

func TestIntrospectionOverHTTP(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
	user, session := uuid.MustParse("01890000-0000-7000-8000-00000000000a"), uuid.MustParse("01890000-0000-7000-8000-00000000000b")

	t.Run("tells what an active token stands for", func(t *testing.T) {
		w, domain := startOAuth(t)
		domain.info = &auth.TokenInfo{
			Active: true, Subject: user, Username: "Countess", Email: "ada@engine.example", EmailVerified: true,
			Roles: []auth.Role{auth.RoleUser, auth.RoleStaff}, SessionID: session, IssuedAt: begun, AuthTime: begun.Add(time.Hour),
			ExpiresAt: begun.Add(24 * time.Hour), Issuer: "https://accounts.example", Audience: []string{"https://accounts.example"}, ClientID: "latchkey",
			ACR: "urn:latchkey:2", AMR: []string{"pwd", "otp", "mfa"}, ActorID: session,
		}
		got := w.do(w.ask("/oauth/introspect", "token", accessToken))
		wantStatus(t, got, http.StatusOK)
		if got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers: %v", got.header)
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"active": true, "sub": user.String(), "username": "Countess", "email": "ada@engine.example", "email_verified": true,
			"roles": []any{"USER", "STAFF"}, "sid": session.String(), "iss": "https://accounts.example", "aud": "https://accounts.example",
			"iat": 1774747800.0, "auth_time": 1774751400.0, "exp": 1774834200.0, "client_id": "latchkey", "token_type": "Bearer",
			"acr": "urn:latchkey:2", "amr": []any{"pwd", "otp", "mfa"},
			"act": map[string]any{"sub": session.String()},
		}
		if !reflect.DeepEqual(body, want) {
			t.Errorf("body\n%v, want\n%v", body, want)
		}
		if !reflect.DeepEqual(domain.introspected, []string{accessToken}) {
			t.Error("the domain was asked for another token")
		}
	})

	t.Run("says of one that is not only that", func(t *testing.T) {
		w, domain := startOAuth(t)
		domain.info = &auth.TokenInfo{Username: "Countess", Subject: user} // which must not be told
		got := w.do(w.ask("/oauth/introspect", "token", accessToken))
		wantStatus(t, got, http.StatusOK)
		if got.body != `{"active":false}` {
			t.Errorf("body %s", got.body)
		}
	})
}

func TestRevocationOverHTTP(t *testing.T) {
	t.Parallel()
	w, domain := startOAuth(t)
	got := w.do(w.ask("/oauth/revoke", "token", accessToken, "token_type_hint", "access_token"))
	wantStatus(t, got, http.StatusOK)
	if got.body != "" || !reflect.DeepEqual(domain.revoked, []string{accessToken}) || len(domain.introspected) != 0 {
		t.Errorf("body %q; or the domain was asked for something else", got.body)
	}
	if domain.by == nil || domain.by.ID.String() != clientID {
		t.Error("the domain was not told who asks")
	}
}

func TestWhatBackendsMaySend(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name   string
		change func(*http.Request)
		status int
		code   string // "": it is taken
	}{
		{"a bearer is taken", func(*http.Request) {}, 200, ""},
		{"Basic is taken", func(r *http.Request) { r.Header.Set("Authorization", basic(clientID+":"+clientKey)) }, 200, ""},
		{"a charset is taken", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		}, 200, ""},

		{"no key is refused", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "invalid_client"},
		{"an unknown key is refused", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+accessToken) }, 401, "invalid_client"},
		{"an unknown scheme is refused", func(r *http.Request) { r.Header.Set("Authorization", "Token "+clientKey) }, 401, "invalid_client"},
		{"another's id is refused", func(r *http.Request) { r.Header.Set("Authorization", basic("other:"+clientKey)) }, 401, "invalid_client"},
		{"no id with Basic is refused", func(r *http.Request) { r.Header.Set("Authorization", basic(":"+clientKey)) }, 401, "invalid_client"},
		{"two headers are refused", func(r *http.Request) { r.Header.Add("Authorization", "Bearer "+clientKey) }, 401, "invalid_client"},
		{"a key in a cookie is refused", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("Cookie", "key="+clientKey)
		}, 401, "invalid_client"},
		{"a key in the URL is refused", func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "access_token=" + clientKey + "&client_secret=" + clientKey
		}, 401, "invalid_client"},

		{"anything in the URL is refused", func(r *http.Request) { r.URL.RawQuery = "token=" + accessToken }, 400, "invalid_request"},
		{"JSON is refused", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 415, "invalid_request"},
		{"plain text is refused", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "invalid_request"},
		{"a multipart form is refused", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, 415, "invalid_request"},
		{"no content type is refused", func(r *http.Request) { r.Header.Del("Content-Type") }, 415, "invalid_request"},

		{"a page of another site is refused", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "access_denied"},
		{"a page of a sibling site is refused", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403, "access_denied"},
		{"an older browser is refused", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "access_denied"},
		{"a frontend whose forms are trusted is refused", func(r *http.Request) { r.Header.Set("Origin", "https://accounts.example") }, 403, "access_denied"},
	} {
		t.Run(s.name, func(t *testing.T) {
			for _, path := range oauthPaths {
				w, domain := startOAuth(t)
				r := w.ask(path, "token", accessToken)
				s.change(r)
				got := w.do(r)
				if s.code == "" {
					wantStatus(t, got, s.status)
				} else {
					wantOAuthError(t, got, s.status, s.code)
				}
				if asked := domain.calls() > 0; asked != (s.code == "") {
					t.Errorf("%s: the domain was asked: %v", path, asked)
				}
				if got.header.Get("Access-Control-Allow-Origin") != "" {
					t.Error("other sites may read it")
				}
				w.close()
				wantNotIn(t, w.log.String(), clientKey, accessToken)
			}
		})
	}
}

func TestBodiesOfBackends(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"a token", "token=x", 200},
		{"a hint that is not known", "token=x&token_type_hint=passport", 200},
		{"a parameter that is not known", "a=b&token=x", 200},
		{"its id, once more", "token=x&client_id=" + clientID, 200},
		{"60 KiB of token", "token=" + strings.Repeat("x", 60<<10), 200},
		{"nothing", "", 400},
		{"an empty token", "token=", 400},
		{"two tokens", "token=x&token=y", 400},
		{"the same token twice", "token=x&token=x", 400},
		{"two hints", "token=x&token_type_hint=a&token_type_hint=b", 400},
		{"its key", "token=x&client_id=" + clientID + "&client_secret=" + clientKey, 400},
		{"an assertion", "token=x&client_assertion=y", 400},
		{"a NUL", "token=x%00", 400},
		{"invalid UTF-8", "token=%ff", 400},
		{"a bad escape", "token=%zz", 400},
		{"semicolons", "token=x;token=y", 400},
		{"64 KiB", "token=" + strings.Repeat("x", 64<<10), 413},
	} {
		t.Run("with "+c.name, func(t *testing.T) {
			for _, path := range oauthPaths {
				w, domain := startOAuth(t)
				r := w.request(http.MethodPost, path, c.body)
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Authorization", "Bearer "+clientKey)
				got := w.do(r)
				if c.status == http.StatusOK {
					wantStatus(t, got, c.status)
				} else {
					wantOAuthError(t, got, c.status, "invalid_request")
				}
				if asked := domain.calls() > 0; asked != (c.status == http.StatusOK) {
					t.Errorf("%s: the domain was asked: %v", path, asked)
				}
			}
		})
	}
}

func TestEveryRefusalOfAKeyIsTheSame(t *testing.T) {
	t.Parallel()
	for _, path := range oauthPaths {
		w, _ := startOAuth(t)
		var first reply
		for i, authorization := range []string{"", "Bearer", "Bearer x", "Token x", "Bearer " + accessToken, "Basic x", basic(clientID + ":x"), basic("x:" + clientKey)} {
			r := w.ask(path, "token", accessToken)
			r.Header.Set("Authorization", authorization)
			got := w.do(r)
			wantOAuthError(t, got, http.StatusUnauthorized, "invalid_client")
			got.header.Del("X-Request-Id")
			got.header.Del("Date")
			if i == 0 {
				first = got
			}
			if !reflect.DeepEqual(got, first) {
				t.Errorf("%s: refusal %d is\n%v, the first is\n%v", path, i, got, first)
			}
		}
		if got, want := first.header.Values("WWW-Authenticate"), []string{`Basic realm="latchkey", charset="UTF-8"`, `Bearer realm="latchkey"`}; !reflect.DeepEqual(got, want) {
			t.Errorf("challenges %q", got)
		}
		w.close()
		if n := strings.Count(w.log.String(), `"client refused"`); n != 8 {
			t.Errorf("%d refusals are in the log", n)
		}
		wantIn(t, w.log.String(), `"client_ip":"127.0.0.1"`)
	}
}

func TestAnOutageIsNeverAnAnswerToABackend(t *testing.T) {
	t.Parallel()
	errDown := errors.New("connection refused")
	for name, fail := range map[string]func(*tokens){
		"of keys":                             func(d *tokens) { d.keyErr = errDown },
		"of tokens":                           func(d *tokens) { d.err = errDown },
		"of keys, by another kind of error":   func(d *tokens) { d.keyErr = &auth.Error{Kind: auth.Internal} },
		"of tokens, by another kind of error": func(d *tokens) { d.err = &auth.Error{Kind: auth.Unauthenticated} },
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range oauthPaths {
				w, domain := startOAuth(t)
				fail(domain)
				got := w.do(w.ask(path, "token", accessToken))
				wantOAuthError(t, got, http.StatusServiceUnavailable, "temporarily_unavailable")
				wantIn(t, got.body, got.header.Get("X-Request-Id"))
				wantNotIn(t, got.body, "refused", "active")
				if got.header.Get("Retry-After") == "" {
					t.Error("got no Retry-After header, want one")
				}
				w.close()
				wantIn(t, w.log.String(), `"ERROR"`, got.header.Get("X-Request-Id"))
			}
		})
	}
}

func TestBackendsPost(t *testing.T) {
	t.Parallel()
	for _, path := range oauthPaths {
		w, domain := startOAuth(t)
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
			r := w.ask(path+"?token="+accessToken, "token", accessToken)
			r.Method = method
			got := w.do(r)
			wantStatus(t, got, http.StatusMethodNotAllowed)
			if got.header.Get("Allow") != "POST" {
				t.Errorf("%s %s: Allow %q", method, path, got.header.Get("Allow"))
			}
		}
		if domain.calls() != 0 {
			t.Error("got a call of the domain, want none")
		}
	}
}
