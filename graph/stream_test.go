package graph_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	acceptEvents    = "text/event-stream"
	acceptMultipart = `multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json`
	subscribeToEnd  = `{"query":"subscription { sessionEnded { reason } }"}`
)

// subscriber is a client whose answer has begun.
type subscriber struct {
	*http.Response
	lines *bufio.Reader
}

func subscribe(ctx context.Context, t *testing.T, url, accept, body string, token secret.Text) *subscriber {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accept)
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return &subscriber{response, bufio.NewReader(response.Body)}
}

// rest returns all that comes until the stream ends.
func (s *subscriber) rest(t *testing.T) string {
	t.Helper()
	all, err := io.ReadAll(s.lines)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

func TestTheEndOfASessionIsStreamed(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]struct{ contentType, begin, rest string }{
		acceptEvents: {
			"text/event-stream", ":\n\n:\n\n",
			"event: next\ndata: {\"data\":{\"sessionEnded\":{\"reason\":\"LOGGED_OUT\"}}}\n\nevent: complete\ndata: \n\n",
		},
		acceptMultipart: {
			`multipart/mixed;boundary="graphql";subscriptionSpec="1.0"`, "--graphql\r\nContent-Type: application/json\r\n\r\n{}\r\n--graphql",
			"\r\nContent-Type: application/json\r\n\r\n{\"payload\":{\"data\":{\"sessionEnded\":{\"reason\":\"LOGGED_OUT\"}}}}\r\n--graphql--\r\n",
		},
	} {
		t.Run(want.contentType, func(t *testing.T) {
			t.Parallel()
			url, world, _ := endpoint(t, graph.Options{})
			world.Join(t, "ada@lovelace.example", "correct horse battery")
			_, token := world.LogIn(t, "ada@lovelace.example", "correct horse battery")
			s := subscribe(t.Context(), t, url, accept, subscribeToEnd, token)
			begin := make([]byte, len(want.begin))
			if _, err := io.ReadFull(s.lines, begin); err != nil || string(begin) != want.begin {
				t.Fatalf("got the beginning %q (%v), want %q", begin, err, want.begin)
			}
			if err := world.Logout(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			if got := s.rest(t); got != want.rest {
				t.Errorf("got %q, want %q", got, want.rest)
			}
			if got := s.Header.Get("Content-Type"); got != want.contentType || s.StatusCode != http.StatusOK || s.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("got %d %q with the header %v, want 200 %q that nobody stores", s.StatusCode, got, s.Header, want.contentType)
			}
		})
	}
}

func TestWhatIsNoStreamIsAnsweredToWhoAcceptsStreamsOnly(t *testing.T) {
	t.Parallel()
	url, world, _ := endpoint(t, graph.Options{Introspection: true})
	world.Join(t, "ada@lovelace.example", "correct horse battery")
	_, token := world.LogIn(t, "ada@lovelace.example", "correct horse battery")
	for name, c := range map[string]struct {
		accept, body string
		token        secret.Text
		status       int
		want         string // in the answer
	}{
		"without a session":  {acceptEvents, subscribeToEnd, "", 200, `"code":"UNAUTHENTICATED"`},
		"a query":            {acceptEvents, `{"query":"{ me { email } }"}`, token, 200, "event: next\ndata: {\"data\":{\"me\":{\"email\":\"ada@lovelace.example\"}}}\n\nevent: complete\n"},
		"a query, JSON too":  {"text/event-stream, application/json", `{"query":"{ me { email } }"}`, token, 200, `{"data":{"me":{"email":"ada@lovelace.example"}}}`},
		"no such field":      {acceptEvents, `{"query":"subscription { nothing }"}`, token, 200, "event: next\ndata: {\"errors\":"},
		"two fields":         {acceptEvents, `{"query":"subscription { a: sessionEnded { at } b: sessionEnded { at } }"}`, token, 200, "exactly one field"},
		"none is left":       {acceptEvents, `{"query":"subscription { sessionEnded @skip(if: true) { at } }"}`, token, 200, "exactly one field"},
		"the type's name":    {acceptEvents, `{"query":"subscription { __typename }"}`, token, 200, "errors"},
		"JSON only":          {"application/json", subscribeToEnd, token, 406, "accept text/event-stream or multipart/mixed"},
		"streams unwanted":   {"text/event-stream;q=0, application/json", subscribeToEnd, token, 406, "accept text/event-stream"},
		"nothing accepted":   {"image/png", subscribeToEnd, token, 406, "errors"},
		"another multipart":  {`multipart/mixed;subscriptionSpec="2.0", application/json`, subscribeToEnd, token, 406, "accept text/event-stream"},
		"not JSON, a stream": {acceptEvents, `{`, token, 400, `"errors"`},
	} {
		s := subscribe(t.Context(), t, url, c.accept, c.body, c.token)
		if got := s.rest(t); s.StatusCode != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %d %q, want %d with %q", name, s.StatusCode, got, c.status, c.want)
		}
	}
}

// TestAStreamEndsWithItsServer: it outlasts the time of a request, and the server that stops tells that it is over.
func TestAStreamEndsWithItsServer(t *testing.T) {
	t.Parallel()
	world := authtest.New(t, authtest.SQLite(t), authtest.Mandatory)
	world.Join(t, "ada@lovelace.example", "correct horse battery")
	_, token := world.LogIn(t, "ada@lovelace.example", "correct horse battery")
	stopped, stop := context.WithCancel(t.Context())
	handler := graph.NewHandler(world.Service, slog.New(slog.DiscardHandler), graph.Options{
		Lasting: func(ctx context.Context) (context.Context, context.CancelFunc) {
			lasts, cancel := context.WithCancel(context.WithoutCancel(ctx))
			context.AfterFunc(stopped, cancel)
			return lasts, cancel
		},
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		context.AfterFunc(t.Context(), cancel)
		cancel() // its time is over
		handler.ServeHTTP(w, r.WithContext(auth.WithRequest(ctx, auth.Request{})))
	}))
	t.Cleanup(server.Close)
	s := subscribe(t.Context(), t, server.URL, acceptEvents, subscribeToEnd, token)
	if line, err := s.lines.ReadString('\n'); err != nil || line != ":\n" {
		t.Fatalf("got %q (%v), want a stream", line, err)
	}
	stop()
	if got := s.rest(t); !strings.HasSuffix(got, "event: complete\ndata: \n\n") || strings.Contains(got, "next") {
		t.Errorf("got %q, want that it is complete", got)
	}
}
