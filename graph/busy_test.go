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

// TestAFloodOfLoginsIsRefusedAndTheRestGoesOn sends many more logins at once than can be hashed:
// each is answered within a second or so, what cannot be done is RATE_LIMITED and says for how long,
// and fields that hash nothing are answered meanwhile.
func TestAFloodOfLoginsIsRefusedAndTheRestGoesOn(t *testing.T) {
	expensive := secret.Params{MemoryKiB: 19 * 1024, Passes: 4, Parallelism: 1}
	world := authtest.NewWithHasher(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory), expensive, secret.WithLimits(1, 4, 750*time.Millisecond))
	server := httptest.NewServer(graph.NewHandler(world, slog.New(slog.DiscardHandler), graph.Options{}))
	t.Cleanup(server.Close)

	const flood = 40
	login := exchange{contentType: asJSON, body: `{"query": "mutation { login(input: {email: \"ada@example.com\", password: \"correct horse battery\"}) { errors { code } } }"}`}
	replies := make(chan reply, flood)
	var senders sync.WaitGroup
	begun := time.Now()
	for range flood {
		senders.Go(func() { replies <- login.do(t, server.URL) })
	}
	config := exchange{contentType: asJSON, body: `{"query": "{ authConfig { registration } }"}`}.do(t, server.URL)
	if !strings.Contains(config.body, `"OPEN"`) {
		t.Errorf("meanwhile another field answers %s", config.body)
	}
	senders.Wait()
	close(replies)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the flood was answered after %v", took)
	}

	refused, checked := 0, 0
	for got := range replies {
		switch {
		case strings.Contains(got.body, `"code":"RATE_LIMITED"`) && strings.Contains(got.body, `"retryAfterSeconds":2`):
			refused++
			if got.header.Get("Retry-After") != "2" {
				t.Errorf("Retry-After is %q", got.header.Get("Retry-After"))
			}
		case strings.Contains(got.body, string(auth.InvalidCredentials)):
			checked++
		default:
			t.Errorf("a login answers %s", got.body)
		}
	}
	if refused == 0 || checked == 0 {
		t.Errorf("%d were refused and %d checked, want some of both", refused, checked)
	}
}
