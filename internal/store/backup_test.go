package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// writePairs adds items to the outbox two by two, each pair in a transaction, until it is told to stop.
func writePairs(t *testing.T, db *store.DB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	written := make(chan struct{}, 1)
	writing.Go(func() {
		for ctx.Err() == nil {
			err := db.InTx(ctx, func(tx auth.Tx) error {
				for range 2 {
					item := &auth.OutboxItem{ID: uuid.Must(uuid.NewV7()), CreatedAt: time.Now(), DueAt: time.Now()}
					if err := tx.AddToOutbox(ctx, item); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				t.Errorf("write while it is copied: %v", err)
				return
			}
			select {
			case written <- struct{}{}:
			default:
			}
		}
	})
	<-written
	return func() { cancel(); writing.Wait() }
}

// names returns what is in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

func TestBackup(t *testing.T) {
	t.Run("is the database at one moment, while others write", func(t *testing.T) {
		db := migrated(t, sqliteURL(t))
		stop := writePairs(t, db)
		folder := t.TempDir()
		path := filepath.Join(folder, "it's a?copy.db")
		size, err := db.Backup(t.Context(), path)
		stop()
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() != size {
			t.Fatalf("%d bytes are told, %v (%v)", size, info, err)
		}
		if runtime.GOOS != "windows" && info.Mode() != 0o600 {
			t.Errorf("its mode is %v", info.Mode())
		}
		if left := names(t, folder); len(left) != 1 {
			t.Errorf("beside the copy there is %v", left)
		}

		opened := migrated(t, "sqlite:"+path)
		mails, err := opened.QueuedMail(t.Context(), uuid.Nil, 1<<30)
		if err != nil || len(mails) == 0 || len(mails)%2 != 0 {
			t.Errorf("the copy has %d items (%v), want pairs", len(mails), err)
		}
		if err := opened.AddToOutbox(t.Context(), &auth.OutboxItem{ID: uuid.New()}); err != nil {
			t.Errorf("the copy cannot be written: %v", err)
		}
	})

	t.Run("overwrites nothing, not even a link that leads nowhere", func(t *testing.T) {
		db := migrated(t, sqliteURL(t))
		folder := t.TempDir()
		taken, link := filepath.Join(folder, "taken"), filepath.Join(folder, "link")
		if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(folder, "nowhere"), link); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
		for _, path := range []string{taken, link} {
			if _, err := db.Backup(t.Context(), path); !errors.Is(err, fs.ErrExist) {
				t.Errorf("error %v", err)
			}
		}
		if text, err := os.ReadFile(filepath.Clean(taken)); err != nil || string(text) != "mine" {
			t.Errorf("the file holds %q (%v)", text, err)
		}
		if left := names(t, folder); len(left) != 2 {
			t.Errorf("there is %v", left)
		}
	})

	t.Run("that fails leaves nothing", func(t *testing.T) {
		db := migrated(t, sqliteURL(t))
		folder := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := db.Backup(ctx, filepath.Join(folder, "copy.db")); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if _, err := db.Backup(t.Context(), filepath.Join(folder, "missing", "copy.db")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
		if left := names(t, folder); len(left) != 0 {
			t.Errorf("there is %v", left)
		}
	})

	t.Run("of what is no database of Latchkey is refused", func(t *testing.T) {
		db := opened(t, sqliteURL(t)) // without tables
		folder := t.TempDir()
		if _, err := db.Backup(t.Context(), filepath.Join(folder, "copy.db")); err == nil {
			t.Error("got a backup of a foreign file, want an error")
		}
		if left := names(t, folder); len(left) != 0 {
			t.Errorf("there is %v", left)
		}
	})

	t.Run("of a damaged database is refused", func(t *testing.T) {
		url := sqliteURL(t)
		db := migrated(t, url)
		// A row that its table does not allow.
		for _, statement := range []string{
			"CREATE TABLE things (id INTEGER CHECK (id > 0))", "PRAGMA ignore_check_constraints = ON", "INSERT INTO things VALUES (-1)",
		} {
			if _, err := db.Bun().NewRaw(statement).Exec(t.Context()); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		folder := t.TempDir()
		if _, err := db.Backup(t.Context(), filepath.Join(folder, "copy.db")); err == nil {
			t.Error("got a backup of a damaged database, want an error")
		}
		if left := names(t, folder); len(left) != 0 {
			t.Errorf("there is %v", left)
		}
	})

	t.Run("is not for Postgres", func(t *testing.T) {
		db := opened(t, pgtest.URL(t))
		if _, err := db.Backup(t.Context(), filepath.Join(t.TempDir(), "copy.db")); !errors.Is(err, store.ErrNotSQLite) {
			t.Errorf("error %v", err)
		}
	})
}

func TestABackupGetsItsName(t *testing.T) {
	// The three are what vfat, exFAT and some drives of a network answer.
	for _, reason := range []error{syscall.EPERM, syscall.ENOTSUP, syscall.EMLINK} {
		t.Run("where there are no hard links: "+reason.Error(), func(t *testing.T) {
			folder := t.TempDir()
			from, to := filepath.Join(folder, "partial"), filepath.Join(folder, "copy.db")
			noLink := func(string, string) error { return &os.LinkError{Op: "link", Old: from, New: to, Err: reason} }
			write := func(name, text string) {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(from, "whole")
			if err := store.Place(from, to, noLink); err != nil {
				t.Fatal(err)
			}
			if left := names(t, folder); len(left) != 1 {
				t.Errorf("there is %v", left)
			}
			write(from, "another")
			if err := store.Place(from, to, noLink); !errors.Is(err, fs.ErrExist) {
				t.Errorf("error %v", err)
			}
			if text, err := os.ReadFile(filepath.Clean(to)); err != nil || string(text) != "whole" {
				t.Errorf("the file holds %q (%v)", text, err)
			}
		})
	}

	t.Run("and a failure leaves none", func(t *testing.T) {
		folder := t.TempDir()
		noLink := func(string, string) error { return syscall.EPERM }
		if err := store.Place(filepath.Join(folder, "missing"), filepath.Join(folder, "copy.db"), noLink); err == nil {
			t.Error("nothing was placed, and that is no error")
		}
		if left := names(t, folder); len(left) != 0 {
			t.Errorf("there is %v", left)
		}
	})

	t.Run("in a folder that is flushed", func(t *testing.T) {
		if err := store.FlushFolder(t.TempDir()); err != nil {
			t.Error(err)
		}
		if err := store.FlushFolder(filepath.Join(t.TempDir(), "missing")); runtime.GOOS != "windows" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})
}
