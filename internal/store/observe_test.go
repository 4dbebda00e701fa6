package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
)

type contextKey struct{}

func TestTheObserverIsToldOfStatements(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := migrated(t, url)
		var (
			mu   sync.Mutex
			told []string
		)
		db.Observe(func(ctx context.Context, s store.Statement) {
			mu.Lock()
			defer mu.Unlock()
			if ctx.Value(contextKey{}) != true {
				t.Errorf("%s is not told in the context of who asked for it", s.Verb)
			}
			if strings.Contains(fmt.Sprintf("%+v", s), treasure) || time.Since(s.Begun) > time.Minute {
				t.Error("got a statement with a value or with a wrong time, want neither")
			}
			told = append(told, strings.TrimSpace(fmt.Sprint(s.Verb, " ", s.Table))+map[bool]string{true: " failed"}[s.Failed])
		})
		want := func(what string, want ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(told, want) {
				t.Errorf("%s: the observer was told %q, want %q", what, told, want)
			}
			told = nil
		}

		ctx := context.WithValue(t.Context(), contextKey{}, true)
		event := &auth.AuditEvent{ID: uuid.Must(uuid.NewV7()), At: time.Now(), Act: treasure, Outcome: "ok", UserAgent: treasure}
		must(t, db.AddAuditEvent(ctx, event))
		want("a write", "INSERT audit_events")
		_, err := db.UserByUsername(ctx, treasure)
		if err == nil {
			t.Fatal("there is such a user")
		}
		want("a read that finds nothing is no failure", "SELECT users")
		must(t, db.InTx(ctx, func(tx auth.Tx) error {
			_, err := tx.(auth.OutboxStore).LeaseOutbox(ctx, uuid.New(), time.Now(), time.Now(), 1)
			return err
		}))
		want("a transaction", "BEGIN", "WITH", "WITH", "COMMIT") // it leases, and parks what waits
		if err := db.AddAuditEvent(ctx, event); err == nil {
			t.Fatal("an event was added twice")
		}
		want("a failure", "INSERT audit_events failed")
	})
}

func TestPools(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := migrated(t, url)
		names := []string{"all"}
		if db.Kind() == store.SQLite {
			names = []string{"write", "read"}
		}
		within := func() (used int64) {
			for i, pool := range db.Pools() {
				if pool.Name != names[i] || pool.Max < 1 || pool.Open != pool.InUse+pool.Idle {
					t.Errorf("pool %d is %+v", i, pool)
				}
				used += pool.InUse
			}
			return used
		}
		if used := within(); used != 0 || len(db.Pools()) != len(names) {
			t.Errorf("%d connections of %d pools are in use", used, len(db.Pools()))
		}
		must(t, db.InTx(t.Context(), func(auth.Tx) error {
			if used := within(); used != 1 {
				t.Errorf("in a transaction %d connections are in use", used)
			}
			return nil
		}))
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
