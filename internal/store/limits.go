package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// errShort undoes what was taken before it was found that a meter is short. It leaves no method.
var errShort = errors.New("a meter is short")

// TakeUnits takes a unit of every meter or of none. Meters are locked in the order of their keys, those without
// Hold first, so that attempts which share several wait for each other and not in a circle.
func (c *conn) TakeUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, now, heldUntil time.Time) ([]ratelimit.Shortage, error) {
	var short []ratelimit.Shortage
	plain, holding := split(meters)
	err := c.inTx(ctx, func(tx *conn) error {
		short = nil
		for some := range slices.Chunk(plain, metersAtOnce) {
			lack, err := tx.takeUnits(ctx, some, now)
			if err != nil {
				return err
			}
			short = append(short, lack...)
		}
		for some := range slices.Chunk(holding, metersAtOnce) {
			lack, err := tx.holdUnits(ctx, attempt, some, now, heldUntil)
			if err != nil {
				return err
			}
			short = append(short, lack...)
		}
		if len(short) > 0 {
			return errShort
		}
		return nil
	})
	if !errors.Is(err, errShort) {
		return nil, err
	}
	var ahead []ratelimit.Meter
	for i := range short {
		m := meterWith(meters, short[i].Key)
		if latest := now.Add(m.Interval); short[i].FreeAt.After(latest.Add(ratelimit.ClockTolerance)) {
			short[i].FreeAt = latest
			ahead = append(ahead, m)
		}
	}
	return short, c.setBack(ctx, ahead, now)
}

// split returns the meters in the order of their keys, those without Hold and those with it.
func split(meters []ratelimit.Meter) (plain, holding []ratelimit.Meter) {
	for _, m := range sorted(meters) {
		if m.Hold {
			holding = append(holding, m)
		} else {
			plain = append(plain, m)
		}
	}
	return plain, holding
}

// meterWith returns the one of the meters that has the key.
func meterWith(meters []ratelimit.Meter, key []byte) ratelimit.Meter {
	return meters[slices.IndexFunc(meters, func(m ratelimit.Meter) bool { return bytes.Equal(m.Key, key) })]
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

// takeUnits returns what is lacking. What is lacking is only looked at.
func (c *conn) takeUnits(ctx context.Context, meters []ratelimit.Meter, now time.Time) ([]ratelimit.Shortage, error) {
	const doing = "take units"
	args := []any{now.UnixMicro()}
	for _, m := range meters {
		args = append(args, m.Key, now.Add(m.Interval).UnixMicro(), now.Add(m.Interval*time.Duration(m.Units-1)).UnixMicro())
	}
	taken := map[string]bool{}
	err := c.forEachRow(ctx, takeUnits.of(len(meters)), args, func(rows *sql.Rows) error {
		var key []byte
		err := rows.Scan(&key)
		taken[string(key)] = true
		return err
	})
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	var short []ratelimit.Shortage
	for _, m := range meters {
		if taken[string(m.Key)] {
			continue
		}
		var fullAt int64
		if err := c.writes.NewRaw("SELECT full_at FROM rate_limits WHERE meter = ?", m.Key).Scan(ctx, &fullAt); err != nil {
			return nil, c.fail(ctx, doing, err)
		}
		short = append(short, ratelimit.Shortage{Key: m.Key, FreeAt: freeAt(m, fullAt)})
	}
	return short, nil
}

// freeAt is when the meter has a unit, if it has none.
func freeAt(m ratelimit.Meter, fullAt int64) time.Time {
	return time.UnixMicro(fullAt - m.Interval.Microseconds()*int64(m.Units-1)).UTC()
}

// holdUnits returns what is lacking. What others hold is counted in a statement of its own: that of the lock
// does not see who was waited for.
func (c *conn) holdUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, now, heldUntil time.Time) ([]ratelimit.Shortage, error) {
	const doing = "hold units"
	keys := keysOf(meters)
	fullAt, err := c.numbers(ctx, lockMeters.of(len(meters)), append([]any{now.UnixMicro()}, keys...))
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	held, err := c.numbers(ctx, countHolds.of(len(meters)), append([]any{now.UnixMicro()}, keys...))
	if err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	var short []ratelimit.Shortage
	for _, m := range meters {
		interval := m.Interval.Microseconds()
		left := int64(m.Units)
		if spent := fullAt[string(m.Key)] - now.UnixMicro(); spent > 0 {
			left -= (spent + interval - 1) / interval
		}
		switch {
		case left <= 0:
			short = append(short, ratelimit.Shortage{Key: m.Key, FreeAt: freeAt(m, fullAt[string(m.Key)])})
		case held[string(m.Key)] >= left:
			short = append(short, ratelimit.Shortage{Key: m.Key})
		}
	}
	if len(short) > 0 {
		return short, nil
	}
	_, err = c.exec(ctx, addHolds.of(len(meters)), append([]any{attempt, heldUntil.UnixMicro()}, keys...)...)
	return nil, c.fail(ctx, doing, err)
}

func keysOf(meters []ratelimit.Meter) []any {
	keys := make([]any, len(meters))
	for i, m := range meters {
		keys[i] = m.Key
	}
	return keys
}

// numbers returns the number that a statement returns for each meter.
func (c *conn) numbers(ctx context.Context, s *statement, args []any) (map[string]int64, error) {
	numbers := map[string]int64{}
	err := c.forEachRow(ctx, s, args, func(rows *sql.Rows) error {
		var key []byte
		var n int64
		err := rows.Scan(&key, &n)
		numbers[string(key)] = n
		return err
	})
	return numbers, err
}

// SettleUnits ends what an attempt holds. What was settled before is not settled again.
func (c *conn) SettleUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, failed bool, now time.Time) error {
	const doing = "settle an attempt"
	_, holding := split(meters)
	return c.inTx(ctx, func(tx *conn) error {
		for some := range slices.Chunk(holding, metersAtOnce) {
			ended, err := tx.endHolds(ctx, attempt, some)
			if err != nil {
				return tx.fail(ctx, doing, err)
			}
			if len(ended) == 0 || !failed {
				continue
			}
			args := []any{now.UnixMicro()}
			for _, m := range ended {
				args = append(args, m.Key, now.Add(m.Interval).UnixMicro())
			}
			if _, err := tx.exec(ctx, spendUnits.of(len(ended)), args...); err != nil {
				return tx.fail(ctx, doing, err)
			}
		}
		return nil
	})
}

// endHolds returns the meters of which the attempt held a unit until now, in the same order.
func (c *conn) endHolds(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter) ([]ratelimit.Meter, error) {
	ended := map[string]bool{}
	err := c.forEachRow(ctx, endHolds.of(len(meters)), append([]any{attempt}, keysOf(meters)...), func(rows *sql.Rows) error {
		var key []byte
		err := rows.Scan(&key)
		ended[string(key)] = true
		return err
	})
	return slices.DeleteFunc(slices.Clone(meters), func(m ratelimit.Meter) bool { return !ended[string(m.Key)] }), err
}
