package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// TestMoreMetersAreNoMoreStatements: a client with an IPv6 address is counted by three networks, and costs the
// database no more than one with an IPv4 address.
func TestMoreMetersAreNoMoreStatements(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := migrated(t, url)
		var mu sync.Mutex
		var told []string
		db.Observe(func(_ context.Context, s store.Statement) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, s.Verb+" "+s.Table)
		})
		now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
		statements := func(first byte, each int) []string {
			var meters []ratelimit.Meter
			for i := range each {
				meters = append(meters,
					ratelimit.Meter{Key: []byte{first, byte(i), 0}, Interval: time.Second, Units: 2},
					ratelimit.Meter{Key: []byte{first, byte(i), 1}, Interval: time.Second, Units: 2, Hold: true})
			}
			told = nil
			attempt := uuid.Must(uuid.NewV7())
			short, err := db.TakeUnits(t.Context(), attempt, meters, now, now.Add(time.Minute))
			must(t, err)
			if len(short) > 0 {
				t.Fatalf("got %d meters without a unit, want none", len(short))
			}
			must(t, db.SettleUnits(t.Context(), attempt, meters, true, now))
			return slices.DeleteFunc(told, func(s string) bool { return s == "BEGIN " || s == "COMMIT " })
		}
		one, many := statements(1, 1), statements(2, store.MetersAtOnce)
		want := []string{
			"INSERT rate_limits", "INSERT rate_limits", "SELECT rate_limit_holds", "INSERT rate_limit_holds",
			"DELETE rate_limit_holds", "INSERT rate_limits",
		}
		if !slices.Equal(one, want) || !slices.Equal(many, want) {
			t.Errorf("got %q for two meters and %q for sixteen, want %q for both", one, many, want)
		}
	})
}
