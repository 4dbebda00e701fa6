package httpd_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// What these hold must never be in a log.
const (
	token    = "lk_rst_canarytoken"
	password = "canary horse battery"
)

// accounts answers as it is told to, and remembers what it was asked. It stands for the domain, whose
// own rules are tested there.
type accounts struct {
	mu    sync.Mutex
	calls []string
	err   error
	user  *auth.User
}

func (a *accounts) called(what string) (*auth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, what)
	if a.err != nil {
		return nil, a.err
	}
	return a.user, nil
}

func (a *accounts) ConfirmEmail(_ context.Context, token secret.Text) (*auth.User, error) {
	return a.called("confirm " + token.Reveal())
}

func (a *accounts) ResetPassword(_ context.Context, token, password secret.Text) (*auth.User, error) {
	return a.called("reset " + token.Reveal() + " to " + password.Reveal())
}

// site is a server under test.
type site struct {
	t        *testing.T
	url      string
	accounts *accounts
	log      *lockedLog
}

type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newSite(t *testing.T, change func(*httpd.Config)) *site {
	t.Helper()
	s := &site{t: t, log: &lockedLog{}, accounts: &accounts{user: &auth.User{Email: auth.Email{Address: "ada@example.com"}, PasswordHash: "x"}}}
	config := httpd.Config{
		GraphQL:         http.NotFoundHandler(),
		Accounts:        s.accounts,
		Ready:           func(context.Context) error { return nil },
		ProductName:     "Acme <b>",
		Version:         "1.2.3",
		ConfirmValidFor: 24 * time.Hour,
		ResetValidFor:   time.Hour,
		Logger:          slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&config)
	}
	handler, err := httpd.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		if text := s.log.String(); strings.Contains(text, "canary") {
			t.Error("a secret is in the log")
		}
	})
	s.url = server.URL
	return s
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(method, path string, header http.Header, body string) reply {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{status: response.StatusCode, header: response.Header, body: string(read)}
}

// press sends the form of a page, as a browser does.
func (s *site) press(path string, fields url.Values, more ...string) reply {
	s.t.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
	for i := 0; i < len(more); i += 2 {
		header[more[i]] = []string{more[i+1]}
	}
	return s.do(http.MethodPost, path, header, fields.Encode())
}

func (s *site) wantCalls(want ...string) {
	s.t.Helper()
	if got := s.accounts.calls; strings.Join(got, "; ") != strings.Join(want, "; ") {
		s.t.Errorf("the domain was asked %d times, want %d", len(got), len(want))
	}
}

func TestOpeningALinkChangesNothing(t *testing.T) {
	s := newSite(t, nil)
	for _, path := range []string{"/confirm?token=" + token, "/reset?token=" + token} {
		got := s.do(http.MethodGet, path, nil, "")
		if got.status != http.StatusOK || !strings.Contains(got.body, `<form method="post"`) || !strings.Contains(got.body, `value="`+token+`"`) {
			t.Errorf("%s answers %d, without its form", path[:8], got.status)
		}
		if got := s.do(http.MethodHead, path, nil, ""); got.status != http.StatusOK || got.body != "" {
			t.Errorf("HEAD answers %d", got.status)
		}
		if got := s.do(http.MethodPut, path, nil, ""); got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("PUT answers %d", got.status)
		}
	}
	s.wantCalls()
}

func TestTheButtonActsOnce(t *testing.T) {
	s := newSite(t, nil)
	got := s.press("/confirm", url.Values{"token": {token}})
	if got.status != http.StatusOK || !strings.Contains(got.body, "Your address ada@example.com is confirmed.") {
		t.Errorf("confirm answers %d", got.status)
	}
	got = s.press("/reset", url.Values{"token": {token}, "password": {"  " + password + " "}})
	if got.status != http.StatusOK || !strings.Contains(got.body, "Log in again") {
		t.Errorf("reset answers %d", got.status)
	}
	s.wantCalls("confirm "+token, "reset "+token+" to   "+password+" ")
}

func TestTheTokenOfTheQueryDoesNotAct(t *testing.T) {
	s := newSite(t, nil)
	if got := s.press("/confirm?token="+token, url.Values{}); got.status != http.StatusBadRequest {
		t.Errorf("it answers %d", got.status)
	}
	s.wantCalls()
}

func TestAFormFromAnotherSiteIsRefused(t *testing.T) {
	s := newSite(t, func(c *httpd.Config) { c.PublicURL = "https://auth.example.com" })
	fields := url.Values{"token": {token}}
	for name, headers := range map[string][]string{
		"Sec-Fetch-Site says so": {"Sec-Fetch-Site", "cross-site"},
		"Origin says so":         {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"plain text":             {"Content-Type", "text/plain"},
		"JSON":                   {"Content-Type", "application/json"},
	} {
		if got := s.press("/confirm", fields, headers...); got.status != http.StatusForbidden && got.status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: it answers %d", name, got.status)
		}
	}
	s.wantCalls()
	// Behind a proxy that ends TLS, the page's own origin is the public one.
	if got := s.press("/confirm", fields, "Sec-Fetch-Site", "", "Origin", "https://auth.example.com"); got.status != http.StatusOK {
		t.Errorf("the page's own form answers %d", got.status)
	}
}

func TestWhatTheDomainSaysIsShown(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"a dead link":    {auth.Problems{{Code: auth.CodeTokenInvalid, Message: "x"}}, http.StatusBadRequest, "This link does not work"},
		"a bad password": {auth.Problems{{Code: auth.CodePasswordTooShort, Message: "Use <at least> 8."}}, http.StatusUnprocessableEntity, "Use &lt;at least&gt; 8."},
		"a full queue":   {&auth.Error{Kind: auth.RateLimited, Message: "Too many.", RetryAfter: 1500 * time.Millisecond}, http.StatusTooManyRequests, "Too many."},
		"an outage":      {errors.New("disk on fire"), http.StatusInternalServerError, "Something went wrong on our side"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			s.accounts.err = test.err
			got := s.press("/reset", url.Values{"token": {token}, "password": {password}})
			if got.status != test.status || !strings.Contains(got.body, test.want) {
				t.Errorf("it answers %d, without %q", got.status, test.want)
			}
			if strings.Contains(got.body, "on fire") || strings.Contains(got.body, password) {
				t.Error("it says too much")
			}
			again := test.status == http.StatusUnprocessableEntity || test.status == http.StatusTooManyRequests
			if hasForm := strings.Contains(got.body, `value="`+token+`"`); hasForm != again {
				t.Errorf("the form to try again: %v", hasForm)
			}
			if test.status == http.StatusTooManyRequests && got.header.Get("Retry-After") != "2" {
				t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
			}
			if test.status == http.StatusInternalServerError && !strings.Contains(got.body, got.header.Get("X-Request-Id")) {
				t.Error("the request id is not on the page")
			}
		})
	}
}

func TestATokenThatCannotBeOneIsNotAskedAbout(t *testing.T) {
	s := newSite(t, nil)
	long := strings.Repeat("x", 300)
	for _, path := range []string{"/confirm", "/confirm?token=", "/reset?token=" + long} {
		if got := s.do(http.MethodGet, path, nil, ""); got.status != http.StatusBadRequest {
			t.Errorf("GET answers %d", got.status)
		}
	}
	if got := s.press("/confirm", url.Values{"token": {long}}); got.status != http.StatusBadRequest {
		t.Errorf("POST answers %d", got.status)
	}
	if got := s.press("/reset", url.Values{"token": {token}, "password": {"nul\x00canary"}}); got.status != http.StatusBadRequest {
		t.Errorf("NUL answers %d", got.status)
	}
	if got := s.press("/reset", url.Values{"token": {token}, "password": {strings.Repeat("a", 100<<10)}}); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form answers %d", got.status)
	}
	s.wantCalls()
}

func TestMarkupInATokenIsEscaped(t *testing.T) {
	s := newSite(t, nil)
	got := s.do(http.MethodGet, "/confirm?token="+url.QueryEscape(`"><script>alert(1)</script>`), nil, "")
	if strings.Contains(got.body, "<script") || strings.Contains(got.body, "Acme <b>") {
		t.Error("markup gets through")
	}
}
