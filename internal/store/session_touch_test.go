package store_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
)

// seen returns when a session was last seen as far as that is written down.
func seen(t *testing.T, plain *store.DB, session *auth.Session) time.Time {
	t.Helper()
	found, _, err := plain.SessionByID(t.Context(), session.ID)
	if err != nil {
		t.Fatal(err)
	}
	return found.LastSeenAt
}

func TestTheUseOfSessionsIsWrittenDownTogether(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db, plain := migrated(t, url), opened(t, url)
		var (
			mu     sync.Mutex
			writes int
		)
		db.Observe(func(_ context.Context, s store.Statement) {
			mu.Lock()
			defer mu.Unlock()
			if s.Verb == "WITH" || s.Verb == "UPDATE" {
				writes++
			}
		})
		db.EnableSessionCacheDeaf(8 << 20)
		user, first := member(t, db)
		sessions := []*auth.Session{first}
		for range 20 {
			sessions = append(sessions, another(t, db, user))
		}
		later := first.LastSeenAt.Add(3 * time.Minute)
		for i, session := range sessions {
			at := later.Add(time.Duration(i) * time.Second)
			for _, when := range []time.Time{at, at.Add(-time.Second)} { // never back
				if err := db.TouchSession(t.Context(), session.ID, when); err != nil {
					t.Fatal(err)
				}
			}
			if found, _, err := db.SessionByID(t.Context(), session.ID); err != nil || !found.LastSeenAt.Equal(at) {
				t.Fatalf("the store itself knows %v, want %v (%v)", found.LastSeenAt, at, err)
			}
		}
		gone := sessions[len(sessions)-1]
		if err := db.EndSession(t.Context(), gone.ID); err != nil {
			t.Fatal(err)
		}
		sessions = sessions[:len(sessions)-1]
		written := func() int {
			mu.Lock()
			defer mu.Unlock()
			return writes
		}
		await(t, "written down by itself", func() bool { return seen(t, plain, first).Equal(later) && written() > 0 && db.Idle() })
		wanted := 1
		if db.Kind() == store.Postgres {
			wanted = 2 // one session has ended, and so it is looked whether somebody holds it
		}
		if written() != wanted {
			t.Errorf("there were %d statements, want %d", written(), wanted)
		}
		for i, session := range sessions {
			if at := later.Add(time.Duration(i) * time.Second); !seen(t, plain, session).Equal(at) {
				t.Errorf("session %d was seen at %v, want %v", i, seen(t, plain, session), at)
			}
		}
		if _, _, err := plain.SessionByID(t.Context(), gone.ID); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("the session that had ended: %v", err)
		}
	})
}

// TestUsesWaitForEachOtherWithoutMemoryToo turns the memory off.
func TestUsesWaitForEachOtherWithoutMemoryToo(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db, plain := migrated(t, url), opened(t, url)
		db.EnableSessionCache(0, slog.New(slog.DiscardHandler))
		_, session := member(t, db)
		later := session.LastSeenAt.Add(time.Hour)
		if err := db.TouchSession(t.Context(), session.ID, later); err != nil {
			t.Fatal(err)
		}
		found, _, err := db.RecentSessionByID(t.Context(), session.ID)
		if err != nil || !found.LastSeenAt.Equal(later) {
			t.Errorf("the store itself knows %v (%v)", found.LastSeenAt, err)
		}
		if hits, misses, doubts := db.SessionCacheStats(); hits+misses+doubts != 0 {
			t.Error("got a lookup in the session cache, want none")
		}
		await(t, "written down", func() bool { return seen(t, plain, session).Equal(later) })
	})
}

func TestTheUseOfASessionIsWrittenDownAtTheLatestByClose(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		db.EnableSessionCacheDeaf(8 << 20)
		_, session := member(t, db)
		later := session.LastSeenAt.Add(time.Hour)
		if err := db.TouchSession(t.Context(), session.ID, later); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if at := seen(t, opened(t, url), session); !at.Equal(later) {
			t.Errorf("it was seen at %v, want %v", at, later)
		}
	})
}

func TestTheUseOfASessionThatCannotBeWrittenDownIsTriedAgain(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db, plain := migrated(t, url), opened(t, url)
		db.EnableSessionCacheDeaf(8 << 20)
		_, session := member(t, db)
		later := session.LastSeenAt.Add(time.Hour)
		if err := db.TouchSession(t.Context(), session.ID, later); err != nil {
			t.Fatal(err)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.WriteTouches(over); !errors.Is(err, context.Canceled) {
			t.Fatalf("the error is %v, want that the context is over", err)
		}
		if found, _, err := db.SessionByID(t.Context(), session.ID); err != nil || !found.LastSeenAt.Equal(later) {
			t.Fatalf("the store has forgotten it: %v (%v)", found.LastSeenAt, err)
		}
		await(t, "written down", func() bool { return seen(t, plain, session).Equal(later) })
	})
}

// TestASessionThatSomebodyIsChangingHoldsUpNoOther shows that the uses of sessions wait for nobody.
func TestASessionThatSomebodyIsChangingHoldsUpNoOther(t *testing.T) {
	url := dbtest.Postgres(t)
	db, plain := migrated(t, url), opened(t, url)
	db.EnableSessionCacheDeaf(8 << 20)
	user, held := member(t, db)
	free := another(t, db, user)
	later := held.LastSeenAt.Add(time.Hour)
	err := plain.InTx(t.Context(), func(tx auth.Tx) error {
		if err := tx.ProveSession(t.Context(), held.ID, later, held.Methods); err != nil {
			return err
		}
		for _, session := range []*auth.Session{held, free} {
			if err := db.TouchSession(t.Context(), session.ID, later); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		defer cancel()
		return db.WriteTouches(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	if at := seen(t, plain, free); !at.Equal(later) {
		t.Errorf("the session that nobody holds was seen at %v, want %v", at, later)
	}
	await(t, "written down when nobody holds it any more", func() bool { return seen(t, plain, held).Equal(later) })
}

// TestAUseIsKnownWhileItIsBeingWrittenDown holds up the writing.
func TestAUseIsKnownWhileItIsBeingWrittenDown(t *testing.T) {
	db := migrated(t, sqliteURL(t))
	db.EnableSessionCacheDeaf(8 << 20)
	_, session := member(t, db)
	later := session.LastSeenAt.Add(time.Hour)
	if err := db.TouchSession(t.Context(), session.ID, later); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	err := db.InTx(t.Context(), func(auth.Tx) error { // has the one connection that writes
		go func() { written <- db.WriteTouches(context.Background()) }()
		await(t, "about to be written down", func() bool { return db.WaitsToWrite() > 0 })
		found, _, err := db.SessionByID(t.Context(), session.ID)
		if err == nil && !found.LastSeenAt.Equal(later) {
			t.Errorf("it was seen at %v, want %v", found.LastSeenAt, later)
		}
		return err
	})
	if err = errors.Join(err, <-written); err != nil {
		t.Fatal(err)
	}
}

// TestTheSessionUnusedLongestIsKnownAtOnce shows that what waits to be written down counts in a transaction too.
func TestTheSessionUnusedLongestIsKnownAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := migrated(t, url)
		db.EnableSessionCacheDeaf(8 << 20)
		user, first := member(t, db)
		second := another(t, db, user)
		if err := db.TouchSession(t.Context(), first.ID, second.LastSeenAt.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		var listed []uuid.UUID
		err := db.InTx(t.Context(), func(tx auth.Tx) error {
			listed = nil
			sessions, err := tx.Sessions(t.Context(), user.ID)
			for _, s := range sessions {
				listed = append(listed, s.ID)
			}
			return err
		})
		if err != nil || len(listed) != 2 || listed[0] != first.ID {
			t.Errorf("the one used last is not the first (%v)", err)
		}
	})
}
