// Package locale says numbers and spans of time in words. For now the words are English.
package locale

import (
	"math"
	"strconv"
	"time"
)

const day = 24 * time.Hour

// Count says how many of something there are, as in "1 day" or "3 days".
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// Unit is a unit of time, by its name in the singular.
type Unit string

// The units in which spans are told.
const (
	Second Unit = "second"
	Minute Unit = "minute"
	Hour   Unit = "hour"
	Day    Unit = "day"
)

// InUnit returns a span of whole minutes in the largest unit that fits evenly: days only if it is
// longer than hoursUpTo.
func InUnit(d, hoursUpTo time.Duration) (int, Unit) {
	switch {
	case d%day == 0 && d > hoursUpTo:
		return int(d / day), Day
	case d%time.Hour == 0:
		return int(d / time.Hour), Hour
	default:
		return int(d / time.Minute), Minute
	}
}

// Span says how long d is, as in "24 hours" or "1 hour", in whole minutes; "" for less than one.
func Span(d time.Duration) string {
	d = d.Truncate(time.Minute)
	if d <= 0 {
		return ""
	}
	n, unit := InUnit(d, 2*day)
	return Count(n, string(unit))
}

// Wait says how long to wait, as in "30 seconds" or "15 minutes", rounded up.
func Wait(d time.Duration) string {
	if d > 2*time.Minute {
		return Count(int(math.Ceil(d.Minutes())), string(Minute))
	}
	return Count(int(math.Ceil(d.Seconds())), string(Second))
}

// Short says in one letter's unit about how long d is, rounded down, as in 3d, 2h, 5m, or 30s.
func Short(d time.Duration) string {
	switch {
	case d >= 2*day:
		return strconv.Itoa(int(d/day)) + "d"
	case d >= 2*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d >= 2*time.Minute:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	default:
		return strconv.Itoa(int(max(d, 0)/time.Second)) + "s"
	}
}

// Exact returns a span in the largest unit that fits evenly, in a form that time.ParseDuration reads, as
// 5m and not 5m0s.
func Exact(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	default:
		return d.String()
	}
}
