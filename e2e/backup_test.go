package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestABackupOfADatabaseInUse copies the database of a busy server, and serves from the copy.
func TestABackupOfADatabaseInUse(t *testing.T) {
	t.Parallel()
	settings := forCrowd(databases["SQLite"](t))
	p := serve(t, settings)
	c := gather(t, 3, p, settings)
	c.isServed(60)

	restored := t.TempDir()
	file := filepath.Join(restored, "latchkey.db")
	key := filepath.Join(settings["LATCHKEY_DATA_DIR"], "secret.key")
	out, errs, ok := latchkey(t, "", settings, "backup", file)
	if !ok || !strings.Contains(out, "opened and checked") || !strings.Contains(out, key) {
		t.Fatalf("succeeded %v, printed %q, said %q", ok, out, errs)
	}
	if _, errs, ok := latchkey(t, "", settings, "backup", file); ok || !strings.Contains(errs, "is not overwritten") {
		t.Errorf("a second copy of the name: %v, %q", ok, errs)
	}
	c.isServed(30)
	c.takeStock()

	text, err := os.ReadFile(filepath.Clean(key))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(restored, "secret.key"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	copied := serve(t, map[string]string{"LATCHKEY_DATA_DIR": restored})
	for _, m := range c.members {
		answer := copied.graphql(m.token, `{ me { email } }`, nil)
		copied.expect("me of a session in the copy", answer, `{"data":{"me":{"email":"`+m.email+`"}}}`)
		copied.loginAs(m.email, password)
	}
}

func TestBackupsThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "copy.db")
	for name, settings := range map[string]map[string]string{
		"pg_dump":              {"DATABASE_URL": "postgres://latchkey:canary@127.0.0.1:1/latchkey", "LATCHKEY_SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="},
		"there is no database": {"LATCHKEY_DATA_DIR": filepath.Join(t.TempDir(), "nothing")},
	} {
		_, errs, ok := latchkey(t, "", settings, "backup", file)
		if ok || !strings.Contains(errs, name) || strings.Contains(errs, "canary") {
			t.Errorf("succeeded %v, said %q, want %q in it", ok, errs, name)
		}
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("there is a file: %v", err)
	}
}
