package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
	"github.com/latchkey-auth/latchkey/internal/store/storetest"
)

// soon is how long something that is about to happen may take on a busy machine.
const soon = 30 * time.Second

// keeping returns the database of the URL, opened once more and answering from memory.
func keeping(t *testing.T, url string) *store.DB {
	t.Helper()
	db := opened(t, url)
	db.EnableSessionCache(8<<20, slog.New(slog.DiscardHandler))
	return db
}

// await returns when done reports that something has happened.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(soon); !done(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %v: not %s", soon, what)
		}
	}
}

// awaitKeeping returns when answers come from memory.
func awaitKeeping(t *testing.T, db *store.DB, session *auth.Session) {
	t.Helper()
	before, _, _ := db.SessionCacheStats()
	await(t, "answered from memory", func() bool {
		if _, _, err := db.RecentSessionByID(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		now, _, _ := db.SessionCacheStats()
		return now > before
	})
}

// member returns a new user with a session.
func member(t *testing.T, db *store.DB) (*auth.User, *auth.Session) {
	t.Helper()
	id, now := uuid.Must(uuid.NewV7()), time.Now().UTC().Truncate(time.Microsecond)
	email := id.String() + "@example.com"
	user := &auth.User{
		ID: id, Email: address.Email{Address: email, Canonical: email}, Name: "Ada", Profile: "{}", Role: auth.RoleUser,
		PasswordHash: "a hash", VerifiedAt: now, CreatedAt: now, UpdatedAt: now,
	}
	if err := db.CreateUser(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	return user, another(t, db, user)
}

// another returns a new session of a user.
func another(t *testing.T, db *store.DB, user *auth.User) *auth.Session {
	t.Helper()
	id, now := uuid.Must(uuid.NewV7()), time.Now().UTC().Truncate(time.Microsecond)
	digest := append(id[:], id[:]...)
	session := &auth.Session{
		ID: id, UserID: user.ID, TokenDigest: digest, Generation: 1, CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now,
		EndsAt: now.Add(time.Hour),
	}
	if err := db.CreateSession(t.Context(), session); err != nil {
		t.Fatal(err)
	}
	return session
}

// view is what is known of the sessions, by their ids.
type view map[uuid.UUID][]any

// views returns what db answers from memory, by digest and by id, and what plain answers, for the last
// sessions that there were. When a session was last seen is not compared, of which a store may know more than others, nor when its user
// last logged in, which is not told.
func views(db, plain *store.DB) (recent, stored view, err error) {
	var rows []struct {
		ID     uuid.UUID `bun:"id"`
		Digest []byte    `bun:"token_digest"`
	}
	ctx := context.Background()
	if err := plain.Bun().NewRaw("SELECT id, token_digest FROM all_sessions_ever ORDER BY number DESC LIMIT 5").Scan(ctx, &rows); err != nil {
		return nil, nil, err
	}
	recent, stored = view{}, view{}
	found := func(session *auth.Session, user *auth.User, err error) []any {
		if err != nil {
			if !errors.Is(err, auth.ErrNotFound) {
				return []any{err.Error()}
			}
			return []any{"not found"}
		}
		session.LastSeenAt, user.LastLoginAt = time.Time{}, time.Time{}
		return []any{session, user}
	}
	for _, row := range rows {
		stored[row.ID] = append(found(plain.SessionByID(ctx, row.ID)), found(plain.SessionByDigest(ctx, row.Digest))...)
		recent[row.ID] = append(found(db.RecentSessionByID(ctx, row.ID)), found(db.RecentSessionByDigest(ctx, row.Digest))...)
	}
	return recent, stored, nil
}

// rememberAll keeps the id and the digests of every session that there ever was, so that those that are
// gone are asked for too.
func rememberAll(t *testing.T, db *store.DB) {
	t.Helper()
	statements := []string{
		"CREATE TABLE all_sessions_ever (number INTEGER PRIMARY KEY, id TEXT NOT NULL, token_digest BLOB NOT NULL)",
		"CREATE TRIGGER remember AFTER INSERT ON sessions BEGIN INSERT INTO all_sessions_ever (id, token_digest) VALUES (NEW.id, NEW.token_digest); END",
		"CREATE TRIGGER remember_new AFTER UPDATE OF token_digest ON sessions BEGIN INSERT INTO all_sessions_ever (id, token_digest) VALUES (NEW.id, NEW.token_digest); END",
	}
	if db.Kind() == store.Postgres {
		statements = []string{
			"CREATE TABLE all_sessions_ever (number SERIAL PRIMARY KEY, id UUID NOT NULL, token_digest BYTEA NOT NULL)",
			`CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO all_sessions_ever (id, token_digest) VALUES (NEW.id, NEW.token_digest); RETURN NULL; END $$`,
			"CREATE TRIGGER remember AFTER INSERT OR UPDATE OF token_digest ON sessions FOR EACH ROW EXECUTE FUNCTION remember()",
		}
	}
	for _, statement := range statements {
		if _, err := db.Bun().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// whatChangesSessions are the parts of the suite that change sessions, or users and passwords that have some.
var whatChangesSessions = []string{
	"sessions", "clean-up", "deleted users",
}

// TestWhatIsKeptIsWhatIsStored runs the suite of the store and compares, before each call of a method and so
// after the one before, what is answered from memory with what is stored, for every session there ever
// was. So a method that changes something and does not say so is found, if the suite calls it.
func TestWhatIsKeptIsWhatIsStored(t *testing.T) {
	for _, c := range []struct {
		name string
		url  func(t testing.TB) string
		// open returns what the suite changes, and who answers from memory.
		open func(t *testing.T, url string) (changes, recent *store.DB)
		wait bool // it may take a moment until a change is known
	}{
		// By what a store knows of its own changes alone: it hears nothing from the database.
		{"of this store, SQLite", dbtest.SQLite, deaf, false},
		{"of this store, Postgres", dbtest.Postgres, deaf, false},
		{"of another process, SQLite", dbtest.SQLite, twoProcesses, false},
		{"of another process, Postgres", dbtest.Postgres, twoProcesses, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var hits atomic.Uint64
			storetest.Run(t, func(t *testing.T) auth.Store {
				url := c.url(t)
				changes, recent := c.open(t, url)
				rememberAll(t, changes)
				plain := opened(t, url)
				same := func() (diff string, err error) {
					kept, stored, err := views(recent, plain)
					return cmp.Diff(stored, kept), err
				}
				t.Cleanup(func() { n, _, _ := recent.SessionCacheStats(); hits.Add(n) })
				return outsideOnly{changes, authtest.Observe(changes, func(method string) {
					diff, err := same()
					// Something else may have been changed in between, by a test that does several things at once.
					for deadline := time.Now().Add(soon); diff != "" && err == nil && time.Now().Before(deadline); {
						before := diff
						diff, err = same()
						if !c.wait && diff == before {
							break // it is stale, and stays so
						}
					}
					if diff != "" || err != nil {
						t.Errorf("before %s, what is kept is not what is stored (-stored +kept): %v\n%s", method, err, diff)
					}
				})}
			}, whatChangesSessions...)
			if hits.Load() < 1000 {
				t.Errorf("%d answers came from memory, so nothing is shown", hits.Load())
			}
		})
	}
}

// outsideOnly is an observed store whose transactions are not: within one, there may be no connection left
// to look by.
type outsideOnly struct {
	store      *store.DB
	auth.Store // observed
}

func (o outsideOnly) InTx(ctx context.Context, fn func(tx auth.Tx) error) error {
	return o.store.InTx(ctx, fn)
}

func deaf(t *testing.T, url string) (changes, recent *store.DB) {
	db := migrated(t, url)
	db.EnableSessionCacheDeaf(8 << 20)
	return db, db
}

func twoProcesses(t *testing.T, url string) (changes, recent *store.DB) {
	db := migrated(t, url)
	return db, keeping(t, url)
}

// TestAnAnswerThatIsOlderThanAChangeIsNotKept has a change made while an answer is on its way.
func TestAnAnswerThatIsOlderThanAChangeIsNotKept(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		for name, end := range map[string]func(db *store.DB, user *auth.User, session *auth.Session) error{
			"in a statement": func(db *store.DB, _ *auth.User, session *auth.Session) error {
				return db.EndSession(context.Background(), session.ID)
			},
			"in a transaction": func(db *store.DB, user *auth.User, session *auth.Session) error {
				return db.InTx(context.Background(), func(tx auth.Tx) error {
					_, err := tx.EndSessions(context.Background(), user.ID, uuid.Nil)
					return err
				})
			},
		} {
			t.Run(name, func(t *testing.T) {
				db := migrated(t, url)
				db.EnableSessionCacheDeaf(8 << 20)
				user, session := member(t, db)
				_, _, err := db.FindCached(session.ID, func() (*auth.Session, *auth.User, error) {
					found, owner, err := db.SessionByID(t.Context(), session.ID)
					if err != nil {
						return nil, nil, err
					}
					return found, owner, end(db, user, session)
				})
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := db.RecentSessionByID(t.Context(), session.ID); !errors.Is(err, auth.ErrNotFound) {
					t.Errorf("the error is %v, want ErrNotFound", err)
				}
				if _, _, err := db.RecentSessionByDigest(t.Context(), session.TokenDigest); !errors.Is(err, auth.ErrNotFound) {
					t.Errorf("by digest, the error is %v, want ErrNotFound", err)
				}
			})
		}
	})
}

// TestWhatOthersChangeVoidsOnlyThat has another process end one session and note the use of another.
func TestWhatOthersChangeVoidsOnlyThat(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		elsewhere, db := twoProcesses(t, url)
		kept, stays := member(t, elsewhere)
		_, ends := member(t, elsewhere)
		awaitKeeping(t, db, stays)
		awaitKeeping(t, db, ends)
		kept.LastLoginAt = time.Now()
		if err := elsewhere.UpdateUser(t.Context(), kept); err != nil {
			t.Fatal(err)
		}
		if err := elsewhere.TouchSession(t.Context(), stays.ID, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := elsewhere.EndSession(t.Context(), ends.ID); err != nil {
			t.Fatal(err)
		}
		await(t, "told of the end", func() bool {
			_, _, err := db.RecentSessionByID(t.Context(), ends.ID)
			return errors.Is(err, auth.ErrNotFound)
		})
		hits, _, _ := db.SessionCacheStats()
		if _, _, err := db.RecentSessionByID(t.Context(), stays.ID); err != nil {
			t.Fatal(err)
		}
		if now, _, _ := db.SessionCacheStats(); now != hits+1 {
			t.Error("the database was asked for a session that was only used")
		}
	})
}

func TestAStoreThatIsClosedAnswersNothing(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		plain := migrated(t, url)
		_, session := member(t, plain)
		db, err := store.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		db.EnableSessionCache(8<<20, slog.New(slog.DiscardHandler))
		awaitKeeping(t, db, session)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.RecentSessionByID(t.Context(), session.ID); err == nil {
			t.Error("got an answer from a closed store, want an error")
		}
	})
}

func TestWhoeverIsGivenASessionMayChangeIt(t *testing.T) {
	db := migrated(t, sqliteURL(t))
	db.EnableSessionCacheDeaf(8 << 20)
	_, session := member(t, db)
	for range 3 { // the first answer is kept, the others come from memory
		found, user, err := db.RecentSessionByID(t.Context(), session.ID)
		if err != nil {
			t.Fatal(err)
		}
		if user.Name != "Ada" || !found.EndsAt.Equal(session.EndsAt) {
			t.Fatal("somebody else's change is in the answer")
		}
		user.Name, found.EndsAt = "Eve", time.Time{}
	}
}

func TestNoMoreIsKeptThanThereIsRoomFor(t *testing.T) {
	db := migrated(t, sqliteURL(t))
	const room = 64 << 10
	db.EnableSessionCacheDeaf(room)
	user, _ := member(t, db)
	err := db.InTx(t.Context(), func(tx auth.Tx) error {
		for i := range 500 {
			digest := make([]byte, 32)
			copy(digest, fmt.Sprintf("%032d", i))
			now := time.Now()
			if err := tx.CreateSession(t.Context(), &auth.Session{
				ID: uuid.Must(uuid.NewV7()), UserID: user.ID, TokenDigest: digest, Generation: 1,
				CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now, EndsAt: now.Add(time.Hour),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 500 {
		digest := make([]byte, 32)
		copy(digest, fmt.Sprintf("%032d", i))
		if _, _, err := db.RecentSessionByDigest(t.Context(), digest); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "down to its size", func() bool { return db.CachedBytes() <= room })
	if db.CachedBytes() < room/2 {
		t.Errorf("%d bytes are kept, of %d", db.CachedBytes(), room)
	}
}

// TestAfterARollbackTheOldAnswerHolds shows that what a transaction did not do is not answered either.
func TestAfterARollbackTheOldAnswerHolds(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := migrated(t, url)
		db.EnableSessionCacheDeaf(8 << 20)
		user, session := member(t, db)
		awaitKeeping(t, db, session)
		undone := errors.New("undone")
		err := db.InTx(t.Context(), func(tx auth.Tx) error {
			if _, err := tx.EndSessions(t.Context(), user.ID, uuid.Nil); err != nil {
				return err
			}
			// Before the end nobody else sees it.
			if _, _, err := db.RecentSessionByID(t.Context(), session.ID); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if _, _, err := db.RecentSessionByID(t.Context(), session.ID); err != nil {
			t.Error(err)
		}
	})
}
