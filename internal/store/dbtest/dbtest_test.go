package dbtest_test

import (
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestEveryTestHasAMigratedDatabaseOfItsOwn(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"SQLite": dbtest.SQLite, "Postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			one, two := opened(t, url(t)), opened(t, url(t))
			for _, db := range []*store.DB{one, two} {
				if pending, err := db.Pending(t.Context()); err != nil || len(pending) > 0 {
					t.Errorf("pending migrations: got %v (%v), want none", pending, err)
				}
			}
			for number, db := range []*store.DB{one, two} {
				now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
				taken, err := db.TakeLease(t.Context(), "test", uuid.New(), now, now.Add(time.Hour))
				if err != nil || !taken {
					t.Errorf("database %d: the lease was taken: got %v (%v), want true, because no other test has it", number, taken, err)
				}
			}
		})
	}
}

// opened opens the database at the URL and closes it when the test ends.
func opened(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("open %s: %v", t.Name(), err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}
