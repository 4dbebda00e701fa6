package seed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the driver
)

// rowsAtOnce is how many rows one INSERT has.
const rowsAtOnce = 100

// fillSQLite inserts the rows in one transaction, which nobody waits for to reach the disk.
func fillSQLite(ctx context.Context, path string, p *people) (err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=journal_mode(WAL)&_pragma=cache_size(-100000)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, t := range p.tables() {
		if err := fillTable(ctx, db, t); err != nil {
			return fmt.Errorf("insert into %s: %w", t.name, err)
		}
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
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
