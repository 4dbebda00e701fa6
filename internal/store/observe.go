package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// Statement is one statement that was sent to the database, without its text, in which the values are.
type Statement struct {
	Verb   string // SELECT, BEGIN, …; OTHER for one that is not known
	Table  string // the one that it is about; empty: none, several or not known
	Begun  time.Time
	Failed bool // finding no row is no failure
}

// Observe calls fn after each statement, with the context that it was run in. It must be called
// before the database is used by others.
func (db *DB) Observe(fn func(ctx context.Context, s Statement)) {
	for i, pool := range db.pools {
		db.pools[i] = pool.WithQueryHook(statementHook(fn))
	}
	writer, reader := db.pools[0], db.pools[len(db.pools)-1]
	db.pool, db.writes, db.reads, db.prepared.observe = writer, writer, reader, fn
}

// statementHook makes a Statement of bun's event, of which it reads neither the query nor its
// arguments, but for the first word.
type statementHook func(ctx context.Context, s Statement)

func (statementHook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }

func (h statementHook) AfterQuery(ctx context.Context, e *bun.QueryEvent) {
	h(ctx, Statement{
		Verb: verb(e), Table: table(ctx, e), Begun: e.StartTime,
		Failed: e.Err != nil && !errors.Is(e.Err, sql.ErrNoRows),
	})
}

// verbs are the first words of statements that may be told. Another one is a fault of this list, or a
// text that is no verb.
var verbs = map[string]bool{
	"SELECT": true, "INSERT": true, "UPDATE": true, "DELETE": true, "WITH": true, "BEGIN": true,
	"COMMIT": true, "ROLLBACK": true, "SAVEPOINT": true, "RELEASE": true, "CREATE": true, "ALTER": true, "DROP": true,
}

func verb(e *bun.QueryEvent) string {
	operation := e.Operation()
	if _, raw := e.IQuery.(*bun.RawQuery); raw {
		operation = e.Query // bun calls every raw query a SELECT
	}
	operation = strings.TrimLeft(operation, " \t\n")
	if end := strings.IndexAny(operation, " \t\n"); end >= 0 {
		operation = operation[:end]
	}
	if operation = strings.ToUpper(operation); verbs[operation] {
		return operation
	}
	return "OTHER"
}

// table returns the table of the model of a query, whose name stands in a tag of ours. What a raw
// query is about is not looked for in its text, unless it is one of ours that says so.
func table(ctx context.Context, e *bun.QueryEvent) string {
	if s, ok := ctx.Value(statementKey{}).(*statement); ok {
		return s.table
	}
	model, ok := e.Model.(bun.TableModel)
	if !ok || model.Table() == nil || model.Table().SQLName == "" {
		return ""
	}
	return model.Table().Name
}

// PoolStats is the state of one pool of connections.
type PoolStats struct {
	Name                                string // "all" of Postgres; "write" and "read" of SQLite
	Max, Open, InUse, Idle, WaitedCount int64
	Waited                              time.Duration // for a connection, all who waited together
}

// Pools returns the state of the pools of connections, without asking the database.
func (db *DB) Pools() []PoolStats {
	names := []string{"all"}
	if len(db.pools) == 2 {
		names = []string{"write", "read"}
	}
	pools := make([]PoolStats, len(db.pools))
	for i, pool := range db.pools {
		s := pool.Stats()
		pools[i] = PoolStats{
			Name: names[i], Max: int64(s.MaxOpenConnections), Open: int64(s.OpenConnections), InUse: int64(s.InUse), Idle: int64(s.Idle),
			WaitedCount: s.WaitCount, Waited: s.WaitDuration,
		}
	}
	return pools
}
