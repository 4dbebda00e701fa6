package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// numbered returns an id that is the same each time.
func numbered(n int) uuid.UUID { return uuid.UUID{15: byte(n), 6: 0x70, 8: 0x80} }

// digestOf returns a digest that is the same each time.
func digestOf(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 32) }

// written does everything that statements of hot paths write, of a user of that number. Its times have
// fractions that end with zeros, none, and a zone of their own.
func written(t *testing.T, db auth.Store, n int) {
	t.Helper()
	zone := time.FixedZone("test", -7*60*60)
	whole := time.Date(2026, 3, 29, 1, 30, 0, 0, zone)
	tenth, exact := whole.Add(100*time.Millisecond), whole.Add(123456*time.Microsecond+789)
	user := &auth.User{
		ID: numbered(n), Email: address.Email{Address: fmt.Sprintf("%d@Example.com", n), Canonical: fmt.Sprintf("%d@example.com", n)},
		Name: `O'Hara \ "ß" ?0 $1`, Profile: `{"a":"?1"}`, Role: auth.RoleUser, PasswordHash: "hash", CreatedAt: whole, UpdatedAt: tenth,
	}
	must(t, db.CreateUser(t.Context(), user))
	session := func(n int) *auth.Session {
		return &auth.Session{
			ID: numbered(n), UserID: user.ID, TokenDigest: digestOf(n), Generation: 1, CreatedAt: whole, LastSeenAt: whole,
			AuthenticatedAt: tenth, EndsAt: exact.Add(time.Hour), IPAddress: "192.0.2.1", UserAgent: `it's a \ "?0"`,
		}
	}
	chain := &auth.RefreshChain{SessionID: numbered(n + 1), Family: digestOf(n), Digest: digestOf(n + 1), RotatedAt: tenth}
	rotated := &auth.RefreshChain{
		SessionID: chain.SessionID, Family: chain.Family, Digest: digestOf(n + 2), Previous: chain.Digest, Sealed: []byte("sealed"), RotatedAt: exact,
	}
	must(t, db.InTx(t.Context(), func(tx auth.Tx) error {
		locked, err := tx.LockUser(t.Context(), user.ID)
		if err != nil {
			return err
		}
		locked.LastLoginAt = exact
		_, _, met := tx.MeetDevice(t.Context(), user.ID, "a client's", exact)
		event := &auth.AuditEvent{ID: numbered(n), At: whole, Act: "logged_in", Outcome: "ok", UserID: user.ID, UserAgent: `'\?0`}
		happened := &auth.Event{ID: numbered(n), Kind: "user.signed_in", At: tenth, UserID: user.ID, SessionID: numbered(n + 1)}
		return errors.Join(
			tx.Events().AddEvent(t.Context(), happened),
			tx.UpdateUser(t.Context(), locked), tx.CreateSession(t.Context(), session(n+1)), tx.CreateSession(t.Context(), session(n+2)),
			tx.CreateRefreshChain(t.Context(), chain), tx.(auth.Writer).RotateRefreshChain(t.Context(), rotated, rotated.RotatedAt), met,
			tx.RememberDevice(t.Context(), user.ID, [][]byte{digestOf(n)}, exact), tx.AddAuditEvent(t.Context(), event),
			tx.EndSession(t.Context(), numbered(n+2)), tx.ForgetWrongCodes(t.Context(), user.Email.Canonical),
		)
	}))
	for count := range store.MetersAtOnce {
		var meters []ratelimit.Meter
		for i := range count + 1 {
			key := slices.Concat(digestOf(n), []byte{byte(count), byte(i)})
			meters = append(meters, ratelimit.Meter{Key: slices.Concat(key, []byte{0}), Interval: time.Second, Units: 3},
				ratelimit.Meter{Key: slices.Concat(key, []byte{1}), Interval: time.Second, Units: 3, Hold: true})
		}
		for _, failed := range []bool{false, true} {
			_, err := db.TakeUnits(t.Context(), numbered(n), meters, exact, exact.Add(time.Minute))
			must(t, err)
			must(t, db.SettleUnits(t.Context(), numbered(n), meters, failed, exact))
		}
		_, err := db.TakeUnits(t.Context(), numbered(n), meters, exact, exact.Add(time.Minute))
		must(t, err)
	}
}

// tableContents returns all rows of the tables that written writes to, as the database itself would tell them.
func tableContents(t *testing.T, db *store.DB) map[string][]string {
	t.Helper()
	contents := map[string][]string{}
	for _, table := range []string{
		"users", "passwords", "sessions", "refresh_chains", "audit_events", "events", "clients", "known_clients", "rate_limits", "rate_limit_holds",
	} {
		query := "SELECT t::text FROM " + table + " AS t"
		if db.Kind() == store.SQLite {
			var columns []string
			must(t, db.Bun().NewRaw("SELECT name FROM pragma_table_info(?)", table).Scan(t.Context(), &columns))
			query = "SELECT quote(" + strings.Join(columns, ") || ' ' || quote(") + ") FROM " + table
		}
		var rows []string
		must(t, db.Bun().NewRaw(query).Scan(t.Context(), &rows))
		if len(rows) == 0 {
			t.Errorf("nothing is in %s", table)
		}
		slices.Sort(rows)
		contents[table] = rows
	}
	return contents
}

// TestWhatIsBoundIsWhatIsWritten compares what prepared statements leave in the tables with what is there
// after bun has written their arguments: in SQLite a time is a text, and compared as one.
func TestWhatIsBoundIsWhatIsWritten(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		bound := migrated(t, url)
		other := sqliteURL(t)
		if bound.Kind() == store.Postgres {
			other = pgtest.URL(t)
		}
		unbound := migrated(t, other)
		unbound.Unprepare()
		for i := range 3 { // the first time, what is in a transaction is not prepared yet
			written(t, bound, 10*i+1)
			written(t, unbound, 10*i+1)
		}
		if missing := bound.Missing("INSERT", "UPDATE", "DELETE", "WITH"); len(missing) > 0 || bound.Unprepared() {
			t.Errorf("these are not prepared: %v", missing)
		}
		if diff := cmp.Diff(tableContents(t, unbound), tableContents(t, bound)); diff != "" {
			t.Errorf("(-written +bound):\n%s", diff)
		}
	})
}

// TestATransactionRunsAgainWithoutPreparedStatements forgets them between transactions, so that the next
// one fails in the middle.
func TestATransactionRunsAgainWithoutPreparedStatements(t *testing.T) {
	db := migrated(t, pgtest.URL(t)+"&pool_max_conns=1")
	for i := range 2 {
		written(t, db, 10*i+1)
	}
	if _, err := db.Bun().NewRaw("DEALLOCATE ALL").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	runs := 0
	must(t, db.InTx(t.Context(), func(tx auth.Tx) error {
		runs++
		err := tx.AddAuditEvent(t.Context(), &auth.AuditEvent{ID: uuid.Must(uuid.NewV7()), At: time.Now(), Act: "once", Outcome: "ok"})
		if err != nil {
			return err
		}
		return tx.EndSession(t.Context(), numbered(2))
	}))
	if runs != 2 || !db.Unprepared() {
		t.Errorf("it ran %d times", runs)
	}
	events, err := db.AuditEvents(t.Context(), uuid.Nil, time.Time{}, uuid.Nil, 100)
	must(t, err)
	if n := len(slices.DeleteFunc(events, func(e *auth.AuditEvent) bool { return e.Act != "once" })); n != 1 {
		t.Errorf("%d events were added", n)
	}
}

// TestARefreshLocksInTheOrderInWhichSessionsEnd: a session that ends takes its chain along, so a refresh
// that locked the chain first would wait for it, and it for the refresh.
func TestARefreshLocksInTheOrderInWhichSessionsEnd(t *testing.T) {
	db := migrated(t, pgtest.URL(t))
	written(t, db, 1)
	var failures atomic.Int64
	db.Observe(func(_ context.Context, s store.Statement) {
		if s.Failed {
			failures.Add(1)
		}
	})
	refreshed := make(chan error, 1)
	must(t, db.InTx(t.Context(), func(tx auth.Tx) error {
		if err := tx.ProveSession(t.Context(), numbered(2), time.Now(), nil); err != nil { // which locks the session alone
			return err
		}
		go func() {
			refreshed <- db.RotateRefreshChain(t.Context(), &auth.RefreshChain{
				SessionID: numbered(2), Digest: digestOf(9), Previous: digestOf(3), RotatedAt: time.Now(),
			}, time.Now())
		}()
		waits := "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
		for waiting := 0; waiting == 0; {
			if len(refreshed) > 0 {
				return errors.New("the refresh did not wait")
			}
			if err := db.Bun().NewRaw(waits).Scan(t.Context(), &waiting); err != nil {
				return err
			}
		}
		return tx.EndSession(t.Context(), numbered(2))
	}))
	if err := <-refreshed; !errors.Is(err, auth.ErrNotFound) || failures.Load() != 0 {
		t.Errorf("the refresh ended with %v, and %d statements failed", err, failures.Load())
	}
}
