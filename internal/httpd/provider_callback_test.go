package httpd_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// answers is the domain, as far as a callback needs it.
type answers struct {
	begun auth.BeginProviderLoginInput
	got   auth.ProviderCallback
	back  *auth.ProviderReturn
	err   error
}

func (a *answers) FinishProviderFlow(_ context.Context, in auth.ProviderCallback) (*auth.ProviderReturn, error) {
	a.got = in
	return a.back, a.err
}

func (a *answers) BeginProviderLogin(_ context.Context, in auth.BeginProviderLoginInput) (string, error) {
	a.begun = in
	return "https://id.example/authorize?state=s", a.err
}

func callbackServer(t *testing.T, domain *answers) *httpd.Server {
	t.Helper()
	server, err := httpd.New(httpd.Config{GraphQL: http.NotFoundHandler(), Providers: domain, ProductName: "Engines", Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestAProvidersAnswerComesByAddressOrForm(t *testing.T) {
	t.Parallel()
	values := url.Values{"state": {"s"}, "code": {"c"}, "iss": {"https://id.example"}, "user": {"{}"}}
	for name, request := range map[string]func() *http.Request{
		"address": func() *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/callback/company?"+values.Encode(), nil)
		},
		"form of another site": func() *http.Request {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/callback/company?code=other", strings.NewReader(values.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", "https://appleid.apple.com")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			return r
		},
	} {
		domain := &answers{back: &auth.ProviderReturn{RedirectURL: "https://app.example/in?x=1", Parameter: "code", Value: "one time"}}
		server := callbackServer(t, domain)
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request())
		if recorder.Code != http.StatusSeeOther || recorder.Header().Get("Location") != "https://app.example/in?code=one+time&x=1" {
			t.Errorf("%s: got status %d to %q", name, recorder.Code, recorder.Header().Get("Location"))
		}
		if recorder.Header().Get("Referrer-Policy") != "no-referrer" || recorder.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: the code may be told on, or kept", name)
		}
		if recorder.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: got a cookie, want none", name)
		}
		got := domain.got
		if got.Provider != "company" || got.State != "s" || got.Code != "c" || got.Issuer != "https://id.example" || got.Person != "{}" {
			t.Errorf("%s: the domain was told something else", name)
		}
	}
}

func TestAnAnswerThatLeadsNowhereIsAPage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err    error
		target string
		status int
	}{
		{auth.Problems{{Code: auth.InvalidToken, Message: "no"}}, "/callback/company?state=x", http.StatusBadRequest},
		{errors.New("the database is down"), "/callback/company?state=x", http.StatusInternalServerError},
		{&auth.Error{Kind: auth.RateLimited, Message: "Too often."}, "/callback/company?state=x", http.StatusTooManyRequests},
		{nil, "/callback/company?state=%00", http.StatusBadRequest},
		{nil, "/callback/", http.StatusNotFound},
		{nil, "/callback/a/b", http.StatusNotFound},
	} {
		server := callbackServer(t, &answers{err: test.err})
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.target, nil))
		if recorder.Code != test.status || recorder.Header().Get("Location") != "" {
			t.Errorf("%s: got status %d, want %d", test.target, recorder.Code, test.status)
		}
	}
}
