package store

import (
	"sync/atomic"
	"time"
)

const (
	// heartbeatEvery is how often a heartbeat is sent while sessions are asked for. An idle server sends
	// none.
	heartbeatEvery = 500 * time.Millisecond
	// heartbeatHolds is how long a heartbeat that came back counts, from when it was sent. If notices stop,
	// a change elsewhere is noticed after that time; if a single notice is lost, after cacheFor.
	heartbeatHolds = 2 * time.Second
	// heartbeatLost is how long a heartbeat may be on its way before the connection is made again.
	heartbeatLost = 5 * time.Second
)

// heartbeat has the times of heartbeats, in nanoseconds since start by the monotonic clock; 0 is none.
type heartbeat struct {
	start    time.Time
	sent     atomic.Int64 // when the last was sent
	returned atomic.Int64 // when the last that came back was sent, of those on this connection
	missing  atomic.Int64 // when the first was sent of those that did not come back since
}

func (h *heartbeat) now() int64 { return int64(time.Since(h.start)) }

// due reports whether it is time for the next.
func (h *heartbeat) due() bool { return h.now()-h.sent.Load() >= int64(heartbeatEvery) }

// alive reports whether one came back that was sent a moment ago.
func (h *heartbeat) alive() bool {
	returned := h.returned.Load()
	return returned != 0 && h.now()-returned < int64(heartbeatHolds)
}

// lost reports whether one is missing for too long.
func (h *heartbeat) lost() bool {
	missing := h.missing.Load()
	return missing != 0 && h.now()-missing > int64(heartbeatLost)
}

// begin is called for a new connection, on which none is missing yet.
func (h *heartbeat) begin() { h.missing.Store(0) }

// stop is called when the connection has ended.
func (h *heartbeat) stop() { h.returned.Store(0) }

// send notes that one is sent, and returns when.
func (h *heartbeat) send() int64 {
	at := h.now()
	h.sent.Store(at)
	h.missing.CompareAndSwap(0, at)
	return at
}

// receive notes that the one came back that was sent at a time.
func (h *heartbeat) receive(at int64) {
	h.returned.Store(at)
	h.missing.Store(0)
}
