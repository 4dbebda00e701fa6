package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newExpiry(auth.ExpiredEvents, expiry{table: "events", key: "id", moment: "at"})

type eventRow struct {
	bun.BaseModel `bun:"table:events,alias:e"`

	ID        uuid.UUID `bun:"id,pk"`
	Kind      string    `bun:"kind"`
	At        time.Time `bun:"at"`
	UserID    uuid.UUID `bun:"user_id,nullzero"`
	SessionID uuid.UUID `bun:"session_id,nullzero"`
	Number    int64     `bun:"number,nullzero"`
}

func (r *eventRow) event() *auth.Event {
	return &auth.Event{ID: r.ID, Kind: auth.EventKind(r.Kind), At: r.At.UTC(), UserID: r.UserID, SessionID: r.SessionID, Number: r.Number}
}

func events(rows []*eventRow) []*auth.Event {
	events := make([]*auth.Event, len(rows))
	for i, row := range rows {
		events[i] = row.event()
	}
	return events
}

// Events returns what a transaction can do with events.
func (c *conn) Events() auth.EventTx { return c }

var addEvent = hot("INSERT", "events", `INSERT INTO events (id, kind, at, user_id, session_id) VALUES (?0, ?1, ?2, ?3, ?4)`)

// AddEvent adds an event without a number.
func (c *conn) AddEvent(ctx context.Context, e *auth.Event) error {
	const doing = "add an event"
	if err := checkTexts(doing, string(e.Kind)); err != nil {
		return err
	}
	_, err := c.exec(ctx, addEvent, e.ID, string(e.Kind), stored(e.At), nullID(e.UserID), nullID(e.SessionID))
	return c.fail(ctx, doing, err)
}

// lockNumbers has whoever numbers next wait for the end of this transaction. What it reads after that, on Postgres too, has
// been committed by then.
const lockNumbers = `UPDATE event_numbers SET last = last WHERE id = 1 RETURNING last`

const numberEvents = `
WITH fresh AS MATERIALIZED (SELECT id FROM events WHERE number IS NULL ORDER BY id LIMIT ?1),
ranked AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM fresh)
UPDATE events SET number = ?0 + ranked.place FROM ranked WHERE events.id = ranked.id`

// NumberEvents numbers events. The order in which they get their numbers is one in which they can be seen: the next ones
// are given after these are committed.
func (c *conn) NumberEvents(ctx context.Context, limit int) (numbered int, err error) {
	const doing = "number events"
	if limit <= 0 {
		return 0, nil
	}
	err = c.inTx(ctx, func(tx *conn) error {
		var last int64
		if err := tx.writes.NewRaw(lockNumbers).Scan(ctx, &last); err != nil {
			return tx.fail(ctx, doing, err)
		}
		result, err := tx.writes.NewRaw(numberEvents, last, limit).Exec(ctx)
		if numbered, err = tx.count(ctx, doing, result, err); err != nil || numbered == 0 {
			return err
		}
		_, err = tx.writes.NewRaw(`UPDATE event_numbers SET last = ?0 WHERE id = 1`, last+int64(numbered)).Exec(ctx)
		return tx.fail(ctx, doing, err)
	})
	return numbered, err
}

// EventsAfter returns events in the order of their numbers.
func (c *conn) EventsAfter(ctx context.Context, number int64, limit int) ([]*auth.Event, error) {
	if limit <= 0 {
		return nil, nil
	}
	var rows []*eventRow
	err := c.reads.NewSelect().Model(&rows).Where("e.number > ?", number).OrderExpr("e.number").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list events", err)
	}
	return events(rows), nil
}

// HasNewEvents reports whether there are events without a number.
func (c *conn) HasNewEvents(ctx context.Context) (bool, error) {
	found, err := c.reads.NewSelect().Model((*eventRow)(nil)).Where("e.number IS NULL").Exists(ctx)
	return found, c.fail(ctx, "look for new events", err)
}
