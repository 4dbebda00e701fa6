package store_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

func isNotFound(err error) bool { return errors.Is(err, auth.ErrNotFound) }

func TestOpenSQLite(t *testing.T) {
	t.Run("only its owner can read the file and what is beside it", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("Windows has no such modes")
		}
		folder := filepath.Join(t.TempDir(), "new", "data")
		migrated(t, "sqlite:"+filepath.Join(folder, "latchkey.db"))
		modes := map[string]fs.FileMode{".": 0o700 | fs.ModeDir, "..": 0o700 | fs.ModeDir}
		for _, name := range []string{"latchkey.db", "latchkey.db-wal", "latchkey.db-shm"} {
			modes[name] = 0o600
		}
		for name, mode := range modes {
			info, err := os.Stat(filepath.Join(folder, name))
			if err != nil {
				t.Errorf("stat %s: %v", name, err)
			} else if info.Mode() != mode {
				t.Errorf("%s has the mode %v, want %v", name, info.Mode(), mode)
			}
		}
	})

	t.Run("a path may have any characters", func(t *testing.T) {
		for _, name := range []string{"a b?c=d&_pragma=foreign_keys(0)#e%41.db", "ünï.db", "it's.db"} {
			path := filepath.Join(t.TempDir(), name)
			migrated(t, "sqlite:"+path)
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the file is elsewhere: %v", err)
			}
		}
	})

	t.Run("a path may be relative, or follow three slashes", func(t *testing.T) {
		t.Chdir(t.TempDir())
		migrated(t, "sqlite:data/latchkey.db")
		if _, err := os.Stat("data/latchkey.db"); err != nil {
			t.Errorf("the file is elsewhere: %v", err)
		}
		path := filepath.Join(t.TempDir(), "latchkey.db")
		migrated(t, "sqlite://"+filepath.ToSlash(path))
		if _, err := os.Stat(path); err != nil && runtime.GOOS != "windows" {
			t.Errorf("the file is elsewhere: %v", err)
		}
	})

	t.Run("it is safe against power cuts and holds to its foreign keys", func(t *testing.T) {
		db := opened(t, sqliteURL(t))
		for pragma, wanted := range map[string]string{"synchronous": "2", "foreign_keys": "1", "journal_mode": "wal", "busy_timeout": "5000"} {
			var got string
			if err := db.Bun().NewRaw("PRAGMA "+pragma).Scan(t.Context(), &got); err != nil || got != wanted {
				t.Errorf("%s is %s (error: %v), want %s", pragma, got, err, wanted)
			}
		}
	})

	t.Run("two processes can use one file", func(t *testing.T) {
		url := sqliteURL(t)
		one, two := migrated(t, url), migrated(t, url)
		const rounds = 50
		var runs atomic.Int32
		done := make(chan error, 2)
		for _, db := range []*store.DB{one, two} {
			go func() {
				var err error
				for i := 0; i < rounds && err == nil; i++ {
					err = db.InTx(t.Context(), func(tx auth.Tx) error {
						runs.Add(1)
						_, err := tx.Sessions(t.Context(), uuid.New())
						return errors.Join(err, tx.AddToOutbox(t.Context(), &auth.OutboxItem{ID: uuid.New()}))
					})
				}
				done <- err
			}()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Errorf("unexpected error: %v", err)
			}
		}
		if n := runs.Load(); n != 2*rounds {
			t.Errorf("%d transactions were run %d times: one that reads first lost a race", 2*rounds, n)
		}
	})

	t.Run("what is no database file is an error", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "latchkey.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), "sqlite:"+path); err == nil {
			t.Error("got no error for a file that is no database, want one")
		}
		if _, err := store.Open(t.Context(), "sqlite:"+filepath.Join(path, "below.db")); err == nil {
			t.Error("a file below a file was opened")
		}
	})
}

func TestOpenPostgres(t *testing.T) {
	setting := func(t *testing.T, url, name string) string {
		t.Helper()
		var value string
		if err := opened(t, url).Bun().NewRaw("SHOW "+name).Scan(t.Context(), &value); err != nil {
			t.Fatalf("show %s: %v", name, err)
		}
		return value
	}
	with := func(url, parameters string) string {
		if strings.Contains(url, "?") {
			return url + "&" + parameters
		}
		return url + "?" + parameters
	}

	t.Run("statements, locks and idle transactions are bounded unless the URL says otherwise", func(t *testing.T) {
		url := pgtest.URL(t)
		for name, wanted := range map[string]string{
			"application_name": "latchkey", "statement_timeout": "10s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "10s",
		} {
			if got := setting(t, url, name); got != wanted {
				t.Errorf("%s is %s, want %s", name, got, wanted)
			}
		}
		if got := setting(t, with(url, "statement_timeout=7s"), "statement_timeout"); got != "7s" {
			t.Errorf("statement_timeout is %s, want the URL's", got)
		}
	})

	t.Run("a backslash in a literal is a backslash whatever the server's settings", func(t *testing.T) {
		url := with(pgtest.URL(t), "standard_conforming_strings=off")
		if got := setting(t, url, "standard_conforming_strings"); got != "on" {
			t.Errorf("standard_conforming_strings is %s", got)
		}
	})

	t.Run("the pool has the size that the URL says", func(t *testing.T) {
		url := pgtest.URL(t)
		db := opened(t, with(url, "pool_max_conns=1"))
		err := db.InTx(t.Context(), func(auth.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			return db.Ping(ctx)
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v, want a wait for the one connection", err)
		}
		for _, size := range []string{"0", "-1", "many"} {
			if _, err := store.Open(t.Context(), with(url, "pool_max_conns="+size)); err == nil {
				t.Errorf("pool_max_conns=%s was accepted", size)
			}
		}
	})
}

func TestOpenErrors(t *testing.T) {
	const password = "hunter2"
	// A port of this machine at which nobody listens.
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}

	for _, url := range []string{
		"postgres://latchkey:" + password + "@" + nobody + "/latchkey?sslmode=disable",
		"postgres://latchkey@" + nobody + "/latchkey?sslmode=disable&password=" + password,
		"postgres://latchkey:" + password + "@localhost:port/latchkey",
		"postgres://latchkey:/" + password + "@localhost:5432/latchkey",
		"postgres://latchkey:%zz" + password + "@localhost:5432/latchkey",
		"postgres://latchkey:#" + password + "@localhost:5432/latchkey",
		"postgres://latchkey:a:" + password + "@localhost:70000/latchkey",
		"postgres://latchkey:" + password + "@localhost:5432/latchkey?sslmode=maybe",
		"postgres://latchkey:" + password + "@localhost:5432/latchkey?sslrootcert=missing.pem&sslmode=verify-full",
		"postgres://latchkey:" + password + "@localhost:5432/latchkey?connect_timeout=soon",
		"postgres://latchkey:" + password + "@[::1/latchkey",
		"postgres://latchkey:\x00" + password + "@localhost/latchkey",
		"postgres://latchkey:?" + password + "@localhost/latchkey?sslmode=maybe",
		"mysql://latchkey:" + password + "@localhost/latchkey",
		password, "",
	} {
		db, err := store.Open(t.Context(), url)
		if err == nil {
			t.Errorf("a broken URL was opened: %q", url)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			continue
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("the error for %q holds the password", url)
		}
		t.Log(err)
	}

	for _, url := range []string{"", "latchkey.db", "mysql://localhost/latchkey", "file:latchkey.db"} {
		_, err := store.Open(t.Context(), url)
		if err == nil || !strings.Contains(err.Error(), "postgres://") || !strings.Contains(err.Error(), "sqlite:") {
			t.Errorf("the error for %q does not name the two forms: %v", url, err)
		}
	}
	for _, url := range []string{"sqlite:", "sqlite::memory:", "sqlite://", "sqlite://latchkey.db", "sqlite:a\x00b"} {
		if _, err := store.Open(t.Context(), url); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}
