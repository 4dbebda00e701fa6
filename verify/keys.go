package verify

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	fetchTimeout = 5 * time.Second  // for a fetch as a whole
	staleWait    = 2 * time.Second  // how long a request with a known key waits for fresher ones
	refetchPause = 10 * time.Second // between two fetches
	firstPause   = time.Second      // the same, while there are no keys or only stale ones: then no token can be verified
	maxStaleness = 24 * time.Hour   // how long keys are used when the server cannot be reached
)

// keySet holds the keys of an issuer and fetches them: at most one fetch at a time, shared by all who
// wait for it. They live for as long as the server says. In the last fifth of that the next request
// starts a fetch and does not wait for it, so that a busy service never does.
type keySet struct {
	address string
	client  *http.Client
	logger  *slog.Logger
	now     func() time.Time

	mu      sync.Mutex
	keys    map[string]publicKey // by key id
	etag    string               // of keys
	fetched time.Time            // when the server last said that keys are its keys
	life    time.Duration        // for how long that holds
	tried   time.Time            // when the last fetch ended
	failing bool                 // it failed
	flight  chan struct{}        // closed when the fetch that is under way ends; nil if none is
}

// find returns the key with the id, errKey if the issuer has none, and ErrUnavailable if that cannot
// be known. It waits for a fetch only if the key is unknown or past its time, and a known key waits
// for nothing during an outage that has shown itself.
func (s *keySet) find(ctx context.Context, id string) (publicKey, error) {
	known, flight := s.look(id)
	if flight == nil {
		return s.read(id)
	}

	if !known {
		select {
		case <-flight:
			return s.read(id)
		case <-ctx.Done():
			return publicKey{}, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
		}
	}
	patience, cancel := context.WithTimeout(ctx, staleWait)
	defer cancel()
	select {
	case <-flight:
	case <-patience.Done():
	}
	return s.read(id)
}

// look reports whether the key is known, and returns a fetch that is worth waiting for, or nil. It
// starts one if it is time.
func (s *keySet) look(id string) (known bool, flight <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()

	now := s.now()
	age := now.Sub(s.fetched)
	known = s.knows(id, now)
	if known && age < s.life*4/5 {
		return true, nil
	}

	s.start(now)
	if known && (age < s.life || s.failing) {
		return true, nil
	}
	return known, s.flight
}

// read returns the key, and tells one that does not exist from one that could not be looked up.
func (s *keySet) read(id string) (publicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()

	switch {
	case s.knows(id, s.now()):
		return s.keys[id], nil
	case s.failing:
		return publicKey{}, ErrUnavailable
	default:
		return publicKey{}, errKey
	}
}

// knows reports whether the key is there and not too old. The caller holds mu.
func (s *keySet) knows(id string, now time.Time) bool {
	_, found := s.keys[id]
	return found && now.Sub(s.fetched) <= maxStaleness
}

// start begins a fetch, unless one is under way or the last one is too recent. No request owns the
// fetch: one client who hangs up must not end it for the others. The caller holds mu.
func (s *keySet) start(now time.Time) {
	pause := refetchPause
	if now.Sub(s.fetched) > maxStaleness {
		pause = firstPause
	}
	if s.flight != nil || (!s.tried.IsZero() && now.Sub(s.tried) < pause) {
		return
	}
	s.flight = make(chan struct{})
	go s.refresh(s.etag)
}

// refresh fetches once and ends the flight.
func (s *keySet) refresh(etag string) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	answer, err := fetchKeys(ctx, s.client, s.address, etag)
	if err != nil {
		s.logger.Warn("the keys that verify access tokens could not be fetched", "url", s.address, "error", err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried = s.now()
	s.failing = err != nil
	if err == nil {
		s.fetched, s.life = s.tried, answer.life
		if !answer.unchanged {
			s.keys, s.etag = answer.keys, answer.etag
		}
	}
	close(s.flight)
	s.flight = nil
}
