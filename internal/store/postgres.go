package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"runtime"
	"slices"
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

// postgresAlways are parameters that we rely on, whatever ALTER DATABASE and ALTER ROLE have set: without
// them a text could be read as something else than it is, here or there, or a transaction run otherwise.
//
// Left as they are: search_path, which says where the tables are, and default_transaction_read_only, by
// which a primary is fenced off. Readiness says when nothing can be written.
var postgresAlways = map[string]string{
	"standard_conforming_strings":    "on", // a backslash in a literal is a backslash
	"client_encoding":                "UTF8",
	"datestyle":                      "ISO",
	"intervalstyle":                  "postgres",
	"timezone":                       "UTC",
	"bytea_output":                   "hex",
	"default_transaction_isolation":  "read committed",
	"default_transaction_deferrable": "off",
	"transform_null_equals":          "off",
}

// poolersKnow are the parameters that every pooler takes when a connection begins, and keeps apart for each
// client; in lower case.
var poolersKnow = []string{"application_name", "client_encoding", "datestyle", "standard_conforming_strings", "timezone"}

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
	db, err := connectPostgres(ctx, config, size)
	if refused, ok := errors.AsType[*failure](err); ok && refused.parameters {
		late := setLate(config)
		if db, err = connectPostgres(ctx, config, size); err == nil {
			db.setLate = late
		}
	}
	return db, err
}

// setLate has the parameters that poolers may not know set by a statement when a connection is there, and
// returns their names. PgBouncer refuses a connection that begins with one it does not know, unless
// ignore_startup_parameters names it, and managed ones cannot be told to.
func setLate(config *pgx.ConnConfig) (names []string) {
	var settings []string
	for _, name := range slices.Sorted(maps.Keys(config.RuntimeParams)) {
		if slices.Contains(poolersKnow, strings.ToLower(name)) {
			continue
		}
		names = append(names, name)
		settings = append(settings, fmt.Sprintf("set_config(%s, %s, false)", literal(name), literal(config.RuntimeParams[name])))
		delete(config.RuntimeParams, name)
	}
	statement := "SELECT " + strings.Join(settings, ", ")
	config.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error {
		return conn.Exec(ctx, statement).Close()
	}
	return names
}

// literal returns a text as a literal, of a connection on which standard_conforming_strings is on.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// postgresTables is what bun knows of our types, found out by reflection: once in a process.
var postgresTables = pgdialect.New()

// connectPostgres opens a pool of at most so many connections.
func connectPostgres(ctx context.Context, config *pgx.ConnConfig, size int) (*DB, error) {
	pooled := config.Copy()
	// Behind a pooler, what a listener has asked for may arrive here. No one reads it, and it must not pile up.
	pooled.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {}
	pool := stdlib.OpenDB(*pooled)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(poolIdle)
	pool.SetConnMaxLifetime(poolLifetime)

	db, err := newDB(ctx, Postgres, newBun(pool, postgresTables))
	if err != nil {
		return nil, err
	}
	if err := db.checkEncoding(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
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
	maps.DeleteFunc(config.RuntimeParams, func(name, _ string) bool {
		_, ours := postgresAlways[strings.ToLower(name)]
		return ours
	})
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
