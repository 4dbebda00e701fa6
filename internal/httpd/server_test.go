package httpd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestEveryAnswerIsProtected(t *testing.T) {
	s := newSite(t, func(c *httpd.Config) {
		c.PublicURL = "https://auth.example.com"
		c.GraphQL = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				panic("canary")
			}
		})
	})
	for _, at := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/", 200},
		{http.MethodGet, "/healthz", 200},
		{http.MethodGet, "/readyz", 200},
		{http.MethodGet, "/confirm?token=" + token, 200},
		{http.MethodGet, "/reset", 400},
		{http.MethodGet, "/graphql", 200},
		{http.MethodPost, "/graphql", 500},
		{http.MethodGet, "/nothing/here", 404},
		{http.MethodDelete, "/", 405},
		{http.MethodPost, "/healthz", 405},
		{http.MethodGet, "/favicon.ico", 200},
	} {
		got := s.do(at.method, at.path, nil, "")
		if got.status != at.status {
			t.Errorf("%s %.9s answers %d, want %d", at.method, at.path, got.status, at.status)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Strict-Transport-Security": "max-age=31536000"} {
			if value := got.header.Get(name); value != want {
				t.Errorf("%s %.9s: %s is %q", at.method, at.path, name, value)
			}
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s %.9s: the policy is %q", at.method, at.path, policy)
		}
		if referrer := got.header.Get("Referrer-Policy"); referrer != "no-referrer" && referrer != "strict-origin" {
			t.Errorf("%s %.9s: Referrer-Policy is %q", at.method, at.path, referrer)
		}
		if at.path != "/favicon.ico" && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %.9s: Cache-Control is %q", at.method, at.path, got.header.Get("Cache-Control"))
		}
		if len(got.header.Get("X-Request-Id")) != 36 {
			t.Errorf("%s %.9s: no request id", at.method, at.path)
		}
	}
	if got := s.do(http.MethodPost, "/graphql", nil, ""); !strings.Contains(got.body, `"code":"INTERNAL"`) || !strings.Contains(got.body, got.header.Get("X-Request-Id")) {
		t.Errorf("a panic answers %s", got.body)
	}
	if !strings.Contains(s.log.String(), "level=ERROR msg=panic") {
		t.Error("the panic is not in the log")
	}
}

func TestPlainHTTPDoesNotDemandTLS(t *testing.T) {
	s := newSite(t, func(c *httpd.Config) { c.PublicURL = "http://localhost:8080" })
	if got := s.do(http.MethodGet, "/", nil, ""); got.header.Get("Strict-Transport-Security") != "" {
		t.Error("browsers are told to come by https only")
	}
}

func TestTheRequestCarriesItsFacts(t *testing.T) {
	facts := make(chan auth.Request, 1)
	s := newSite(t, func(c *httpd.Config) {
		c.GraphQL = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { facts <- auth.RequestFrom(r.Context()) })
	})
	agent := "Fire\u202efox/1.0 " + strings.Repeat("é", 300)
	got := s.do(http.MethodGet, "/graphql", http.Header{"User-Agent": {agent}, "X-Request-Id": {"mine"}, "X-Forwarded-For": {"203.0.113.9"}}, "")
	fact := <-facts
	if fact.ID != got.header.Get("X-Request-Id") || fact.ID == "mine" {
		t.Errorf("the id is %q", fact.ID)
	}
	if fact.ClientIP.String() != "127.0.0.1" {
		t.Errorf("the client is %s", fact.ClientIP)
	}
	if len(fact.UserAgent) > 512 || !strings.HasPrefix(fact.UserAgent, "Firefox/1.0 é") {
		t.Errorf("the user agent is %d bytes long", len(fact.UserAgent))
	}
}

func TestTheLogHasNoQueryAndNoUnknownPath(t *testing.T) {
	s := newSite(t, nil)
	s.do(http.MethodGet, "/canary/"+token+"?x="+token, nil, "")
	s.do("CANARY", "/confirm?token="+token, nil, "")
	if text := s.log.String(); !strings.Contains(text, "status=404") || !strings.Contains(text, "method=OTHER") {
		t.Errorf("the log is %s", text)
	}
}

func TestReadinessFollowsTheDatabase(t *testing.T) {
	var down error
	s := newSite(t, func(c *httpd.Config) { c.Ready = func(context.Context) error { return down } })
	if got := s.do(http.MethodGet, "/readyz", nil, ""); got.status != http.StatusOK {
		t.Errorf("it answers %d", got.status)
	}
	down = errors.New("connection refused to 10.0.0.1")
	got := s.do(http.MethodGet, "/readyz", nil, "")
	if got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "10.0.0.1") {
		t.Errorf("without a database it answers %d %s", got.status, got.body)
	}
	if got := s.do(http.MethodGet, "/healthz", nil, ""); got.status != http.StatusOK {
		t.Errorf("/healthz answers %d", got.status)
	}
}

func TestReadinessGivesUpOnADatabaseThatHangs(t *testing.T) {
	s := newSite(t, func(c *httpd.Config) {
		c.Ready = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	})
	if got := s.do(http.MethodGet, "/readyz", nil, ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("it answers %d", got.status)
	}
}

// served runs a server until the test stops it.
type served struct {
	addr  string
	stop  context.CancelFunc
	ended chan error
}

func serve(t *testing.T, config httpd.Config) *served {
	t.Helper()
	config.Logger = slog.New(slog.DiscardHandler)
	config.Accounts = &accounts{}
	config.ProductName = "Acme"
	if config.Ready == nil {
		config.Ready = func(context.Context) error { return nil }
	}
	server, err := httpd.New(config)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &served{addr: listener.Addr().String(), stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- server.Serve(ctx, listener) }()
	t.Cleanup(stop)
	return s
}

func get(t *testing.T, addr, path string) (int, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, errors.Join(err, response.Body.Close())
}

func TestStoppingFinishesWhatIsInFlight(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	s := serve(t, httpd.Config{
		GraphQL: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(begun)
			<-finish
			_, _ = io.WriteString(w, "done")
		}),
		Timeouts: httpd.Timeouts{Drain: 200 * time.Millisecond},
	})
	status := make(chan error, 1)
	go func() {
		code, err := get(t, s.addr, "/graphql")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("it answers %d", code)
		}
		status <- err
	}()
	<-begun
	s.stop()

	// While it drains it still answers, and says that it is going.
	for {
		code, err := get(t, s.addr, "/readyz")
		if err != nil {
			t.Fatalf("while draining: %v", err)
		}
		if code == http.StatusServiceUnavailable {
			break
		}
	}
	close(finish)
	if err := <-status; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	if err := <-s.ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestStoppingCutsOffWhatDoesNotEnd(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	s := serve(t, httpd.Config{
		GraphQL:  http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(begun); <-release }),
		Timeouts: httpd.Timeouts{Grace: 50 * time.Millisecond},
	})
	go func() { _, _ = get(t, s.addr, "/graphql") }()
	<-begun
	s.stop()
	if err := <-s.ended; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("the server ended with %v", err)
	}
}

func TestASlowClientIsCutOff(t *testing.T) {
	s := serve(t, httpd.Config{GraphQL: http.NotFoundHandler(), Timeouts: httpd.Timeouts{ReadHeader: 50 * time.Millisecond, Read: 100 * time.Millisecond}})
	for name, begin := range map[string]string{
		"slow headers": "GET / HTTP/1.1\r\nHost: x\r\n",
		"slow body":    "POST /confirm HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ntok",
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, begin); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		// Whatever it says, it ends the connection.
		if _, err := io.Copy(io.Discard, bufio.NewReader(conn)); err != nil && errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: the connection stays open", name)
		}
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: the connection stays open", name)
		}
		_ = conn.Close()
	}
}
