package store

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// How the outbox is looked at.
const (
	lookAt    = 500         // items at a time
	looksMost = 20          // before the worker has to come again
	deferFor  = time.Minute // how long an item that is not the first of its line is not looked at
)

// Parts of the statements below: which items one may have, and which of them is the first of its line, as
// the index outbox_line tells.
const (
	isFree  = `abandoned_at IS NULL AND due_at <= ?now AND (lease_holder IS NULL OR leased_until <= ?now)`
	isFirst = `o.id = (
		SELECT first.id FROM outbox AS first
		WHERE first.recipient = o.recipient AND first.patient = o.patient AND first.abandoned_at IS NULL AND NOT first.aside
		ORDER BY first.recipient, first.patient, first.id LIMIT 1
	)`
	// freeItems are chosen once, in the WITH, because a plan may run a subquery of the UPDATE several
	// times and then change more than the limit. The index outbox_due gives them in order, and there are
	// no more of them than lookAt, however many wait.
	freeItems = `free AS MATERIALIZED (SELECT id FROM outbox WHERE ` + isFree + ` ORDER BY due_at, id LIMIT ?look)`
)

// leaseOutbox tells what is free a second time, for rows that changed while they were locked. On Postgres
// ?lock passes over rows that another worker is leasing at this moment; SQLite has one writer and does not
// know the words.
const leaseOutbox = `
WITH ` + freeItems + `, due AS MATERIALIZED (
	SELECT id FROM outbox AS o
	WHERE id IN (SELECT id FROM free) AND ` + isFree + ` AND (recipient = '' OR aside OR ` + isFirst + `)
	ORDER BY due_at, id LIMIT ?limit ?lock
)
UPDATE outbox SET lease_holder = ?holder, leased_until = ?until, attempts = attempts + 1
WHERE id IN (SELECT id FROM due)
RETURNING id, errand, email_key, user_id, sign_up_id, request_id, change_id, address, created_at, due_at, attempts, client_ip, device, redirect_url, recipient, patient, password_check`

// deferBlocked keeps those that wait for another from being looked at, or many behind one would make
// each look at the outbox slow.
const deferBlocked = `
WITH ` + freeItems + `, behind AS MATERIALIZED (
	SELECT id FROM outbox AS o
	WHERE id IN (SELECT id FROM free) AND ` + isFree + ` AND recipient <> '' AND NOT aside AND NOT (` + isFirst + `) ?lock
)
UPDATE outbox SET due_at = ?deferred_until WHERE id IN (SELECT id FROM behind)`

// leaseArgs are what the two statements are told.
type leaseArgs struct {
	Holder                    uuid.UUID
	Now, Until, DeferredUntil time.Time
	Limit, Look               int
	Lock                      bun.Safe
}

// LeaseOutbox leases items to holder until the time given.
func (c *conn) LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	args := &leaseArgs{Holder: holder, Now: stored(now), Until: stored(until), DeferredUntil: stored(now.Add(deferFor)), Look: lookAt}
	if c.kind == Postgres {
		args.Lock = "FOR UPDATE SKIP LOCKED"
	}
	var items []*auth.OutboxItem
	var failed error
	for look := 0; look < looksMost && len(items) < limit; look++ {
		var rows []*outboxRow
		args.Limit = limit - len(items)
		if err := c.writes.NewRaw(leaseOutbox, args).Scan(ctx, &rows); err != nil {
			failed = c.fail(ctx, "lease of the outbox", err)
			break
		}
		for _, row := range rows {
			items = append(items, row.item())
		}
		if len(items) == limit {
			break
		}
		result, err := c.writes.NewRaw(deferBlocked, args).Exec(ctx)
		deferred, err := c.count(ctx, "defer items of the outbox", result, err)
		if err != nil || deferred == 0 {
			failed = err
			break
		}
	}
	slices.SortFunc(items, func(a, b *auth.OutboxItem) int { // RETURNING promises no order
		if c := a.DueAt.Compare(b.DueAt); c != 0 {
			return c
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return items, failed
}

// undeferNext makes the item due that comes after another in its line, or that is the first of it. What
// has been tried keeps its time. All others were due when they were owed.
const undeferNext = `
UPDATE outbox SET due_at = created_at
WHERE attempts = 0 AND id = (
	SELECT next.id FROM outbox AS o JOIN outbox AS next ON next.recipient = o.recipient AND next.patient = o.patient
	WHERE o.id = ?0 AND o.recipient <> '' AND next.abandoned_at IS NULL AND NOT next.aside AND next.id <> o.id
	ORDER BY next.recipient, next.patient, next.id LIMIT 1
)`

// leaveLine runs leave, by which an item leaves its line, and lets the next have its turn. A look that
// began before and ends after that may defer the next all the same; then it comes when it is no longer deferred.
func (c *conn) leaveLine(ctx context.Context, id uuid.UUID, leave func(tx *conn) error) error {
	return c.inTx(ctx, func(tx *conn) error {
		if _, err := tx.writes.NewRaw(undeferNext, id).Exec(ctx); err != nil {
			return tx.fail(ctx, "let the next item of the outbox go", err)
		}
		return leave(tx)
	})
}
