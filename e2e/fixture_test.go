package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// schemas is where a database of each schema that was released is kept, as SQL: see its README.md.
const schemas = "testdata/schemas"

// facts are what is known of the databases of a fixture. They are the secrets of nobody.
type facts struct {
	Commit string    // of the program that made them
	Made   time.Time // when; the rows are from then

	Session      map[string]string // by kind of database: an access token of Ada
	ConfirmToken map[string]string // of Bob's sign-up
	ResetToken   map[string]string // of Ada
	UndoToken    map[string]string // of Carol's change of address
	CodeRequest  map[string]string // of a login by code of Ada
	Code         map[string]string
}

// The people of the fixtures. Ada has everything, Bob has signed up, Carol has changed her address, and
// the mail of Eve's sign-up was given up. A reset link is owed to Ada.
const (
	bob      = "bob@example.com"
	carol    = "carol@example.com"
	newCarol = "carol@new.example.com"
	eve      = "eve@example.com"
)

// fixtureSettings are those that the databases were made with.
var fixtureSettings = map[string]string{
	"LATCHKEY_SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	"LATCHKEY_USERNAMES":  "optional", "LATCHKEY_LOGIN_CODES": "true",
}

// released returns the names of the schemas, the oldest first, and what is known of each.
func released(t *testing.T) (names []string, known map[string]facts) {
	t.Helper()
	entries, err := os.ReadDir(schemas)
	if err != nil {
		t.Fatal(err)
	}
	known = map[string]facts{}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(schemas, entry.Name(), "facts.json"))
		if err != nil {
			t.Fatal(err)
		}
		var f facts
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatalf("%s: %v", entry.Name(), err)
		}
		names = append(names, entry.Name())
		known[entry.Name()] = f
	}
	if len(names) == 0 {
		t.Fatal("got no fixture, want at least one")
	}
	return names, known
}

// moment finds a time as either database writes it into its dump.
var moment = regexp.MustCompile(`'(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)?(\+00(?::00)?)'`)

// asOfNow moves all times of a dump by as long as it is old, so that what lived when it was made lives.
func asOfNow(dump string, made time.Time) string {
	age := time.Since(made).Truncate(time.Second)
	const form = "2006-01-02 15:04:05"
	return moment.ReplaceAllStringFunc(dump, func(found string) string {
		parts := moment.FindStringSubmatch(found)
		at, err := time.Parse(form, parts[1])
		if err != nil {
			return found
		}
		return "'" + at.Add(age).Format(form) + parts[2] + parts[3] + "'"
	})
}

// loaders make a database of a dump, in an empty one of the settings.
var loaders = map[string]func(t *testing.T, settings map[string]string, dump string){
	"SQLite": func(t *testing.T, settings map[string]string, dump string) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(settings["LATCHKEY_DATA_DIR"], "latchkey.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(t.Context(), dump); err != nil {
			t.Fatalf("load the fixture: %v", err)
		}
	},
	"Postgres": func(t *testing.T, settings map[string]string, dump string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), settings["DATABASE_URL"])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
		if _, err := conn.PgConn().Exec(t.Context(), dump).ReadAll(); err != nil {
			t.Fatalf("load the fixture: %v", err)
		}
	},
}

// dumpFiles are the files of a fixture.
var dumpFiles = map[string]string{"SQLite": "sqlite.sql", "Postgres": "postgres.sql"}

// restore returns the settings of a database as an older release left it.
func restore(t *testing.T, kind, schema string, f facts) map[string]string {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join(schemas, schema, dumpFiles[kind]))
	if err != nil {
		t.Fatal(err)
	}
	settings := databases[kind](t)
	for name, value := range fixtureSettings {
		settings[name] = value
	}
	loaders[kind](t, settings, asOfNow(string(dump), f.Made))
	return settings
}
