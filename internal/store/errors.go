package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// failure is what is known of an error of the database. The error itself is left behind: it holds
// the values of rows in its fields, and pieces of the statement, arguments included, in its text.
type failure struct {
	doing      string
	what       string
	retry      bool // the transaction lost a race, or a statement that was prepared, and may be run again
	parameters bool // a connection was refused for the parameters that it began with
}

func (f *failure) Error() string { return "store: " + f.doing + ": " + f.what }

// fail is the border that errors of the database cross. What is not there, be it the row itself or
// one that it refers to, becomes auth.ErrNotFound; the end of ctx stays what it is; everything else
// becomes a failure. In a transaction everything but a row that is not there is remembered, so that
// it is not committed: Postgres would refuse, and SQLite must not differ.
func (c *conn) fail(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}

	switch {
	case ctx.Err() != nil:
		// First, because a statement that was interrupted may look like one that found nothing.
		err = fmt.Errorf("store: %s: %w", doing, ctx.Err())
	case errors.Is(err, sql.ErrNoRows):
		return notFound(doing)
	case isForeignKeyViolation(err):
		err = notFound(doing)
	default:
		err = &failure{doing: doing, what: describe(err), retry: lostRace(err) || errors.Is(err, errForgotten), parameters: refusesParameters(err)}
	}

	if c.pool == nil && c.failed == nil {
		c.failed = err
	}
	return err
}

func notFound(doing string) error { return fmt.Errorf("store: %s: %w", doing, auth.ErrNotFound) }

// mustAffectOne reads the result of a statement that is to change one row: none is auth.ErrNotFound.
func (c *conn) mustAffectOne(ctx context.Context, doing string, result sql.Result, err error) error {
	n, err := c.count(ctx, doing, result, err)
	if err == nil && n == 0 {
		return notFound(doing)
	}
	return err
}

// count reads the result of a statement that changes any number of rows.
func (c *conn) count(ctx context.Context, doing string, result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, c.fail(ctx, doing, err)
	}
	n, err := result.RowsAffected()
	return int(n), c.fail(ctx, doing, err)
}

// isRetryable reports whether a transaction that ended with err may be run again.
func isRetryable(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.retry
}

func lostRace(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return true
	}
	return false
}

// refusesParameters reports whether a pooler refused a connection for a parameter that it does not know.
func refusesParameters(err error) bool {
	var (
		connect *pgconn.ConnectError
		pg      *pgconn.PgError
	)
	return errors.As(err, &connect) && errors.As(err, &pg) && (pg.Code == "08P01" || pg.Code == "0A000")
}

func isForeignKeyViolation(err error) bool {
	return postgresCode(err) == "23503" || sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}

// isUniqueViolation reports whether err is about a key that another row has.
func isUniqueViolation(err error) bool {
	code := sqliteCode(err)
	return postgresCode(err) == "23505" || code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// isMissingTable reports whether err is about a table that no migration has created yet.
func isMissingTable(err error) bool {
	return postgresCode(err) == "42P01" || sqliteCode(err) == sqlite3.SQLITE_ERROR && missingTable.MatchString(err.Error())
}

// isEmailTaken reports whether err is the violation of the constraint users_email_key.
func isEmailTaken(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505" && pg.ConstraintName == "users_email_key"
	}
	return sqliteCode(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(err.Error(), "users.email_key")
}

func postgresCode(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func sqliteCode(err error) int {
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code()
	}
	return sqlite3.SQLITE_OK
}

// harmless are the classes of Postgres errors whose messages name things but quote no values: the
// connection, constraints, transaction states, authorization, a database that is missing,
// rollbacks, resources, object states, interventions and the system, and then codes: a table or
// column that is missing, and no privilege. Detail, hint and context are never repeated.
var harmless = regexp.MustCompile(`^(08|23|25|28|3D|40|53|55|57|58|42P01$|42703$|42501$)`)

// missingTable is what SQLite says before the migrations have run.
var missingTable = regexp.MustCompile(`no such table: \w+`)

// describe returns what may be told of an error of the database.
func describe(err error) string {
	var (
		connect *pgconn.ConnectError
		pg      *pgconn.PgError
		lite    *sqlite.Error
		network net.Error
	)
	switch {
	case errors.As(err, &connect): // before there is a statement
		return strings.Join(strings.Fields(connect.Error()), " ")
	case errors.As(err, &pg):
		if harmless.MatchString(pg.Code) {
			return pg.Error()
		}
		return "SQLSTATE " + pg.Code
	case errors.As(err, &lite):
		if lite.Code()&0xff != sqlite3.SQLITE_ERROR {
			return lite.Error()
		}
		if table := missingTable.FindString(lite.Error()); table != "" {
			return table
		}
		return fmt.Sprintf("SQLite error %d", lite.Code())
	case errors.As(err, &network):
		return network.Error()
	}
	for _, known := range []error{sql.ErrConnDone, sql.ErrTxDone, pgconn.ErrConnClosed, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if text := err.Error(); strings.HasPrefix(text, "sql: database is closed") || strings.HasPrefix(text, "driver: bad connection") {
		return text
	}
	return describeUnknown(err)
}

// unreadable is what drivers say of a value that they cannot read, without the value.
var unreadable = regexp.MustCompile(`Scan error on column index \d+, name "[a-z_]{1,40}"|` +
	`can't scan into dest\[\d+\](?: \(col: [a-z_]{1,40}\))?|` +
	`cannot scan \w{1,30} \(OID \d+\) in \w{1,10} format into [*\w.\[\]]{1,60}|` +
	`storing driver\.Value type [*\w.\[\]]{1,60} into type [*\w.\[\]]{1,60}|` +
	`parsing time|invalid hex prefix|invalid byte|invalid syntax|value out of range`)

// describeUnknown returns the types of an error and of its causes, and of its text what is known to quote
// no value.
func describeUnknown(err error) string {
	said := strings.Join(unreadable.FindAllString(err.Error(), -1), ": ")
	var types []string
	for ; err != nil; err = errors.Unwrap(err) {
		types = append(types, fmt.Sprintf("%T", err))
	}
	kind := "an error of type " + strings.Join(types, " of ")
	if said == "" {
		return kind
	}
	return said + " (" + kind + ")"
}
