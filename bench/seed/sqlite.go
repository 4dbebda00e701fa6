package seed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the driver
)

// rowsAtOnce is how many rows one INSERT has.
const rowsAtOnce = 100

// fillSQLite inserts the rows without a journal and without waiting for the disk but in the end: else the
// first transactions that are measured would wait for all of them.
func fillSQLite(ctx context.Context, path string, p *people) error {
	if err := insertSQLite(ctx, path, p); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the database that is filled
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// insertSQLite keeps in memory what is changed in no order, which indexes by random values are, and makes
// the others when the tables are full.
func insertSQLite(ctx context.Context, path string, p *people) (err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=journal_mode(OFF)&_pragma=locking_mode(EXCLUSIVE)&_pragma=cache_size(-500000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, t := range p.tables() {
		var indexes []string
		if indexes, err = dropSQLiteIndexes(ctx, db, t.name); err != nil {
			return err
		}
		if err := fillTable(ctx, db, t); err != nil {
			return fmt.Errorf("insert into %s: %w", t.name, err)
		}
		for _, index := range indexes {
			if _, err := db.ExecContext(ctx, index); err != nil {
				return fmt.Errorf("index %s: %w", t.name, err)
			}
		}
	}
	_, err = db.ExecContext(ctx, "PRAGMA journal_mode = WAL")
	return err
}

// dropSQLiteIndexes drops the indexes of a table but those of its constraints, and returns the statements
// that make them again.
func dropSQLiteIndexes(ctx context.Context, db *sql.DB, table string) (makes []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var drops []string
	for rows.Next() {
		var name, again string
		if err := rows.Scan(&name, &again); err != nil {
			return nil, err
		}
		drops, makes = append(drops, "DROP INDEX "+name), append(makes, again)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, drop := range drops {
		if _, err := db.ExecContext(ctx, drop); err != nil {
			return nil, err
		}
	}
	return makes, nil
}

func fillTable(ctx context.Context, db *sql.DB, t table) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	many, err := tx.PrepareContext(ctx, insertion(t, rowsAtOnce)) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return err
	}
	for begin := 0; begin < t.rows; begin += rowsAtOnce {
		end := min(t.rows, begin+rowsAtOnce)
		var args []any
		for i := begin; i < end; i++ {
			for _, value := range t.row(i) {
				args = append(args, asText(value))
			}
		}
		if end-begin == rowsAtOnce {
			_, err = many.ExecContext(ctx, args...)
		} else {
			_, err = tx.ExecContext(ctx, insertion(t, end-begin), args...)
		}
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

func insertion(t table, rows int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.columns)), ",") + ")"
	return "INSERT INTO " + t.name + " (" + strings.Join(t.columns, ", ") + ") VALUES " + strings.TrimSuffix(strings.Repeat(one+",", rows), ",")
}

// asText writes ids and times as bun does.
func asText(value any) any {
	switch value := value.(type) {
	case uuid.UUID:
		return value.String()
	case time.Time:
		return value.UTC().Format("2006-01-02 15:04:05.999999-07:00")
	}
	return value
}
