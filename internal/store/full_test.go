package store_test

import (
	"errors"
	"strings"
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
	// One item that fits into a page that is there, and one that needs many.
	addTwo := func() (added int, err error) {
		err = db.InTx(t.Context(), func(tx auth.Tx) error {
			added = 0
			for _, size := range []int{1, 20_000} {
				item := &auth.OutboxItem{ID: uuid.Must(uuid.NewV7()), Address: strings.Repeat("a", size), CreatedAt: time.Now(), DueAt: time.Now()}
				if err := tx.AddToOutbox(t.Context(), item); err != nil {
					return err
				}
				added++
			}
			return nil
		})
		return added, err
	}
	count := func() int {
		t.Helper()
		mails, err := db.QueuedMail(t.Context(), uuid.Nil, 1000)
		if err != nil {
			t.Fatalf("a full database cannot be read: %v", err)
		}
		return len(mails)
	}

	var pages int
	if err := db.Bun().NewRaw("PRAGMA page_count").Scan(t.Context(), &pages); err != nil {
		t.Fatal(err)
	}
	limitPages(t, db, pages+20)
	good := 0
	added, err := addTwo()
	for ; err == nil; added, err = addTwo() {
		if good++; good == 100 {
			t.Fatal("got 100 transactions into a full file, want an error")
		}
	}
	if added != 1 {
		t.Fatalf("%d items were added before it was full, want 1", added)
	}
	if errors.Is(err, auth.ErrNotFound) || errors.Is(err, auth.ErrEmailTaken) || store.Retryable(err) || !strings.Contains(err.Error(), "full") {
		t.Errorf("a full database is told as %v", err)
	}
	if n := count(); n != 2*good {
		t.Errorf("%d items are there, want %d: what failed was done by half", n, 2*good)
	}

	limitPages(t, db, 1<<30)
	if _, err := addTwo(); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if n := count(); n != 2*good+2 {
		t.Errorf("with room again there are %d items", n)
	}
}
