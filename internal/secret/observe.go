package secret

import (
	"context"
	"time"
)

// HashWork is one hash that was asked for: when, how long it waited for its turn, how long it then
// took, and the memory that was gone through in all of its passes together, in KiB, or for the hash of another program
// what argon2id goes through in that time, about. Err is ErrBusy or that
// of the context if its turn never came.
type HashWork struct {
	Asked  time.Time
	Waited time.Duration
	Worked time.Duration
	KiB    uint64
	Err    error
}

// HashObserver is told of each hash when it is done or refused, in the context of who asked for it. It
// is called by many at once and must return at once.
type HashObserver func(ctx context.Context, work HashWork)

// Observe adds observers. It must be called before the Hasher is used.
func (h *Hasher) Observe(observers ...HashObserver) { h.observers = append(h.observers, observers...) }

// Waiting returns how many callers wait for their turn at this moment.
func (h *Hasher) Waiting() int { return h.queue.queued() }

// MostWaiting returns how many callers may wait, known clients aside: one more is refused.
func (h *Hasher) MostWaiting() int { return h.queue.maxWaiting }

// hashWatch measures one hash, if there is anybody to tell.
type hashWatch struct {
	observers []HashObserver
	work      HashWork
}

func (h *Hasher) watch() hashWatch {
	w := hashWatch{observers: h.observers}
	if len(w.observers) > 0 {
		w.work.Asked = time.Now()
	}
	return w
}

// turn notes that the turn has come or, with an error, that it never will.
func (w *hashWatch) turn(ctx context.Context, err error) {
	if len(w.observers) == 0 {
		return
	}
	w.work.Waited, w.work.Err = time.Since(w.work.Asked), err
	if err != nil {
		w.tell(ctx)
	}
}

// done notes that the hash is made, and what it was worth.
func (w *hashWatch) done(ctx context.Context, workKiB uint64) {
	if len(w.observers) == 0 {
		return
	}
	w.work.KiB = workKiB
	w.work.Worked = time.Since(w.work.Asked) - w.work.Waited
	w.tell(ctx)
}

func (w *hashWatch) tell(ctx context.Context) {
	for _, observer := range w.observers {
		observer(ctx, w.work)
	}
}
