package httpd_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// What must never be seen in a log.
const (
	token    = "lk_rst_the-token-of-a-mail"
	password = "  correct horse +&=% battery  "
)

// accounts is a domain that remembers what it was asked and answers what it was told to.
type accounts struct {
	mu        sync.Mutex
	confirmed []string   // tokens
	session   string     // with the last of them
	reset     [][]string // token and password
	undone    []string   // tokens
	facts     auth.Request
	user      *auth.User
	err       error
	followed  string // the mark of a link that worked, on any replica
}

func (a *accounts) ConfirmEmailInSession(ctx context.Context, token, session secret.Text) (*auth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.confirmed, a.session = append(a.confirmed, token.Reveal()), session.Reveal()
	a.facts = auth.RequestFrom(ctx)
	return a.user, a.err
}

func (a *accounts) ResetPassword(ctx context.Context, token, newPassword secret.Text) (*auth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reset = append(a.reset, []string{token.Reveal(), newPassword.Reveal()})
	a.facts = auth.RequestFrom(ctx)
	return a.user, a.err
}

func (a *accounts) UndoEmailChange(ctx context.Context, token secret.Text) (*auth.User, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.undone = append(a.undone, token.Reveal())
	a.facts = auth.RequestFrom(ctx)
	return a.user, a.err
}

func (a *accounts) LinkFollowed(_ context.Context, mark []byte) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(mark) > 0 && a.followed == string(mark), nil
}

func (a *accounts) calls() int { return len(a.confirmed) + len(a.reset) + len(a.undone) }

var quiet = slog.New(slog.DiscardHandler)

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// world is a running server and what surrounds it.
type world struct {
	t        *testing.T
	accounts *accounts
	log      *logBuffer
	server   *httpd.Server
	url      string
	close    func()
	cookie   *http.Cookie // sent with each request; nil: none
}

// start runs a server over real HTTP; change may alter its configuration.
func start(t *testing.T, change func(*httpd.Config)) *world {
	t.Helper()
	w := &world{t: t, log: &logBuffer{}, accounts: &accounts{user: &auth.User{
		Email: address.Email{Address: "ada@engine.example"}, PasswordHash: "a hash",
	}}}
	config := httpd.Config{
		GraphQL:         http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }),
		Accounts:        w.accounts,
		JWKS:            noKeySet,
		Ready:           func(context.Context) error { return nil },
		ProductName:     "Engines & Co",
		Version:         "1.2.3",
		ConfirmValidFor: 24 * time.Hour,
		ResetValidFor:   time.Hour,
		Logger:          slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&config)
	}
	server, err := httpd.New(config)
	if err != nil {
		t.Fatal(err)
	}
	over := httptest.NewServer(server)
	w.server, w.url, w.close = server, over.URL, over.Close
	t.Cleanup(over.Close)
	return w
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (w *world) do(r *http.Request) reply {
	w.t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		w.t.Error(err)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

func (w *world) request(method, path, body string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if w.cookie != nil {
		r.AddCookie(w.cookie)
	}
	return r
}

func (w *world) get(path string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, path, ""))
}

// press sends a form as a browser does, as name and value in turn.
func (w *world) press(path string, fields ...string) reply {
	w.t.Helper()
	return w.do(w.form(path, fields...))
}

func (w *world) form(path string, fields ...string) *http.Request {
	w.t.Helper()
	form := url.Values{}
	for pair := range slices.Chunk(fields, 2) {
		form.Add(pair[0], pair[1])
	}
	r := w.request(http.MethodPost, path, form.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func wantStatus(t *testing.T, got reply, status int) {
	t.Helper()
	if got.status != status {
		t.Errorf("status %d, want %d; body:\n%s", got.status, status, got.body)
	}
}

func wantIn(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("%q is missing in:\n%s", part, body)
		}
	}
}

func wantNotIn(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(body, part) {
			t.Errorf("%q must not be in:\n%s", part, body)
		}
	}
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, publicURL := range []string{"accounts.example", "ftp://accounts.example", "/relative", "https://", "http://a b"} {
		t.Run("refuses the public URL "+publicURL, func(t *testing.T) {
			if _, err := httpd.New(httpd.Config{PublicURL: publicURL, GraphQL: http.NotFoundHandler()}); err == nil {
				t.Error("got no error, want one")
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	w := start(t, nil)

	t.Run("home says what this is", func(t *testing.T) {
		got := w.get("/")
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "<title>Engines &amp; Co</title>", "POST /graphql", `href="healthz"`, `href="readyz"`)
		wantNotIn(t, got.body, "1.2.3", "Latchkey", "layground", "<script") // whose business is it
	})
	t.Run("GraphQL gets every method", func(t *testing.T) {
		for _, method := range []string{"GET", "POST", "OPTIONS", "DELETE"} {
			wantStatus(t, w.do(w.request(method, "/graphql", "")), http.StatusNoContent)
		}
	})
	t.Run("GraphQL is there with a slash at the end too, and not below", func(t *testing.T) {
		wantStatus(t, w.do(w.request("POST", "/graphql/", "")), http.StatusNoContent)
		wantStatus(t, w.do(w.request("POST", "/graphql/x", "")), http.StatusNotFound)
	})
	t.Run("an unknown path gets a hint without the path", func(t *testing.T) {
		got := w.get("/no<b>where")
		wantStatus(t, got, http.StatusNotFound)
		wantIn(t, got.body, "/graphql")
		wantNotIn(t, got.body, "where")
	})
	t.Run("the stylesheet of a page can be had, and kept", func(t *testing.T) {
		_, rest, _ := strings.Cut(w.get("/").body, `rel="stylesheet" href="`)
		path, _, _ := strings.Cut(rest, `"`)
		got := w.get("/" + path)
		wantStatus(t, got, http.StatusOK)
		if got.header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("headers: %v", got.header)
		}
		wantIn(t, got.body, "prefers-color-scheme: dark")
	})
	t.Run("there is an icon", func(t *testing.T) {
		got := w.get("/favicon.ico")
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "<svg")
	})
	t.Run("other methods are refused and the right ones named", func(t *testing.T) {
		for path, allow := range map[string]string{
			"/": "GET, HEAD", "/healthz": "GET, HEAD", "/readyz": "GET, HEAD", "/favicon.ico": "GET, HEAD",
			"/confirm": "GET, HEAD, POST", "/reset": "GET, HEAD, POST",
		} {
			got := w.do(w.request(http.MethodDelete, path+"?token="+token, ""))
			wantStatus(t, got, http.StatusMethodNotAllowed)
			if got.header.Get("Allow") != allow {
				t.Errorf("%s: Allow %q, want %q", path, got.header.Get("Allow"), allow)
			}
		}
		if w.accounts.calls() != 0 {
			t.Error("a refused method reached the domain")
		}
	})
}
