package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// TestMakeFixture makes the fixture of a release, if it is told which: see testdata/schemas/README.md.
func TestMakeFixture(t *testing.T) {
	wish := os.Getenv("LATCHKEY_TEST_FIXTURE")
	if wish == "" {
		t.Skip("no fixture is to be made")
	}
	name, commit, ok := strings.Cut(wish, "@")
	if !ok {
		t.Fatal("say which: LATCHKEY_TEST_FIXTURE=0007_redirect@commit")
	}
	f := facts{
		Commit: commit, Session: map[string]string{}, ConfirmToken: map[string]string{}, ResetToken: map[string]string{},
		UndoToken: map[string]string{}, CodeRequest: map[string]string{}, Code: map[string]string{},
	}
	program, err := buildOf(commit)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(schemas, name)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for kind, database := range databases {
		settings := database(t)
		for name, value := range fixtureSettings {
			settings[name] = value
		}
		f.Made = time.Now().UTC().Truncate(time.Second)
		populate(t, kind, program, settings, &f)
		dump := dumpers[kind](t, settings)
		if err := os.WriteFile(filepath.Join(folder, dumpFiles[kind]), []byte(dump), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "facts.json"), append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mailedCode finds the code in a mail.
var mailedCode = regexp.MustCompile(`\b[0-9A-Z]{4}-[0-9A-Z]{4}\b`)

// populate tells the program the story of the people of the fixtures.
func populate(t *testing.T, kind, program string, settings map[string]string, f *facts) {
	t.Helper()
	smtp, err := smtptest.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	p := serveBy(t, program, settings, mailTo(smtp))
	mails := 0
	next := func() *smtptest.Message { mails++; return smtp.WaitFor(t, mails) }
	do := func(token, want, document string) string {
		t.Helper()
		answer := p.graphql(token, document, nil)
		if !strings.Contains(answer, want) || strings.Contains(answer, `"code"`) {
			t.Fatalf("%s answers %s", document, hideTokens(answer))
		}
		return answer
	}
	register := func(email, username string) {
		t.Helper()
		do("", "register", fmt.Sprintf(`mutation { register(input: {email: %q, password: %q, name: "A name", username: %q}) { errors { code } } }`, email, password, username))
	}

	smtp.FailNext(1, 550)
	register(eve, "")
	waitUntil(t, "Eve's mail is given up", func() bool { return strings.Contains(p.output.String(), "mail: given up") })
	register(email, "Ada")
	do("", "true", `mutation { confirmEmail(input: {token: "`+next().Token()+`"}) { user { emailVerified } errors { code } } }`)
	register(carol, "")
	do("", "true", `mutation { confirmEmail(input: {token: "`+next().Token()+`"}) { user { emailVerified } errors { code } } }`)
	register(bob, "Bob")
	f.ConfirmToken[kind] = next().Token()

	session := p.loginAs(carol, password)
	do(session, "requestEmailChange", `mutation { requestEmailChange(input: {newEmail: "`+newCarol+`"}) { errors { code } } }`)
	do(session, newCarol, `mutation { confirmEmailChange(input: {token: "`+next().Token()+`"}) { user { email } errors { code } } }`)
	f.UndoToken[kind] = next().Token()

	f.Session[kind] = p.loginAs(email, password)
	do(f.Session[kind], "requestEmailChange", `mutation { requestEmailChange(input: {newEmail: "ada@new.example.com"}) { errors { code } } }`)
	next()
	do("", "requestPasswordReset", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`)
	f.ResetToken[kind] = next().Token()
	answer := do("", "requestId", `mutation { requestLoginCode(input: {email: "`+email+`"}) { requestId errors { code } } }`)
	f.CodeRequest[kind] = regexp.MustCompile(`[0-9a-f-]{36}`).FindString(answer)
	f.Code[kind] = mailedCode.FindString(next().Text)
	wrong := p.graphql("", `mutation { loginWithCode(input: {requestId: "`+f.CodeRequest[kind]+`", code: "BCDF-GHJK"}) { errors { code } } }`, nil)
	p.expect("a wrong code", wrong, `{"data":{"loginWithCode":{"errors":[{"code":"CODE_INVALID"}]}}}`)

	if err := smtp.Close(); err != nil {
		t.Fatal(err)
	}
	do("", "requestPasswordReset", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`)
	waitUntil(t, "Ada's mail is tried", func() bool { return strings.Contains(p.output.String(), "to be tried again") })
	p.stop()
}

// fleeting is the one table that may be empty: its rows matter for minutes.
const fleeting = "leases"

// dumpers write a database as SQL. One that has another empty table is no fixture.
var dumpers = map[string]func(t *testing.T, settings map[string]string) string{
	"SQLite": func(t *testing.T, settings map[string]string) string {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(settings["LATCHKEY_DATA_DIR"], "latchkey.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		list := func(query string, args ...any) []string {
			t.Helper()
			rows, err := db.QueryContext(t.Context(), query, args...)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			defer func() { _ = rows.Close() }()
			var all []string
			for rows.Next() {
				var text string
				if err := rows.Scan(&text); err != nil {
					t.Fatal(err)
				}
				all = append(all, text)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return all
		}
		var dump strings.Builder
		dump.WriteString("PRAGMA foreign_keys = OFF;\nBEGIN;\n")
		for _, statement := range list("SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid") {
			dump.WriteString(statement + ";\n")
		}
		for _, table := range list("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid") {
			columns := list("SELECT name FROM pragma_table_info(?)", table)
			rows := list(fmt.Sprintf("SELECT 'INSERT INTO %s (%s) VALUES (' || quote(%s) || ');' FROM %s ORDER BY rowid", table,
				strings.Join(columns, ", "), strings.Join(columns, ") || ', ' || quote("), table))
			if len(rows) == 0 && table != fleeting {
				t.Errorf("the table %s is empty", table)
			}
			dump.WriteString(strings.Join(rows, "\n") + "\n")
		}
		for _, statement := range list("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid") {
			dump.WriteString(statement + ";\n")
		}
		dump.WriteString("COMMIT;\n")
		return dump.String()
	},
	"Postgres": func(t *testing.T, settings map[string]string) string {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), settings["DATABASE_URL"])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
		rows, err := conn.Query(t.Context(), "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'")
		if err != nil {
			t.Fatal(err)
		}
		tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range tables {
			var any bool
			if err := conn.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM "+table+")").Scan(&any); err != nil || !any && table != fleeting {
				t.Errorf("the table %s is empty (%v)", table, err)
			}
		}

		program, err := exec.LookPath("pg_dump")
		if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump"); err != nil && len(found) > 0 {
			program, err = found[len(found)-1], nil
		}
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), program, "--inserts", "--no-owner", "--no-privileges", "--no-comments",
			"--dbname="+withoutPool(t, settings["DATABASE_URL"]))
		command.Env = append(os.Environ(), "PGTZ=UTC")
		out, err := command.Output()
		if err != nil {
			t.Fatalf("pg_dump: %v", err)
		}
		var dump strings.Builder
		for line := range strings.Lines(string(out)) {
			// Lines for psql, comments, and what a server of another version does not know.
			if !strings.HasPrefix(line, `\`) && !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, "SET ") && strings.TrimSpace(line) != "" {
				dump.WriteString(line)
			}
		}
		return dump.String()
	},
}

// withoutPool returns the URL as libpq takes it.
func withoutPool(t *testing.T, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the database cannot be read")
	}
	query := u.Query()
	query.Del("pool_max_conns")
	u.RawQuery = query.Encode()
	return u.String()
}
