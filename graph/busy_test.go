package graph_test

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestAFloodOfLoginsIsRefusedAndTheRestGoesOn sends many more logins at once than can be hashed: those that
// do not fit into the queue get RATE_LIMITED and are told when to retry, and a field that needs no hash is
// answered in the meantime.
func TestAFloodOfLoginsIsRefusedAndTheRestGoesOn(t *testing.T) {
	expensive := secret.Params{MemoryKiB: 19 * 1024, Passes: 4, Parallelism: 1}
	world := authtest.NewWithHasher(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory), expensive, secret.WithLimits(1, 4, 750*time.Millisecond))
	server := httptest.NewServer(graph.NewHandler(world.Service, slog.New(slog.DiscardHandler), graph.Options{}))
	t.Cleanup(server.Close)

	const flood = 40
	login := exchange{contentType: asJSON, body: `{"query": "mutation { login(input: {email: \"ada@example.com\", password: \"correct horse battery\"}) { errors { code } } }"}`}
	replies := make(chan reply, flood)
	var senders sync.WaitGroup
	for range flood {
		senders.Go(func() { replies <- login.do(t, server.URL) })
	}
	config := exchange{contentType: asJSON, body: `{"query": "{ authConfig { registration } }"}`}.do(t, server.URL)
	if !strings.Contains(config.body, `"OPEN"`) {
		t.Errorf("got %s from another field in the meantime, want OPEN", config.body)
	}
	senders.Wait()
	close(replies)

	refused, checked := 0, 0
	for got := range replies {
		switch {
		case strings.Contains(got.body, `"code":"RATE_LIMITED"`) && strings.Contains(got.body, `"retryAfterSeconds":2`):
			refused++
			if got.header.Get("Retry-After") != "2" {
				t.Errorf("got Retry-After %q, want 2", got.header.Get("Retry-After"))
			}
		case strings.Contains(got.body, string(auth.InvalidCredentials)):
			checked++
		default:
			t.Errorf("got %s from a login, want INVALID_CREDENTIALS or RATE_LIMITED", got.body)
		}
	}
	if refused == 0 || checked == 0 {
		t.Errorf("got %d refused and %d checked, want some of both", refused, checked)
	}
}
