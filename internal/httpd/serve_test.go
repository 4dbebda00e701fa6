package httpd_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// running is a server under Serve.
type running struct {
	*world
	stop  context.CancelFunc
	ended chan error
}

// serve runs a server on a free port until its test ends.
func serve(t *testing.T, change func(*httpd.Config)) *running {
	t.Helper()
	w := start(t, change)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{world: w, stop: cancel, ended: make(chan error, 1)}
	go func() { r.ended <- w.server.Serve(ctx, listener) }()
	t.Cleanup(cancel)
	return r
}

// wait returns what Serve returned.
func (r *running) wait() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(20 * time.Second):
		r.t.Fatal("the server does not stop")
		return nil
	}
}

// held is a GraphQL handler whose answer waits.
type held struct{ begun, release chan struct{} }

func (h held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	close(h.begun)
	select {
	case <-h.release:
		w.WriteHeader(http.StatusAccepted)
	case <-r.Context().Done():
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	t.Run("finishes a request in flight while readiness says no", func(t *testing.T) {
		handler := held{make(chan struct{}), make(chan struct{})}
		r := serve(t, func(c *httpd.Config) { c.GraphQL = handler })
		answered := make(chan reply, 1)
		go func() { answered <- r.do(r.request(http.MethodPost, "/graphql", "")) }()
		<-handler.begun
		if got := r.get("/readyz"); got.status != http.StatusOK {
			t.Errorf("before the stop: %+v", got)
		}

		r.stop()
		waitFor(t, func() bool { return direct(t, r.server, "/readyz").Code == http.StatusServiceUnavailable })
		wantIn(t, direct(t, r.server, "/readyz").Body.String(), "stopping")
		if direct(t, r.server, "/healthz").Code != http.StatusOK {
			t.Error("a stopping server is not unhealthy")
		}
		select {
		case err := <-r.ended:
			t.Fatalf("stopped with a request in flight: %v", err)
		default:
		}

		close(handler.release)
		wantStatus(t, <-answered, http.StatusAccepted)
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})

	t.Run("takes requests while it drains, and tells load balancers no", func(t *testing.T) {
		r := serve(t, func(c *httpd.Config) { c.Timeouts.Drain = 2 * time.Second })
		wantStatus(t, r.get("/readyz"), http.StatusOK)
		r.stop()
		waitFor(t, func() bool { return r.get("/readyz").status == http.StatusServiceUnavailable })
		wantStatus(t, r.get("/"), http.StatusOK)
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})

	t.Run("answers on a connection that was open before it drained, and then closes it", func(t *testing.T) {
		r := serve(t, func(c *httpd.Config) { c.Timeouts.Drain = 2 * time.Second })
		connection := dial(t, r.url)
		answers := bufio.NewReader(connection)
		ask := func() (status int, closes bool) {
			t.Helper()
			if _, err := io.WriteString(connection, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(answers, &http.Request{Method: http.MethodHead})
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
			return response.StatusCode, response.Close
		}
		if _, closes := ask(); closes {
			t.Error("a connection is closed for no reason")
		}
		r.stop()
		waitFor(t, func() bool { return direct(t, r.server, "/readyz").Code == http.StatusServiceUnavailable })
		if status, closes := ask(); status != http.StatusOK || !closes {
			t.Errorf("while it drains it answers %d, and closes the connection: %v", status, closes)
		}
		if _, err := answers.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("the connection stays open: %v", err)
		}
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})

	t.Run("cuts off what is not done after the grace time, and says so", func(t *testing.T) {
		handler := held{make(chan struct{}), make(chan struct{})}
		r := serve(t, func(c *httpd.Config) {
			c.GraphQL = handler
			c.Timeouts.Grace = 20 * time.Millisecond
		})
		cut := make(chan error, 1)
		request := r.request(http.MethodPost, "/graphql", "")
		go func() {
			response, err := http.DefaultClient.Do(request)
			if err == nil {
				err = response.Body.Close()
			}
			cut <- err
		}()
		<-handler.begun
		r.stop()
		if err := r.wait(); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("error %v", err)
		}
		if <-cut == nil {
			t.Error("the request was answered")
		}
	})

	t.Run("cuts off a client that is slow with its headers", func(t *testing.T) {
		r := serve(t, func(c *httpd.Config) { c.Timeouts.ReadHeader = 50 * time.Millisecond })
		connection := dial(t, r.url)
		if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(connection)
		if err != nil {
			t.Fatalf("the connection stays open: %v", err)
		}
		wantNotIn(t, string(answer), "200 OK")
	})

	t.Run("refuses headers that are too large", func(t *testing.T) {
		r := serve(t, nil)
		request := r.request(http.MethodGet, "/", "")
		request.Header.Set("X-Large", strings.Repeat("x", 32<<10))
		wantStatus(t, r.do(request), http.StatusRequestHeaderFieldsTooLarge)
	})

	t.Run("answers OPTIONS * like everything else", func(t *testing.T) {
		r := serve(t, nil)
		connection := dial(t, r.url)
		if _, err := io.WriteString(connection, "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.Header.Get("X-Content-Type-Options") != "nosniff" || response.Header.Get("X-Request-Id") == "" {
			t.Errorf("got %d %v, want nosniff and a request id", response.StatusCode, response.Header)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	})

	t.Run("says when it cannot serve", func(t *testing.T) {
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		if err := start(t, nil).server.Serve(t.Context(), listener); err == nil {
			t.Error("no error on a closed listener")
		}
	})
}

// direct asks the server without a connection, which it no longer takes when it stops.
func direct(t *testing.T, server *httpd.Server, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return recorder
}

func dial(t *testing.T, url string) net.Conn {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return connection
}

// waitFor returns as soon as the condition holds.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatal("got no change within 10 seconds, want the condition to hold")
		case <-ticker.C:
		}
	}
}

func TestARequestIsGivenUpWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	waited := make(chan error, 1)
	server, err := httpd.New(httpd.Config{
		GraphQL: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			waited <- r.Context().Err()
		}),
		Accounts: nil, Ready: func(context.Context) error { return nil }, ProductName: "Acme", Logger: slog.New(slog.DiscardHandler),
		Timeouts: httpd.Timeouts{Request: 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
	server.ServeHTTP(httptest.NewRecorder(), request)
	if err := <-waited; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it was ended by %v", err)
	}
}

func TestWhatTheServerItselfSaysIsAWarning(t *testing.T) {
	t.Parallel()
	var log logBuffer
	lines := httpd.NewServerLog(slog.New(slog.NewJSONHandler(&log, nil)))
	if _, err := io.WriteString(lines, "http: Accept error: too many open files\n"); err != nil {
		t.Fatal(err)
	}
	wantIn(t, log.String(), `"level":"WARN","msg":"http: Accept error: too many open files"}`)
}
