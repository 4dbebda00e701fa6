package store_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/bench/seed"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// plannedUsers is how many users there are when the plans are looked at: so many that a database which
// can choose does not read a whole table.
const plannedUsers = 3000

// wholeTable matches the line of a plan that reads a table from its beginning to its end, by the kind of
// database. What a WITH has made is none.
var wholeTable = map[string]*regexp.Regexp{
	store.Postgres: regexp.MustCompile(`Seq Scan on (\w+)`),
	store.SQLite:   regexp.MustCompile(`SCAN (\w+)`),
}

// TestHotPathsReadNoWholeTable asks the database for the plan of each statement that requests and the
// work beside them need: each has to go by an index.
func TestHotPathsReadNoWholeTable(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		people, err := seed.Fill(t.Context(), url, plannedUsers, plannedUsers)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(url, "postgres") {
			url += "&pool_max_conns=1" // what is set and prepared is of one connection
		}
		db := opened(t, url)
		fillRest(t, db)
		var (
			mu    sync.Mutex
			texts []string
		)
		db.Texts(func(text string) {
			mu.Lock()
			defer mu.Unlock()
			texts = append(texts, text)
		})
		db.Unprepare()
		for name, run := range hotPaths(t, db, people) {
			t.Run(name, func(t *testing.T) {
				texts = nil
				if err := run(t.Context()); err != nil && !errors.Is(err, auth.ErrNotFound) {
					t.Fatal(err)
				}
				if len(texts) == 0 {
					t.Fatal("got no question to the database, want some")
				}
				for _, text := range texts {
					checkPlan(t, db, text)
				}
			})
		}
		// An argument that is not there yet can make another plan than one that is.
		for name, text := range db.PreparedTexts() {
			t.Run("prepared "+name, func(t *testing.T) { checkPlan(t, db, planned(t, db, text)) })
		}
	})
}

// TestPasswordCostsReadEachTableOnce looks at the one statement beside the server that reads whole tables: every hash
// once and nothing else, without sorting the rows.
func TestPasswordCostsReadEachTableOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		if _, err := seed.Fill(t.Context(), url, plannedUsers, 1); err != nil {
			t.Fatal(err)
		}
		db := opened(t, url)
		var texts []string
		db.Texts(func(text string) { texts = append(texts, text) })
		costs, err := db.PasswordCosts(t.Context())
		if err != nil || len(costs) != 1 {
			t.Fatalf("got %d costs of %d users (%v), want one", len(costs), plannedUsers, err)
		}
		if len(texts) != 1 {
			t.Fatalf("got %d statements, want one", len(texts))
		}
		var read []string
		for _, line := range planOf(t, db, texts[0]) {
			if found := wholeTable[db.Kind()].FindStringSubmatch(line); found != nil {
				read = append(read, found[1])
			}
			if strings.Contains(line, "Sort") || strings.Contains(line, "Nested Loop") || strings.Contains(line, "CORRELATED") {
				t.Errorf("got %q in the plan, want each table read once and no more", line)
			}
		}
		if slices.Sort(read); !slices.Equal(read, []string{"passwords", "sign_ups"}) {
			t.Errorf("got the tables %q read, want passwords and sign_ups once each", read)
		}
	})
}

// planned returns a statement that is planned as the one of the text, which has to be prepared, is for
// arguments that are not known.
func planned(t *testing.T, db *store.DB, text string) string {
	t.Helper()
	if db.Kind() == store.SQLite {
		return argument.ReplaceAllString(text, "x'00'")
	}
	count := 0
	for _, found := range argument.FindAllString(text, -1) {
		n, err := strconv.Atoi(found[1:])
		if err != nil {
			t.Fatal(err)
		}
		count = max(count, n)
	}
	for _, setting := range []string{"DEALLOCATE ALL", "SET plan_cache_mode = force_generic_plan", "PREPARE planned AS " + text} {
		if _, err := db.Bun().NewRaw(setting).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return "EXECUTE planned(NULL" + strings.Repeat(", NULL", count-1) + ")"
}

// argument matches an argument of a statement that is to be prepared.
var argument = regexp.MustCompile(`[$?][0-9]+`)

// checkPlan fails the test if the database would read a whole table for the statement.
func checkPlan(t *testing.T, db *store.DB, text string) {
	t.Helper()
	switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(text)), " "); verb {
	case "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE":
		return
	}
	plan := planOf(t, db, text)
	if len(plan) == 0 && !strings.HasPrefix(strings.TrimSpace(text), "INSERT") {
		t.Error("got no plan, want one")
	}
	for _, line := range plan {
		found := wholeTable[db.Kind()].FindStringSubmatch(line)
		// What a statement names for itself, WITH name AS (…), is no table, and is as large as what it was made
		// of; and a SELECT without FROM is of one row, SCAN CONSTANT ROW, or VALUES of as many as it has.
		if found != nil && found[1] != "CONSTANT" && !valuesScan.MatchString(line) && !strings.Contains(text, found[1]+" AS MATERIALIZED (") {
			t.Errorf("%s is read whole (%s) by\n%s\nThe plan is\n%s", found[1], line, text, strings.Join(plan, "\n"))
		}
	}
}

// planOf returns the lines of the plan for a statement.
func planOf(t *testing.T, db *store.DB, text string) []string {
	t.Helper()
	explain := map[string]string{store.Postgres: "EXPLAIN ", store.SQLite: "EXPLAIN QUERY PLAN "}[db.Kind()]
	rows, err := db.Bun().QueryContext(context.Background(), explain+text)
	if err != nil {
		t.Fatalf("explain: %v", err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, fmt.Sprint(*values[len(values)-1].(*any))) // the last column says it on both
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// valuesScan is how SQLite says that it reads the rows that a statement brings.
var valuesScan = regexp.MustCompile(`^SCAN \d+(?:-ROW VALUES CLAUSE| CONSTANT ROWS)$`)

// hotPaths are what requests and the work beside them do, by name.
func hotPaths(t *testing.T, db *store.DB, people *seed.Seeded) map[string]func(context.Context) error {
	t.Helper()
	digest := secret.Digest(secret.Text(people.Tokens[len(people.Tokens)/2]))
	session, user, err := db.SessionByDigest(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	refresh := secret.Text(people.Refresh[len(people.Refresh)/2])
	family, err := secret.RefreshFamily(refresh)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	rotated := &auth.RefreshChain{SessionID: session.ID, Family: family, Digest: digest, Previous: secret.Digest(refresh), RotatedAt: now}
	inTx := func(do func(ctx context.Context, tx auth.Tx) error) func(context.Context) error {
		return func(ctx context.Context) error {
			return db.InTx(ctx, func(tx auth.Tx) error { return do(ctx, tx) })
		}
	}
	paths := map[string]func(context.Context) error{
		"SessionByDigest": inTx(func(ctx context.Context, tx auth.Tx) error {
			_, _, err := tx.SessionByDigest(ctx, digest)
			return err
		}),
		"SessionByID": inTx(func(ctx context.Context, tx auth.Tx) error {
			_, _, err := tx.SessionByID(ctx, session.ID)
			return err
		}),
		"UserByEmail": func(ctx context.Context) error { _, err := db.UserByEmail(ctx, user.Email.Canonical); return err },
		"UserByID":    func(ctx context.Context) error { _, err := db.UserByID(ctx, user.ID); return err },
		"LockUser": inTx(func(ctx context.Context, tx auth.Tx) error {
			_, err := tx.LockUser(ctx, user.ID)
			return err
		}),
		"UpdateUser":         func(ctx context.Context) error { return db.UpdateUser(ctx, user) },
		"Sessions":           func(ctx context.Context) error { _, err := db.Sessions(ctx, user.ID); return err },
		"TouchSession":       func(ctx context.Context) error { return db.TouchSession(ctx, session.ID, now.Add(2*time.Hour)) },
		"RefreshChain":       func(ctx context.Context) error { _, _, _, err := db.RefreshChain(ctx, family); return err },
		"RotateRefreshChain": func(ctx context.Context) error { return db.RotateRefreshChain(ctx, rotated, rotated.RotatedAt) },
		"ForgetSuccessors":   func(ctx context.Context) error { _, err := db.ForgetSuccessors(ctx, longAgo, 500); return err },
		"EndSessions":        func(ctx context.Context) error { _, err := db.EndSessions(ctx, user.ID, session.ID); return err },
		"MeetDevice": inTx(func(ctx context.Context, tx auth.Tx) error {
			_, _, err := tx.MeetDevice(ctx, user.ID, "a client", now)
			return err
		}),
		"LeaseOutbox": func(ctx context.Context) error {
			_, err := db.LeaseOutbox(ctx, uuid.New(), longAgo, now, 10)
			return err
		},
		"AuditEvents of a user": func(ctx context.Context) error {
			_, err := db.AuditEvents(ctx, user.ID, longAgo, uuid.Nil, 100)
			return err
		},
		"AuditEvents of anybody": func(ctx context.Context) error {
			_, err := db.AuditEvents(ctx, uuid.Nil, now, uuid.Nil, 100)
			return err
		},
	}
	// Idle sessions have no index, so that the use of one stays cheap (migration 0006); of wrong codes
	// there are few.
	for _, what := range []auth.ExpiredKind{
		auth.ExpiredTokens, auth.ExpiredSignUps, auth.ExpiredCodes, auth.ExpiredOldSessions, auth.ExpiredMail, auth.ExpiredAuditEvents, auth.ExpiredDevices,
	} {
		paths["Discard "+string(what)] = func(ctx context.Context) error { _, err := db.Discard(ctx, what, longAgo, 500); return err }
	}
	return paths
}

// longAgo is before anything that is in the tables.
var longAgo = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// fillRest fills the tables that seed leaves empty, and has the database look at how much there is.
func fillRest(t *testing.T, db *store.DB) {
	t.Helper()
	users, err := db.Users(t.Context(), uuid.Nil, plannedUsers)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	err = db.InTx(t.Context(), func(tx auth.Tx) error {
		for _, user := range users {
			signUp := &auth.SignUp{ID: uuid.Must(uuid.NewV7()), Email: user.Email, Profile: "{}", PasswordHash: "none", CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
			_, _, met := tx.MeetDevice(t.Context(), user.ID, "a client", now)
			if err := errors.Join(
				met,
				tx.AddAuditEvent(t.Context(), &auth.AuditEvent{ID: uuid.Must(uuid.NewV7()), At: now, Act: "logged_in", Outcome: "ok", UserID: user.ID}),
				tx.AddToOutbox(t.Context(), &auth.OutboxItem{ID: uuid.Must(uuid.NewV7()), Job: "sign_up", CreatedAt: now, DueAt: now}),
				tx.CreateSignUp(t.Context(), signUp),
				addToken(t.Context(), tx.(auth.Writer), user.ID, now),
				addCode(t.Context(), tx, now),
			); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"INSERT INTO usernames (username_key, user_id) SELECT email_key, id FROM users",
		"INSERT INTO wrong_codes (email_key, count, counted_at) SELECT email_key, 1, created_at FROM users",
		"INSERT INTO known_clients (mark, user_id, seen_at) SELECT token_digest, user_id, created_at FROM sessions",
		"INSERT INTO rate_limits (meter, full_at) SELECT token_digest, 0 FROM sessions",
		"INSERT INTO rate_limit_holds (meter, attempt, held_until) SELECT token_digest, id, 0 FROM sessions",
		"ANALYZE",
	} {
		if _, err := db.Bun().NewRaw(statement).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func addToken(ctx context.Context, tx auth.Writer, userID uuid.UUID, now time.Time) error {
	return tx.CreateToken(ctx, &auth.OneTimeToken{
		Digest: secret.Digest(secret.NewToken(secret.ResetToken)), Purpose: "reset", UserID: userID, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
	})
}

func addCode(ctx context.Context, tx auth.Tx, now time.Time) error {
	return tx.CreateCode(ctx, &auth.OneTimeCode{RequestID: uuid.Must(uuid.NewV7()), Purpose: "login", CreatedAt: now})
}
