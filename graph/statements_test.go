package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// statementsOfUsers is how many statements all of a page of users takes: that of the session; users; sessions; identities;
// four kinds of second factors; audit events.
const statementsOfUsers = 9

// TestAPageOfUsersTakesAsManyStatementsAsOne counts what one request with everything about its users asks the database.
func TestAPageOfUsersTakesAsManyStatementsAsOne(t *testing.T) {
	t.Parallel()
	databases := map[string]func(t *testing.T) *store.DB{
		"SQLite":   func(t *testing.T) *store.DB { return authtest.SQLite(t) },
		"Postgres": func(t *testing.T) *store.DB { return authtest.Postgres(t) },
	}
	for database, open := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			var counted atomic.Int64
			db.Observe(func(_ context.Context, s store.Statement) {
				if s.Verb == "SELECT" || s.Verb == "WITH" {
					counted.Add(1)
				}
			})
			w := authtest.New(t, db, authtest.Unlimited(authtest.Mandatory))
			for i := range 20 {
				email := fmt.Sprintf("user-%d@example.com", i)
				if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: inPassword, Role: auth.RoleUser, Verified: true}); err != nil {
					t.Fatal(err)
				}
				w.LogIn(t, email, inPassword)
			}
			if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "chief@example.com", Password: inPassword, Role: auth.RoleAdmin, Verified: true}); err != nil {
				t.Fatal(err)
			}
			_, token := w.LogIn(t, "chief@example.com", inPassword)
			server := httptest.NewServer(graph.NewHandler(w.Service, slog.New(slog.DiscardHandler), graph.Options{}))
			t.Cleanup(server.Close)
			v := &visitor{t: t, world: w, url: server.URL}
			for _, size := range []int{1, 20} {
				counted.Store(0)
				answer := v.ask(token, `query($n: Int!) { users(first: $n) { nodes {
					id email sessions { id } identities { id } auditEvents { nodes { act } }
					secondFactors { totp { createdAt } recoveryCodesLeft passkeys { id } trustedDevices { id } }
				} } }`, map[string]any{"n": size})
				if code := errorCode(answer); code != "" {
					t.Fatalf("got %s, want none", code)
				}
				users, _ := answer["data"].(map[string]any)["users"].(map[string]any)
				if nodes, _ := users["nodes"].([]any); len(nodes) != size {
					t.Fatalf("got %d users, want %d", len(nodes), size)
				}
				if got := counted.Load(); got > statementsOfUsers || got < statementsOfUsers-1 { // the session may be in memory
					t.Errorf("got %d statements for %d users, want %d, or one less", got, size, statementsOfUsers)
				}
			}
		})
	}
}
