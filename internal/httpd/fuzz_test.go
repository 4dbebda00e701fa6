package httpd_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// FuzzCookie sends anything as the Cookie header, beside the token of a session. It is read as that
// token, or not at all: no other cookie takes its place.
func FuzzCookie(f *testing.F) {
	for _, seed := range []string{
		"", ";", "a=b", "__Host-latchkey=x", "__Host-latchkey=lk_ses_theirs", "__host-latchkey=x", " __Host-latchkey = x ", "__Host-latchkey", "=__Host-latchkey=x",
		`__Host-latchkey="lk_ses_theirs"`, `__Host-latchkey="x`, "__Host-latchkey=;", "__Host-latchkey=x\x00", "a=b, __Host-latchkey=x", "__Host-latchkey=x y", "\xff=\xff",
	} {
		f.Add(seed)
	}
	cookies := httpd.NewCookies(true, "")
	f.Fuzz(func(t *testing.T, forged string) {
		for _, lines := range [][]string{
			{forged + "; __Host-latchkey=lk_ses_theirs"},
			{"__Host-latchkey=lk_ses_theirs; " + forged},
			{forged, "__Host-latchkey=lk_ses_theirs"},
			{"__Host-latchkey=lk_ses_theirs", forged},
		} {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
			request.Header["Cookie"] = lines
			if token, _ := cookies.Token(request); token != "lk_ses_theirs" && token != "" {
				t.Errorf("%+q is read as another token", lines)
			}
		}
	})
}

// FuzzOrigin forges what browsers say of the page that sends a request. Only what is listed may, and
// what a browser says is not believed more than its Origin.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		"", "null", "https://app.example", "https://app.example:443", "https://app.example/", "https://APP.example", "https://app.example.evil.example", "https://app.example@evil.example",
		"http://app.example", "https://app.example, https://evil.example", "https://accounts.example", "https://accounts.example.", "//accounts.example", "https://localhost", "http://127.0.0.1", "\x00",
	} {
		for _, site := range []string{"", "same-origin", "same-site", "cross-site", "none", "x"} {
			f.Add(seed, site)
		}
	}
	allowed := []string{"https://app.example", "https://accounts.example"}
	origins, err := httpd.NewOrigins(allowed[1], allowed[:1], false)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, origin, site string) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://inside.example/graphql", nil)
		request.Header = http.Header{"Origin": {origin}, "Sec-Fetch-Site": {site}}
		own := site == "same-origin" || site == "none" || origin == "https://inside.example" || origin == ""
		if origins.Check(request) == nil && !own && !slices.Contains(allowed, origin) {
			t.Errorf("a page of %+q may send, with Sec-Fetch-Site %+q", origin, site)
		}
	})
}

// FuzzOAuthForm sends anything as the form of a backend, with the key of one and without. The answer is
// JSON without what was sent, never a fault of ours; nothing is done without the key.
func FuzzOAuthForm(f *testing.F) {
	for _, seed := range []string{
		"", "token=x", "token=", "token=a&token=b", "token=%zz", "token=%00", "token=%ff", "token=x;token=y", "token=x&token_type_hint=refresh_token", "=", "&&&", strings.Repeat("a=b&", 3000),
		"token=x&client_id=y&client_secret=z", "TOKEN=x", "token=" + strings.Repeat("x", 5000),
	} {
		f.Add(seed, "application/x-www-form-urlencoded", true)
		f.Add(seed, "application/x-www-form-urlencoded; charset=utf-8", false)
		f.Add(seed, "multipart/form-data; boundary=x", true)
	}
	domain := &tokens{info: &auth.TokenInfo{}}
	handler, err := httpd.New(httpd.Config{
		GraphQL: http.NotFoundHandler(), Accounts: &accounts{}, Tokens: domain, JWKS: noKeySet, PublicURL: "https://accounts.example",
		Logger: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, form, contentType string, hasKey bool) {
		for _, path := range oauthPaths {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form))
			request.Header.Set("Content-Type", contentType)
			if hasKey {
				request.Header.Set("Authorization", "Bearer "+clientKey)
			}
			before, recorder := domain.calls(), httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)

			status, done := recorder.Code, domain.calls() > before
			if status != http.StatusOK && (status < 400 || status >= 500) {
				t.Errorf("%s answers %d", path, status)
			}
			if done && (!hasKey || status != http.StatusOK) {
				t.Errorf("%s did something, and answers %d; with the key: %v", path, status, hasKey)
			}
			if body := recorder.Body.Bytes(); len(body) > 0 && !json.Valid(body) {
				t.Errorf("%s answers %q, which is no JSON", path, body)
			}
			if values, err := url.ParseQuery(form); err == nil && done && len(values["token"]) != 1 {
				t.Errorf("%s chose one of %d tokens", path, len(values["token"]))
			}
		}
	})
}
