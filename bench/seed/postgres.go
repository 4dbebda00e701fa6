package seed

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// fillPostgres copies the rows in. Foreign keys are not checked while it does, since the rows are known
// to be right, and indexes on the largest table are made when it is full; both need a superuser.
func fillPostgres(ctx context.Context, url string, p *people) (err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	if _, err := conn.Exec(ctx, "SET session_replication_role = replica; SET maintenance_work_mem = '256MB'"); err != nil {
		return err
	}
	var names []string
	for _, t := range p.tables() {
		names = append(names, t.name)
		indexes, err := dropIndexes(ctx, conn, t.name)
		if err != nil {
			return err
		}
		next := 0
		rows := pgx.CopyFromFunc(func() ([]any, error) {
			if next == t.rows {
				return nil, nil
			}
			next++
			return t.row(next - 1), nil
		})
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, rows); err != nil {
			return fmt.Errorf("copy into %s: %w", t.name, err)
		}
		for _, index := range indexes {
			if _, err := conn.Exec(ctx, index); err != nil {
				return fmt.Errorf("index %s: %w", t.name, err)
			}
		}
	}
	// One by one: VACUUM refuses to run among other statements. Without it the first to read a row would
	// write that it is committed, and autovacuum would set in while something is measured.
	for _, statement := range []string{"VACUUM ANALYZE " + strings.Join(names, ", "), "CHECKPOINT"} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// dropIndexes drops what is indexed in a table beside its primary key, and returns the statements that
// make it again.
func dropIndexes(ctx context.Context, conn *pgx.Conn, table string) ([]string, error) {
	rows, err := conn.Query(ctx, `
SELECT 'ALTER TABLE ' || $1 || ' DROP CONSTRAINT ' || conname,
	'ALTER TABLE ' || $1 || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'u'
UNION ALL
SELECT 'DROP INDEX ' || indexname, indexdef FROM pg_indexes
WHERE tablename = $1 AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)`, table)
	if err != nil {
		return nil, err
	}
	defs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Drop, Make string }])
	if err != nil {
		return nil, err
	}
	var makes []string
	for _, def := range defs {
		if _, err := conn.Exec(ctx, def.Drop); err != nil {
			return nil, err
		}
		makes = append(makes, def.Make)
	}
	return makes, nil
}
