package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// postgresDefaults are parameters of a connection that the URL may set otherwise.
var postgresDefaults = map[string]string{
	"application_name":                    "latchkey",
	"statement_timeout":                   "10s",
	"lock_timeout":                        "5s",
	"idle_in_transaction_session_timeout": "10s",
}

// postgresAlways are parameters without which a text could be read as something else than it is.
var postgresAlways = map[string]string{
	"standard_conforming_strings": "on", // a backslash in a literal is a backslash
	"client_encoding":             "UTF8",
}

const (
	connectTimeout = 5 * time.Second
	poolIdle       = 5 * time.Minute
	poolLifetime   = 30 * time.Minute // so that connections follow a name that has moved to another server
)

func openPostgres(ctx context.Context, databaseURL string) (*DB, error) {
	config, err := parsePostgresURL(databaseURL)
	if err != nil {
		return nil, err
	}
	size, err := poolSize(config.RuntimeParams)
	if err != nil {
		return nil, err
	}

	pooled := config.Copy()
	// Behind a pooler, what a listener has asked for may arrive here. Nobody reads it, and it is not to pile up.
	pooled.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {}
	pool := stdlib.OpenDB(*pooled)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(poolIdle)
	pool.SetConnMaxLifetime(poolLifetime)

	db, err := newDB(ctx, Postgres, newBun(pool, pgdialect.New()))
	if err != nil {
		return nil, err
	}
	db.postgres = config
	return db, nil
}

// parsePostgresURL reads the URL, the environment variables of libpq included. What pgx says about
// a URL that it cannot read may quote it, so it is only repeated of a URL without the password.
func parsePostgresURL(databaseURL string) (*pgx.ConnConfig, error) {
	errMalformed := errors.New("store: the database URL is malformed; special characters in the user name and the password must be percent-encoded")

	// An @ too many belongs to the password. The rest of that would be taken for the server's name, or
	// behind a slash for that of the database, and names are no secrets: they are told and looked up.
	_, rest, _ := strings.Cut(databaseURL, "://")
	if strings.Count(rest, "@") > 1 {
		return nil, errMalformed
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 && strings.Contains(rest[end:], "@") {
		return nil, errMalformed
	}

	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		parsed, parseErr := url.Parse(databaseURL)
		if parseErr != nil {
			return nil, errMalformed
		}
		if _, err := pgx.ParseConfig(withoutSecrets(parsed)); err != nil {
			return nil, fmt.Errorf("store: the database URL is malformed: %w", err)
		}
		return nil, errMalformed
	}

	// Every statement has its arguments in it, so a prepared one would never be used again.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range postgresDefaults {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	for name, value := range postgresAlways {
		config.RuntimeParams[name] = value
	}
	return config, nil
}

// withoutSecrets returns the URL without anything that may be a password.
func withoutSecrets(u *url.URL) string {
	clean := *u
	if u.User != nil {
		clean.User = url.User(u.User.Username())
	}
	query := u.Query()
	query.Del("password")
	query.Del("sslpassword")
	clean.RawQuery = query.Encode()
	return clean.String()
}

// poolSize takes pool_max_conns out of the parameters, which a server does not know.
func poolSize(params map[string]string) (int, error) {
	given, ok := params["pool_max_conns"]
	if !ok {
		return max(8, 4*runtime.NumCPU()), nil
	}
	delete(params, "pool_max_conns")
	size, err := strconv.Atoi(given)
	if err != nil || size < 1 {
		return 0, fmt.Errorf("store: pool_max_conns in the database URL must be a number of at least 1, not %q", given)
	}
	return size, nil
}
