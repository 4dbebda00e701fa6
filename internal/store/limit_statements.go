package store

import (
	"fmt"
	"strings"
)

// metersAtOnce is how many meters one statement takes. An attempt that has more takes another statement.
const metersAtOnce = 8

// perMeters is a statement for each number of meters from 1 on: what is prepared has a fixed number of arguments.
type perMeters [metersAtOnce]*statement

func (p *perMeters) of(n int) *statement { return p[n-1] }

// hotPerMeters writes a statement for each number of meters. In its text, {rows …} stands for what follows in the
// braces once for each meter, with commas between, and {cases …} for the same with blanks. Arguments from ?0 to
// ?(common-1) are common; those of a meter are each of its letters, a to c, in this order.
func hotPerMeters(verb, table, text string, common, perMeter int) *perMeters {
	var all perMeters
	for n := range all {
		all[n] = hot(verb, table, expand(text, n+1, common, perMeter))
	}
	return &all
}

// expand returns the text for n meters.
func expand(text string, n, common, perMeter int) string {
	for _, list := range []struct{ begin, between string }{{"{rows ", ", "}, {"{cases ", " "}} {
		for {
			before, rest, found := strings.Cut(text, list.begin)
			if !found {
				break
			}
			one, after, _ := strings.Cut(rest, "}")
			rows := make([]string, n)
			for i := range rows {
				rows[i] = one
				for j := range perMeter {
					rows[i] = strings.ReplaceAll(rows[i], "?"+string(rune('a'+j)), fmt.Sprintf("?%d", common+i*perMeter+j))
				}
			}
			text = before + strings.Join(rows, list.between) + after
		}
	}
	return text
}

// takeUnits is the whole of GCRA, in one statement: it moves the time at which a meter is full again by one
// interval, unless that would be more than all units away, and returns the meters that it moved. ?0 is now; of a
// meter there are its key, when it is full with one unit taken now, and the latest time that leaves a unit.
var takeUnits = hotPerMeters("INSERT", "rate_limits", `
INSERT INTO rate_limits AS r (meter, full_at) VALUES {rows (?a, CAST(?b AS BIGINT))}
ON CONFLICT (meter) DO UPDATE
SET full_at = (CASE WHEN r.full_at > ?0 THEN r.full_at ELSE ?0 END) + EXCLUDED.full_at - ?0
WHERE r.full_at <= CASE {cases WHEN r.meter = ?a THEN CAST(?c AS BIGINT)} END
RETURNING meter`, 1, 3)

// lockMeters makes the others wait who want to hold a unit of the meters, and changes nothing.
var lockMeters = hotPerMeters("INSERT", "rate_limits", `
INSERT INTO rate_limits AS r (meter, full_at) VALUES {rows (?a, CAST(?0 AS BIGINT))}
ON CONFLICT (meter) DO UPDATE SET full_at = r.full_at
RETURNING meter, full_at`, 1, 1)

// countHolds, addHolds and endHolds are about the units that attempts hold.
var (
	countHolds = hotPerMeters("SELECT", "rate_limit_holds", `
SELECT meter, count(*) FROM rate_limit_holds WHERE meter IN ({rows ?a}) AND held_until > ?0 GROUP BY meter`, 1, 1)
	addHolds = hotPerMeters("INSERT", "rate_limit_holds", `
INSERT INTO rate_limit_holds (attempt, held_until, meter) VALUES {rows (?0, ?1, ?a)}`, 2, 1)
	endHolds = hotPerMeters("DELETE", "rate_limit_holds", `
DELETE FROM rate_limit_holds WHERE meter IN ({rows ?a}) AND attempt = ?0 RETURNING meter`, 1, 1)
)

// spendUnits takes units that were there when they were held. Its arguments are as in takeUnits, without the last.
var spendUnits = hotPerMeters("INSERT", "rate_limits", `
INSERT INTO rate_limits AS r (meter, full_at) VALUES {rows (?a, CAST(?b AS BIGINT))}
ON CONFLICT (meter) DO UPDATE
SET full_at = (CASE WHEN r.full_at > ?0 THEN r.full_at ELSE ?0 END) + EXCLUDED.full_at - ?0`, 1, 2)
