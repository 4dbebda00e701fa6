package e2e

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // to lock a file as another program would
)

// TestALockedFile has another process keep the lock of the SQLite file for longer than the server
// waits for it. Reading goes on, writing fails and changes nothing, and when the lock is free everything
// works.
func TestALockedFile(t *testing.T) {
	t.Parallel()
	settings := forCrowd(databases["SQLite"](t))
	p := serve(t, settings)
	c := gather(t, 3, p, settings)
	c.isServed(30)

	other, err := sql.Open("sqlite", "file:"+filepath.Join(settings["LATCHKEY_DATA_DIR"], "latchkey.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.mayFail(internal)
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	c.failsAsExpected(1)
	readable := c.members[0]
	if answer := p.graphql(readable.token, `{ me { email } }`, nil); answer != `{"data":{"me":{"email":"`+readable.email+`"}}}` {
		t.Errorf("while the file is locked, me answers %s", answer)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	comesBack(t, p)
	c.isServed(12)
	c.mayFail(nil)
	c.isServed(60)
	c.takeStock()
}
