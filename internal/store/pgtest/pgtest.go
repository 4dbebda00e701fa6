// Package pgtest gives tests a PostgreSQL to themselves: the server that TEST_DATABASE_URL names, or
// else a throwaway one, started from the programs on this machine and gone with the process. Only
// tests and benchmarks import it.
package pgtest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"
)

// The environment variables that are read.
const (
	// serverVariable is the URL of a server on which the role may create databases.
	serverVariable = "TEST_DATABASE_URL"
	// requireVariable, when it is "required", makes a failure of what would be a skip.
	requireVariable = "LATCHKEY_TEST_POSTGRES"
)

// adminTimeout bounds the creation and removal of a database.
const adminTimeout = time.Minute

// throwaway is the server of this process, once somebody has asked for one.
var throwaway struct {
	sync.Mutex
	started bool
	server  *server
	err     error

	hasMain  bool   // Main will remove the template
	template string // the database that Copy copies; "" before the first
}

// URL returns the URL of a new, empty database, which is dropped when the test ends, with
// everybody's connections to it. Without a server the test is skipped, or fails when
// LATCHKEY_TEST_POSTGRES=required.
func URL(t testing.TB) string {
	t.Helper()
	base, err := serverURL()
	if err != nil {
		missing(t, err)
	}

	name, err := newDatabase(base)
	if err != nil {
		t.Fatalf("create a database: %v", err)
	}
	dropAfter(t, base, name)
	return in(base, name).String()
}

// dropAfter drops a database when the test ends, and closes all connections to it.
func dropAfter(t testing.TB, base *url.URL, name string) {
	t.Cleanup(func() {
		if err := drop(base, name); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
}

// missing skips a test that has no server, or fails it.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv(requireVariable) == "required" {
		t.Fatalf("no PostgreSQL for the test, and %s=required: %v", requireVariable, err)
	}
	t.Skipf("no PostgreSQL for the test, so it is skipped; install PostgreSQL or set %s: %v", serverVariable, err)
}

// newDatabase creates a database and returns its name.
func newDatabase(base *url.URL) (string, error) {
	name, err := newName()
	if err != nil {
		return "", err
	}
	return name, run(base, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'")
}

// newName returns a name that no other database has.
func newName() (string, error) {
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	return "latchkey_test_" + hex.EncodeToString(random), nil
}

// in returns the URL of another database of the server.
func in(base *url.URL, name string) *url.URL {
	database := *base
	database.Path = "/" + name
	return &database
}

// Main runs the tests of a package and stops the throwaway server, if there is one, before it
// returns what os.Exit is to be called with. A package whose TestMain does not call it leaves the
// server running for a moment longer: it stops by itself when the process is gone, however it went.
func Main(m *testing.M) int {
	throwaway.hasMain = true
	code := m.Run()
	throwaway.Lock()
	defer throwaway.Unlock()
	if throwaway.template != "" && throwaway.server == nil {
		base, err := url.Parse(os.Getenv(serverVariable))
		if err == nil {
			err = drop(base, throwaway.template)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "remove the database that tests copy:", err)
			return max(code, 1)
		}
	}
	if throwaway.server != nil {
		if err := throwaway.server.stop(); err != nil {
			fmt.Fprintf(os.Stderr, "stop the throwaway PostgreSQL: %v\n", err)
			return max(code, 1)
		}
	}
	return code
}

// serverURL returns the URL of the server to create databases on, which it starts if need be.
func serverURL() (*url.URL, error) {
	if given := os.Getenv(serverVariable); given != "" {
		base, err := url.Parse(given)
		if err != nil {
			return nil, fmt.Errorf("%s is no URL", serverVariable) // which may hold a password
		}
		return base, nil
	}

	throwaway.Lock()
	defer throwaway.Unlock()
	if !throwaway.started {
		throwaway.started = true
		throwaway.server, throwaway.err = start(memory())
	}
	if throwaway.err != nil {
		return nil, throwaway.err
	}
	return throwaway.server.url(), nil
}
