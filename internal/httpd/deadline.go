package httpd

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadline is a context that ends with another one, or at a time, as context.WithDeadline makes it. It
// differs in what it costs: there is no timer until somebody waits, as most requests are answered
// without that.
//
// It also keeps the context that it was made of (see connection).
type deadline struct {
	context.Context // of the connection
	at              time.Time

	mu     sync.Mutex
	ended  bool
	timing atomic.Pointer[timing] // nil: nobody waits
}

// timing is the context with a timer.
type timing struct {
	context.Context
	stop context.CancelFunc
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.Context.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.timed().Done() }

// Err implements context.Context.
func (d *deadline) Err() error {
	if d.timing.Load() == nil && d.Context.Err() == nil && time.Now().Before(d.at) && !d.hasEnded() {
		return nil
	}
	return d.timed().Err() // and so it stays
}

// Value implements context.Context. To a context with a timer it leads because package context looks there
// for what to tie others to.
func (d *deadline) Value(key any) any {
	if key == (connectionKey{}) {
		return d.Context
	}
	if t := d.timing.Load(); t != nil {
		return t.Value(key)
	}
	return d.Context.Value(key)
}

// timed returns the context with a timer.
func (d *deadline) timed() context.Context {
	if t := d.timing.Load(); t != nil {
		return t
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t := d.timing.Load(); t != nil {
		return t
	}
	t := &timing{}
	t.Context, t.stop = context.WithDeadline(d.Context, d.at)
	if d.ended {
		t.stop()
	}
	d.timing.Store(t)
	return t
}

// end ends it, as a context.CancelFunc does.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = true
	if t := d.timing.Load(); t != nil {
		t.stop()
	}
}

func (d *deadline) hasEnded() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ended
}
