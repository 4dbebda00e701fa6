package store_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
)

const treasure = "dHJlYXN1cmU"

// tells reports whether anything that can be printed of err holds the text.
func tells(err error, text string) bool {
	for _, format := range []string{"%v", "%+v", "%#v", "%q"} {
		if strings.Contains(fmt.Sprintf(format, err), text) {
			return true
		}
	}
	return false
}

func TestErrorsHoldNoValues(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	user := func() *auth.User {
		id := uuid.Must(uuid.NewV7())
		return &auth.User{
			ID: id, Email: address.Email{Address: treasure + id.String(), Canonical: treasure + id.String()}, Name: treasure,
			Role: auth.RoleUser, PasswordHash: treasure, CreatedAt: at, UpdatedAt: at,
		}
	}

	t.Run("a row that collides", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			db, u := migrated(t, url), user()
			if err := db.CreateUser(t.Context(), u); err != nil {
				t.Fatal(err)
			}
			session := &auth.Session{ID: uuid.Must(uuid.NewV7()), UserID: u.ID, TokenDigest: []byte(treasure), UserAgent: treasure}
			first := db.CreateSession(t.Context(), session)
			session.ID = uuid.Must(uuid.NewV7())
			err := db.CreateSession(t.Context(), session)
			if first != nil || err == nil || !strings.Contains(err.Error(), "token_digest") {
				t.Errorf("got errors %v and %v", first, err)
			}
			if tells(err, treasure) || tells(err, hex.EncodeToString([]byte(treasure))) {
				t.Error("the error holds a value")
			}
		})
	})

	t.Run("a table that is missing", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			err := opened(t, url).CreateUser(t.Context(), user())
			if err == nil || tells(err, treasure) || !strings.Contains(err.Error(), "users") {
				t.Errorf("got error %v", err)
			}
		})
	})

	t.Run("a statement that is broken", func(t *testing.T) {
		onEach(t, func(t *testing.T, url string) {
			db := opened(t, url)
			for _, statement := range []string{
				"SELECT " + treasure, "SELEKT '" + treasure + "'", "SELECT 1 FROM '" + treasure, "SELECT CAST('" + treasure + "' AS UUID) WHERE 1",
				"SELECT * FROM sqlite_schema WHERE \"" + treasure + "\" MATCH 'a'", "SELECT '" + treasure + "'::uuid",
			} {
				_, err := db.Bun().NewRaw(statement).Exec(t.Context())
				if err == nil {
					continue // fine in one of the two
				}
				if err := db.Fail(t.Context(), err); tells(err, treasure) {
					t.Errorf("the error of %q holds a piece of it", statement)
				}
			}
		})
	})
}

func TestErrorsAreToldApart(t *testing.T) {
	db := opened(t, sqliteURL(t))
	background := context.Background()

	t.Run("no rows are absence", func(t *testing.T) {
		if err := db.Fail(background, sql.ErrNoRows); !isNotFound(err) {
			t.Errorf("got error %v", err)
		}
	})

	t.Run("no rows after the end of the context are not", func(t *testing.T) {
		ctx, cancel := context.WithCancel(background)
		cancel()
		if err := db.Fail(ctx, sql.ErrNoRows); isNotFound(err) || !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
	})

	t.Run("a timeout of the database is no end of the caller's context", func(t *testing.T) {
		if err := db.Fail(background, fmt.Errorf("dial: %w", context.DeadlineExceeded)); errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v", err)
		}
	})

	t.Run("lost races can be run again and other failures cannot", func(t *testing.T) {
		for code, again := range map[string]bool{"40001": true, "40P01": true, "23505": false, "57014": false, "55P03": false} {
			err := fmt.Errorf("log in: %w", db.Fail(background, &pgconn.PgError{Code: code}))
			if store.Retryable(err) != again {
				t.Errorf("%s: run again is %v", code, !again)
			}
		}
	})

	t.Run("the messages of Postgres are repeated only where they quote nothing", func(t *testing.T) {
		for code, told := range map[string]bool{
			"53300": true, "57P01": true, "23514": true, "28P01": true, "42P01": true, "42501": true,
			"22P02": false, "22001": false, "42601": false, "42804": false, "XX000": false, "P0001": false, "42P018": false,
		} {
			err := db.Fail(background, &pgconn.PgError{
				Code: code, Severity: "ERROR", Message: "message", Detail: treasure, Hint: treasure, Where: treasure, InternalQuery: treasure,
			})
			if strings.Contains(err.Error(), "message") != told || !strings.Contains(err.Error(), code) || tells(err, treasure) {
				t.Errorf("%s became %q", code, err)
			}
		}
	})

	t.Run("an error that nobody knows is not repeated", func(t *testing.T) {
		if err := db.Fail(background, errors.New(treasure)); tells(err, treasure) {
			t.Error("got the text of the unknown error, want it hidden")
		}
	})
}
