package queue

import (
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait before the next attempt: First after the first, and then longer each time,
// up to Most, with jitter.
type Backoff struct {
	First, Most time.Duration
}

// After returns how long to wait after so many attempts.
func (b Backoff) After(attempts int) time.Duration {
	if attempts <= 1 {
		return b.First
	}
	longest := min(b.First<<min(attempts-1, 20), b.Most)
	return jitter(longest/2, longest)
}

// jitter returns a time between the two, so that many that wait do not come at once.
func jitter(from, to time.Duration) time.Duration {
	return from + rand.N(to-from+1) //nolint:gosec // guessing it gains nothing
}

// outage counts how often in a row the store could not be reached.
type outage struct {
	since time.Time
	count int
}

// note tells the worker of the beginning and the end of an outage, and of nothing in between.
func note[T any](d *outage, worker Worker[T], err error, now time.Time) {
	switch {
	case err != nil && d.count == 0:
		d.since, d.count = now, 1
		worker.StoreLost(err)
	case err != nil:
		d.count++
	case d.count > 0:
		worker.StoreBack(now.Sub(d.since))
		*d = outage{}
	}
}

// pause returns how long to wait before the next look: longer the longer the outage lasts.
func (d *outage) pause() time.Duration {
	return min(lookEvery<<min(max(d.count-1, 0), 10), outageMax)
}
