package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// expiry says where the rows of a kind are: a table, what names a row of it, the moment of a row, and what
// else has to be true of one that may be removed.
type expiry struct {
	table, key, moment bun.Safe
	also               bun.Safe
	micros             bool // the moment is a number of microseconds since 1970
}

// newExpiry adds a kind to expiries and returns it. The file of the feature whose rows expire calls it.
func newExpiry(kind auth.ExpiredKind, rows expiry) auth.ExpiredKind {
	expiries[kind] = rows
	return kind
}

// expiries are the kinds that Discard removes. newExpiry adds to it.
var expiries = map[auth.ExpiredKind]expiry{
	auth.ExpiredTokens:  {table: "one_time_tokens", key: "digest", moment: "expires_at"},
	auth.ExpiredSignUps: {table: "sign_ups", key: "id", moment: "expires_at"}, // and their tokens by cascade
	auth.ExpiredCodes:   {table: "one_time_codes", key: "request_id", moment: "created_at"},
	auth.ExpiredWrongCodes: {
		table: "wrong_codes", key: "email_key", moment: "counted_at",
		also: "AND NOT EXISTS (SELECT 1 FROM users WHERE users.email_key = wrong_codes.email_key)",
	},
	auth.ExpiredIdleSessions: {table: "sessions", key: "id", moment: "last_seen_at"},
	auth.ExpiredOldSessions:  {table: "sessions", key: "id", moment: "ends_at"},
	auth.ExpiredMail:         {table: "outbox", key: "id", moment: "abandoned_at"}, // NULL while it is to be sent
	auth.ExpiredAuditEvents:  {table: "audit_events", key: "id", moment: "at"},
	auth.ExpiredLimits:       {table: "rate_limits", key: "meter", moment: "full_at", micros: true},
	auth.ExpiredHolds:        {table: "rate_limit_holds", key: "meter, attempt", moment: "held_until", micros: true},
	auth.ExpiredKnownDevices: {table: "known_clients", key: "mark", moment: "seen_at"},
	auth.ExpiredDevices: {
		table: "clients", key: "user_id, client", moment: "last_login_at",
		also: "AND EXISTS (SELECT 1 FROM clients AS newer WHERE newer.user_id = clients.user_id AND newer.last_login_at > clients.last_login_at)",
	},
}

// discard chooses the rows once, in the WITH, as leaseOutbox does and for its reasons.
const discard = `
WITH expired AS MATERIALIZED (SELECT ?1 FROM ?0 WHERE ?2 <= ?3 ?4 LIMIT ?5 ?6)
DELETE FROM ?0 WHERE (?1) IN (SELECT ?1 FROM expired)`

// Discard removes up to limit rows of a kind whose moment has come.
func (c *conn) Discard(ctx context.Context, what auth.ExpiredKind, upTo time.Time, limit int) (int, error) {
	doing := "discard " + string(what)
	from, ok := expiries[what]
	if !ok {
		return 0, fmt.Errorf("store: discard: no such kind of rows")
	}
	if limit <= 0 {
		return 0, nil
	}
	if what == auth.ExpiredIdleSessions && c.pool != nil && c.touches != nil {
		if err := c.touches.flush(ctx); err != nil { // what was used a moment ago is not idle
			return 0, err
		}
	}
	lock := ""
	if c.kind == Postgres {
		lock = "FOR UPDATE SKIP LOCKED"
	}
	var moment any = stored(upTo)
	if from.micros {
		moment = upTo.UnixMicro()
	}
	result, err := c.writes.NewRaw(discard, from.table, from.key, from.moment, moment, from.also, limit, bun.Safe(lock)).Exec(ctx)
	if from.table == "sessions" {
		c.changedAll()
	}
	return c.count(ctx, doing, result, err)
}

type leaseRow struct {
	bun.BaseModel `bun:"table:leases,alias:l"`

	Name      string    `bun:"name,pk"`
	Holder    uuid.UUID `bun:"holder"`
	HeldUntil time.Time `bun:"held_until"`
}

// TakeLease gives a lease to the holder unless another holder has it, in one statement.
func (c *conn) TakeLease(ctx context.Context, name string, holder uuid.UUID, now, until time.Time) (bool, error) {
	const doing = "take a lease"
	if err := checkTexts(doing, name); err != nil {
		return false, err
	}
	row := &leaseRow{Name: name, Holder: holder, HeldUntil: stored(until)}
	result, err := c.writes.NewInsert().Model(row).
		On("CONFLICT (name) DO UPDATE").Set("holder = EXCLUDED.holder").Set("held_until = EXCLUDED.held_until").
		Where("l.holder = EXCLUDED.holder OR l.held_until <= ?", stored(now)).Returning("NULL").Exec(ctx)
	n, err := c.count(ctx, doing, result, err)
	return n == 1, err
}
