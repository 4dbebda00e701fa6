package store

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// errShort undoes what was taken before it was found that a meter is short. It leaves no method.
var errShort = errors.New("a meter is short")

// TakeUnits takes a unit of every meter or of none. Meters are locked in the order of their keys, so
// that attempts which share several wait for each other and not in a circle.
func (c *conn) TakeUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, now, heldUntil time.Time) ([]ratelimit.Shortage, error) {
	var short []ratelimit.Shortage
	var ahead []ratelimit.Meter
	err := c.inTx(ctx, func(tx *conn) error {
		short, ahead = nil, nil
		for _, m := range sorted(meters) {
			take := tx.takeUnit
			if m.Hold {
				take = tx.holdUnit
			}
			lack, err := take(ctx, attempt, m, now, heldUntil)
			if err != nil {
				return err
			}
			if lack == nil {
				continue
			}
			if latest := now.Add(m.Interval); lack.FreeAt.After(latest.Add(ratelimit.ClockTolerance)) {
				lack.FreeAt = latest
				ahead = append(ahead, m)
			}
			short = append(short, *lack)
		}
		if len(short) > 0 {
			return errShort
		}
		return nil
	})
	if errors.Is(err, errShort) {
		return short, c.setBack(ctx, ahead, now)
	}
	return nil, err
}

// setBack corrects meters that were counted by a clock which was ahead: no meter can have less than no
// unit, and so none is full later than when all of them come back. Without it they would be short
// for as long as the clock was ahead, and after it was set right.
func (c *conn) setBack(ctx context.Context, meters []ratelimit.Meter, now time.Time) error {
	for _, m := range meters {
		all := now.Add(m.Interval * time.Duration(m.Units)).UnixMicro()
		_, err := c.writes.NewRaw("UPDATE rate_limits SET full_at = ?1 WHERE meter = ?0 AND full_at > ?1", m.Key, all).Exec(ctx)
		if err != nil {
			return c.fail(ctx, "set a meter back", err)
		}
	}
	return nil
}

func sorted(meters []ratelimit.Meter) []ratelimit.Meter {
	return slices.SortedFunc(slices.Values(meters), func(a, b ratelimit.Meter) int { return bytes.Compare(a.Key, b.Key) })
}

// takeUnit is the whole of GCRA, in one statement: it moves the time at which the meter is full
// again, unless that would be more than all units away.
var takeUnit = hot("INSERT", "rate_limits", `
INSERT INTO rate_limits AS r (meter, full_at) VALUES (?0, CAST(?1 AS BIGINT) + CAST(?2 AS BIGINT))
ON CONFLICT (meter) DO UPDATE
SET full_at = (CASE WHEN r.full_at > ?1 THEN r.full_at ELSE ?1 END) + ?2
WHERE r.full_at + ?2 <= CAST(?1 AS BIGINT) + CAST(?2 AS BIGINT) * CAST(?3 AS BIGINT)`)

// takeUnit returns what is lacking, or nil. One that is lacking is only looked at.
func (c *conn) takeUnit(ctx context.Context, _ uuid.UUID, m ratelimit.Meter, now, _ time.Time) (*ratelimit.Shortage, error) {
	const doing = "take a unit"
	result, err := c.exec(ctx, takeUnit, m.Key, now.UnixMicro(), m.Interval.Microseconds(), m.Units)
	n, err := c.count(ctx, doing, result, err)
	if err != nil || n == 1 {
		return nil, err
	}
	var fullAt int64
	err = c.writes.NewRaw("SELECT full_at FROM rate_limits WHERE meter = ?", m.Key).Scan(ctx, &fullAt)
	return &ratelimit.Shortage{Key: m.Key, FreeAt: freeAt(m, fullAt)}, c.fail(ctx, doing, err)
}

// freeAt is when the meter has a unit, if it has none.
func freeAt(m ratelimit.Meter, fullAt int64) time.Time {
	return time.UnixMicro(fullAt - m.Interval.Microseconds()*int64(m.Units-1)).UTC()
}

// lockMeter makes the others wait who want to hold a unit of the meter, and changes nothing.
var lockMeter = hot("INSERT", "rate_limits", `
INSERT INTO rate_limits AS r (meter, full_at) VALUES (?0, ?1)
ON CONFLICT (meter) DO UPDATE SET full_at = r.full_at
RETURNING full_at`)

var (
	countHolds = hot("SELECT", "rate_limit_holds", `SELECT count(*) FROM rate_limit_holds WHERE meter = ?0 AND held_until > ?1`)
	addHold    = hot("INSERT", "rate_limit_holds", `INSERT INTO rate_limit_holds (meter, attempt, held_until) VALUES (?0, ?1, ?2)`)
	endHold    = hot("DELETE", "rate_limit_holds", `DELETE FROM rate_limit_holds WHERE meter = ?0 AND attempt = ?1`)
)

// holdUnit returns what is lacking, or nil. What others hold is counted in a statement of its own:
// that of the lock does not see who was waited for.
func (c *conn) holdUnit(ctx context.Context, attempt uuid.UUID, m ratelimit.Meter, now, heldUntil time.Time) (*ratelimit.Shortage, error) {
	const doing = "hold a unit"
	var fullAt, held int64
	if err := c.row(ctx, lockMeter, []any{m.Key, now.UnixMicro()}, &fullAt); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	interval := m.Interval.Microseconds()
	left := int64(m.Units)
	if spent := fullAt - now.UnixMicro(); spent > 0 {
		left -= (spent + interval - 1) / interval
	}
	if left <= 0 {
		return &ratelimit.Shortage{Key: m.Key, FreeAt: freeAt(m, fullAt)}, nil
	}

	err := c.row(ctx, countHolds, []any{m.Key, now.UnixMicro()}, &held)
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	if held >= left {
		return &ratelimit.Shortage{Key: m.Key}, nil
	}
	_, err = c.exec(ctx, addHold, m.Key, attempt, heldUntil.UnixMicro())
	return nil, c.fail(ctx, doing, err)
}

// spendUnit takes a unit that was there when it was held.
var spendUnit = hot("INSERT", "rate_limits", `
INSERT INTO rate_limits AS r (meter, full_at) VALUES (?0, CAST(?1 AS BIGINT) + CAST(?2 AS BIGINT))
ON CONFLICT (meter) DO UPDATE
SET full_at = (CASE WHEN r.full_at > ?1 THEN r.full_at ELSE ?1 END) + ?2`)

// SettleUnits ends what an attempt holds. What was settled before is not settled again.
func (c *conn) SettleUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, failed bool, now time.Time) error {
	const doing = "settle an attempt"
	return c.inTx(ctx, func(tx *conn) error {
		for _, m := range sorted(meters) {
			if !m.Hold {
				continue
			}
			result, err := tx.exec(ctx, endHold, m.Key, attempt)
			n, err := tx.count(ctx, doing, result, err)
			if err != nil {
				return err
			}
			if n == 0 || !failed {
				continue
			}
			_, err = tx.exec(ctx, spendUnit, m.Key, now.UnixMicro(), m.Interval.Microseconds())
			if err != nil {
				return tx.fail(ctx, doing, err)
			}
		}
		return nil
	})
}

var (
	rememberDevice = hot("INSERT", "known_clients", `
INSERT INTO known_clients AS k (mark, user_id, seen_at) VALUES (?0, ?1, ?2)
ON CONFLICT (mark) DO UPDATE SET user_id = EXCLUDED.user_id, seen_at = EXCLUDED.seen_at
WHERE k.seen_at < EXCLUDED.seen_at OR k.user_id <> EXCLUDED.user_id`)

	countKnown = hot("SELECT", "known_clients", `SELECT count(*) FROM known_clients WHERE mark = ?0 AND seen_at > ?1`)
)

// RememberDevice notes from where a user has logged in.
func (c *conn) RememberDevice(ctx context.Context, userID uuid.UUID, marks [][]byte, at time.Time) error {
	const doing = "remember a device"
	return c.inTx(ctx, func(tx *conn) error {
		for _, mark := range slices.SortedFunc(slices.Values(marks), bytes.Compare) {
			_, err := tx.exec(ctx, rememberDevice, mark, userID, stored(at))
			if err != nil {
				return tx.fail(ctx, doing, err)
			}
		}
		return nil
	})
}

// ForgetDevices removes all marks of a user.
func (c *conn) ForgetDevices(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewRaw("DELETE FROM known_clients WHERE user_id = ?", userID).Exec(ctx)
	return c.fail(ctx, "forget devices", err)
}

// IsDeviceKnown looks whether one of the marks is of a login later than since.
func (c *conn) IsDeviceKnown(ctx context.Context, marks [][]byte, since time.Time) (bool, error) {
	for _, mark := range marks {
		var found int
		err := c.row(ctx, countKnown, []any{mark, stored(since)}, &found)
		if err != nil || found > 0 {
			return found > 0, c.fail(ctx, "look for a known device", err)
		}
	}
	return false, nil
}
