package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// planted adds a user with a session and returns that.
func planted(t *testing.T, db auth.Store, name string) *auth.Session {
	t.Helper()
	now := time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)
	user := &auth.User{
		ID: uuid.Must(uuid.NewV7()), Email: address.Email{Address: name + "@Example.com", Canonical: name + "@example.com"}, Name: name,
		Profile: "{}", Role: auth.RoleUser, CreatedAt: now, UpdatedAt: now,
	}
	if err := db.CreateUser(t.Context(), user); err != nil {
		t.Fatalf("create a user: %v", err)
	}
	digest := sha256.Sum256([]byte(name))
	session := &auth.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: user.ID, TokenDigest: digest[:], Generation: 1,
		CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now, EndsAt: now.Add(time.Hour),
	}
	if err := db.CreateSession(t.Context(), session); err != nil {
		t.Fatalf("create a session: %v", err)
	}
	return session
}

// finds fails the test unless the session is found by both of its names.
func finds(t *testing.T, db auth.Store, want *auth.Session) {
	t.Helper()
	for how, find := range map[string]func() (*auth.Session, *auth.User, error){
		"digest": func() (*auth.Session, *auth.User, error) {
			return db.SessionByDigest(t.Context(), want.TokenDigest)
		},
		"id": func() (*auth.Session, *auth.User, error) { return db.SessionByID(t.Context(), want.ID) },
	} {
		session, user, err := find()
		if err != nil || session.ID != want.ID || user.ID != want.UserID {
			t.Errorf("by its %s, the session is not found: %v", how, err)
		}
	}
}

func TestAPoolerMayForgetPreparedStatements(t *testing.T) {
	for name, forget := range map[string]string{
		"they are gone":                          "DEALLOCATE ALL",
		"the tables are others than they were":   "ALTER TABLE users ALTER COLUMN name TYPE VARCHAR(500)",
		"somebody else has prepared one of them": "",
	} {
		t.Run(name, func(t *testing.T) {
			db := migrated(t, pgtest.URL(t)+"&pool_max_conns=1")
			session := planted(t, db, "ada")
			if forget == "" {
				for name, text := range db.PreparedTexts() {
					if !strings.HasPrefix(name, "SELECT sessions ") {
						continue // which the planting has prepared
					}
					statement := fmt.Sprintf("PREPARE %s AS SELECT 1", store.PreparedName(text))
					if _, err := db.Bun().NewRaw(statement).Exec(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			} else {
				finds(t, db, session)
				if _, err := db.Bun().NewRaw(forget).Exec(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			finds(t, db, session)
			if !db.Unprepared() {
				t.Error("got prepared statements still used, want none")
			}
			if _, _, err := db.SessionByDigest(t.Context(), []byte("nobody's")); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("what is not there is %v, want ErrNotFound", err)
			}
		})
	}
}

func TestPreparedStatementsAreUsedAndObserved(t *testing.T) {
	for kind, url := range map[string]func(*testing.T) string{"SQLite": sqliteURL, "Postgres": func(t *testing.T) string { return pgtest.URL(t) }} {
		t.Run(kind, func(t *testing.T) {
			db := migrated(t, url(t))
			var seen, failed atomic.Int64
			db.Observe(func(_ context.Context, s store.Statement) {
				if s.Verb == "SELECT" && s.Table == "sessions" && !s.Begun.IsZero() {
					seen.Add(1)
				}
				if s.Failed {
					failed.Add(1)
				}
			})
			session := planted(t, db, "ada")
			var group sync.WaitGroup
			for range 8 {
				group.Go(func() { finds(t, db, session) })
			}
			group.Wait()
			if seen.Load() != 16 || failed.Load() != 0 {
				t.Errorf("%d statements were observed, %d of them failed; want 16 and none", seen.Load(), failed.Load())
			}
			if db.Unprepared() {
				t.Error("got no prepared statements, want some")
			}
			if _, _, err := db.SessionByID(t.Context(), uuid.New()); !errors.Is(err, auth.ErrNotFound) || failed.Load() != 0 {
				t.Errorf("what is not there is %v, and %d statements failed", err, failed.Load())
			}
		})
	}
}

func TestInATransactionASessionIsWhatTheTransactionMadeIt(t *testing.T) {
	db := migrated(t, sqliteURL(t))
	session := planted(t, db, "ada")
	finds(t, db, session)
	err := db.InTx(t.Context(), func(tx auth.Tx) error {
		if err := tx.EndSession(t.Context(), session.ID); err != nil {
			return err
		}
		if _, _, err := tx.SessionByDigest(t.Context(), session.TokenDigest); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("within the transaction that ended it: %v, want ErrNotFound", err)
		}
		finds(t, db, session) // outside, it is not committed
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
