package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
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

// TestAFullDatabaseIsNotReady fills a file up to the last page, and makes room again.
func TestAFullDatabaseIsNotReady(t *testing.T) {
	db := migrated(t, sqliteURL(t))
	commits := func() error { return db.Commits(t.Context(), longAgo) }
	for range 3 {
		if err := commits(); err != nil {
			t.Fatalf("got %v while there is room, want none", err)
		}
	}
	if _, err := db.Bun().NewRaw("VACUUM").Exec(t.Context()); err != nil { // no page is free
		t.Fatal(err)
	}
	var pages int
	if err := db.Bun().NewRaw("PRAGMA page_count").Scan(t.Context(), &pages); err != nil {
		t.Fatal(err)
	}
	limitPages(t, db, pages)
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("got %v for what is taken back, want none: pages that are there have room", err)
	}
	if err := commits(); err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("got %v for a full file, want that it is full", err)
	}
	limitPages(t, db, pages+100)
	if err := commits(); err != nil {
		t.Errorf("got %v when there is room again, want none", err)
	}
	var rows, size int
	if err := db.Bun().NewRaw("SELECT count(*), max(length(ballast)) FROM readiness").Scan(t.Context(), &rows, &size); err != nil || rows != 1 || size != 0 {
		t.Errorf("got %d rows of at most %d bytes (%v), want one of none", rows, size, err)
	}
}

// TestADatabaseThatRefusesToCommitIsNotReady has a server take every statement and refuse the commit.
func TestADatabaseThatRefusesToCommitIsNotReady(t *testing.T) {
	db := migrated(t, pgtest.URL(t))
	for _, statement := range []string{
		"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend the file' USING ERRCODE = 'disk_full'; END $$",
		"CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON readiness DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
	} {
		if _, err := db.Bun().NewRaw(statement).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Ready(t.Context()); err != nil {
		t.Errorf("got %v for what is taken back, want none", err)
	}
	if err := db.Commits(t.Context(), longAgo); err == nil || !strings.Contains(err.Error(), "53100") {
		t.Errorf("got %v for a commit that is refused, want the code of a full disk", err)
	}
}
