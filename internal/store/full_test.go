package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// limitPages lets the database grow to so many pages, as a disk of that size would.
func limitPages(t *testing.T, db *store.DB, pages int) {
	t.Helper()
	if _, err := db.Bun().NewRaw("PRAGMA max_page_count = ?", pages).Exec(t.Context()); err != nil {
		t.Fatalf("limit the database: %v", err)
	}
}

func TestAFullSQLiteDatabase(t *testing.T) {
	db := migrated(t, sqliteURL(t))
	var pages int
	if err := db.Bun().NewRaw("PRAGMA page_count").Scan(t.Context(), &pages); err != nil {
		t.Fatal(err)
	}
	add := func(s auth.Store) error {
		return s.AddToOutbox(t.Context(), &auth.OutboxItem{ID: uuid.Must(uuid.NewV7()), EmailKey: "ada@example.org", CreatedAt: time.Now(), DueAt: time.Now()})
	}
	count := func() int {
		t.Helper()
		mails, err := db.QueuedMail(t.Context(), uuid.Nil, 100_000)
		if err != nil {
			t.Fatalf("a full database cannot be read: %v", err)
		}
		return len(mails)
	}
	// A transaction that writes twice, and reports how often it could.
	twice := func() (written int, err error) {
		err = db.InTx(t.Context(), func(tx auth.Store) error {
			for written = 0; written < 2; written++ {
				if err := add(tx); err != nil {
					return err
				}
			}
			return nil
		})
		return written, err
	}

	limitPages(t, db, pages+10)
	var full error
	halves, complete := 0, 0
	for tries := 0; tries < 10_000 && halves == 0; tries++ {
		written, err := twice()
		switch {
		case err == nil:
			complete++
		case written == 1:
			halves++
			full = err
		default:
			full = err
			if err := add(db); err == nil { // of another length, so that the second of two is what fails
				complete++
				_, _ = db.DropMail(t.Context(), uuid.Nil)
			}
		}
	}
	if full == nil {
		t.Fatal("it was never full")
	}
	if errors.Is(full, auth.ErrNotFound) || errors.Is(full, auth.ErrEmailTaken) || store.Retryable(full) {
		t.Errorf("a full database is told as %v", full)
	}
	if n := count(); n%2 != 0 {
		t.Errorf("%d items are there: a transaction was done by half", n)
	}
	before := count()
	limitPages(t, db, 1<<30)
	if err := add(db); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if n := count(); n != before+1 {
		t.Errorf("%d items, want %d", n, before+1)
	}
}
