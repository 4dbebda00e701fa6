package store_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// TestADatabaseThatCannotHoldEveryText is refused with what to do, before the first sign-up fails.
func TestADatabaseThatCannotHoldEveryText(t *testing.T) {
	base := pgtest.URL(t)
	conn, err := pgx.Connect(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	name := "latin_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := conn.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		_ = conn.Close(context.Background())
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	db, err := store.Open(t.Context(), u.String())
	if err == nil {
		_ = db.Close()
		t.Fatal("got a server taken whose settings lose writes, want it refused")
	}
	for _, want := range []string{"LATIN1", "ENCODING 'UTF8'"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
}

// TestASchemaWithoutCreate is what PostgreSQL 15 gives to every user that does not own the database.
func TestASchemaWithoutCreate(t *testing.T) {
	base := pgtest.URL(t)
	admin := opened(t, base)
	role := "guest_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if _, err := admin.Bun().NewRaw("CREATE ROLE " + role + " LOGIN PASSWORD 'guest'; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO " + role).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.Bun().NewRaw("DROP OWNED BY " + role + "; DROP ROLE " + role).Exec(context.Background())
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "guest")
	for search, want := range map[string]string{"": "GRANT USAGE, CREATE ON SCHEMA public", "nowhere": "CREATE SCHEMA latchkey"} {
		query := u.Query()
		if search != "" {
			query.Set("search_path", search)
		}
		guest := *u
		guest.RawQuery = query.Encode()
		db := opened(t, guest.String())
		if _, err := db.Migrate(t.Context(), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("search_path %q: migrating says %v", search, err)
		}
		if err := db.CanMigrate(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("search_path %q: asked, it says %v", search, err)
		}
	}
	if err := admin.CanMigrate(t.Context()); err != nil {
		t.Errorf("the owner: %v", err)
	}
}
