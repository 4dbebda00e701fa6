package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Copy is URL for a database that is not empty but as fill leaves one. It calls fill once in a process and
// copies the result for each test, so fill has to be the same each time.
func Copy(t testing.TB, fill func(url string) error) string {
	t.Helper()
	base, err := serverURL()
	if err != nil {
		missing(t, err)
	}
	name, err := copyTemplate(base, fill)
	if err != nil {
		t.Fatalf("copy a database: %v", err)
	}
	dropAfter(t, base, name)
	return in(base, name).String()
}

// copyTemplate returns the name of a new copy of the template, which it makes if need be. When nothing
// would remove the template, the copy is a database that was filled by itself.
func copyTemplate(base *url.URL, fill func(url string) error) (string, error) {
	template, shared, err := findTemplate(base, fill)
	if err != nil || !shared {
		return template, err
	}
	name, err := newName()
	if err != nil {
		return "", err
	}
	return name, connected(base, func(ctx context.Context, conn *pgx.Conn) error {
		statement := "CREATE DATABASE " + name + " TEMPLATE " + template
		// Copying the files takes half as long on a server that does not flush them. Older servers always do that.
		var choosesStrategy bool
		err := conn.QueryRow(ctx, "SELECT current_setting('server_version_num')::int >= 150000 AND current_setting('fsync') = 'off'").Scan(&choosesStrategy)
		if err != nil {
			return err
		}
		if choosesStrategy {
			statement += " STRATEGY FILE_COPY"
		}
		_, err = conn.Exec(ctx, statement)
		return err
	})
}

// findTemplate returns a filled database, and whether it is the template, which is not to be changed.
func findTemplate(base *url.URL, fill func(url string) error) (name string, shared bool, err error) {
	throwaway.Lock()
	defer throwaway.Unlock()
	if throwaway.template != "" {
		return throwaway.template, true, nil
	}
	if name, err = newDatabase(base); err != nil {
		return "", false, err
	}
	if err := fill(in(base, name).String()); err != nil {
		return "", false, errors.Join(fmt.Errorf("fill the database to copy: %w", err), drop(base, name))
	}
	if throwaway.hasMain {
		throwaway.template = name
	}
	return name, throwaway.hasMain, nil
}

// drop removes a database and closes all connections to it.
func drop(base *url.URL, name string) error {
	return run(base, "DROP DATABASE "+name+" WITH (FORCE)")
}
