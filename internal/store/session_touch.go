package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// touchesAtOnce is how many go into one statement.
const touchesAtOnce = 500

// seenSessions is what touchSessions and heldSessions begin with.
const seenSessions = `
WITH seen (id, at) AS (VALUES ?0),
due AS MATERIALIZED (SELECT s.id, seen.at FROM seen JOIN sessions AS s ON s.id = seen.id WHERE s.last_seen_at < seen.at ?1)
`

// touchSessions moves the times at which sessions were last seen forward, never back. One that another
// transaction has locked is left for later, so that neither waits for the other.
const touchSessions = seenSessions + `
UPDATE sessions SET last_seen_at = (SELECT due.at FROM due WHERE due.id = sessions.id) WHERE id IN (SELECT id FROM due)`

// heldSessions returns those that were left.
const heldSessions = seenSessions + "SELECT id FROM due"

// writeTouches writes down when sessions were last seen, except for those that another transaction has locked.
func (c *conn) writeTouches(ctx context.Context, seen map[uuid.UUID]time.Time) (held []uuid.UUID, err error) {
	row, lock := "(?, ?)", bun.Safe("")
	if c.kind == Postgres {
		row, lock = "(?::uuid, ?::timestamptz)", "FOR NO KEY UPDATE OF s SKIP LOCKED"
	}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(seen)), touchesAtOnce) {
		doing := fmt.Sprintf("note when %d sessions were last seen", len(ids))
		var rows []byte
		for i, id := range ids {
			if i > 0 {
				rows = append(rows, ',')
			}
			rows = c.pool.QueryGen().AppendQuery(rows, row, id, stored(seen[id]))
		}
		result, err := c.writes.NewRaw(touchSessions, bun.Safe(rows), lock).Exec(ctx)
		written, err := c.count(ctx, doing, result, err)
		if err != nil {
			return nil, err
		}
		if c.kind == SQLite || written == len(ids) {
			continue
		}
		var left []uuid.UUID // some may have ended, or be known to have been seen later
		if err := c.reads.NewRaw(heldSessions, bun.Safe(rows), bun.Safe("")).Scan(ctx, &left); err != nil {
			return nil, c.fail(ctx, doing, err)
		}
		held = append(held, left...)
	}
	return held, nil
}
