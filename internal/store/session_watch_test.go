package store_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

func eachDatabase(t *testing.T, run func(t *testing.T, target string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); run(t, dbtest.SQLite(t)) })
	t.Run("Postgres", func(t *testing.T) { t.Parallel(); run(t, dbtest.Postgres(t)) })
}

// told fails the test unless a change of who is watched is told.
func told(t *testing.T, changed <-chan struct{}) {
	t.Helper()
	select {
	case <-changed:
	case <-time.After(soon):
		t.Fatalf("nothing was told for %v", soon)
	}
}

// untold forgets what was told so far.
func untold(changed <-chan struct{}) {
	select {
	case <-changed:
	default:
	}
}

func watched(t *testing.T, db *store.DB, user uuid.UUID) <-chan struct{} {
	t.Helper()
	changed, err := db.WatchSessions(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// TestAChangeIsToldToWhoWatches: of one's own process at once, and of another as soon as it is heard of.
func TestAChangeIsToldToWhoWatches(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, target string) {
		elsewhere := migrated(t, target)
		db := keeping(t, target)
		user, session := member(t, elsewhere)
		other, _ := member(t, elsewhere)
		changed, others := watched(t, db, user.ID), watched(t, db, other.ID)
		awaitKeeping(t, db, session) // from here on, nothing but changes is told
		untold(changed)
		untold(others)

		for name, by := range map[string]*store.DB{"here": db, "elsewhere": elsewhere} {
			if err := by.EndSession(t.Context(), another(t, elsewhere, user).ID); err != nil {
				t.Fatal(err)
			}
			told(t, changed)
			select {
			case <-others:
				t.Errorf("%s: the end of a session is told to another user", name)
			default:
			}
		}
	})
}

// TestWhoeverHearsOfNothingLooks: with no memory of sessions there are no notices either.
func TestWhoeverHearsOfNothingLooks(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, target string) {
		db := migrated(t, target)
		db.LookForChangesEvery(time.Millisecond)
		changed := watched(t, db, uuid.New())
		for range 3 {
			told(t, changed)
		}
	})
}

// TestNoChangeIsMissedWhileTheDatabaseIsAway ends a session while nobody can hear of it.
func TestNoChangeIsMissedWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	mortal := pgtest.NewMortal(t)
	elsewhere := migrated(t, mortal.URL())
	db := opened(t, mortal.URL())
	db.EnableSessionCache(8<<20, slog.New(slog.DiscardHandler))
	user, session := member(t, elsewhere)
	changed := watched(t, db, user.ID)
	awaitKeeping(t, db, session)
	untold(changed)

	mortal.Kill()
	mortal.Start()
	await(t, "ended", func() bool { return elsewhere.EndSession(t.Context(), session.ID) == nil })
	told(t, changed)
}

func TestWhoeverGoesWatchesNothing(t *testing.T) {
	t.Parallel()
	db := migrated(t, dbtest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	user := uuid.New()
	for range 3 {
		if _, err := db.WatchSessions(ctx, user); err != nil {
			t.Fatal(err)
		}
	}
	if n := db.Watching(); n != 3 {
		t.Errorf("got %d who watch, want 3", n)
	}
	cancel()
	await(t, "gone", func() bool { return db.Watching() == 0 })
}
