package secret

import (
	"context"
	"slices"
	"sync"
	"time"
)

// HashClient is for whom a hash is made, as far as the queue is concerned.
type HashClient struct {
	// Networks are what the client is counted by, the narrowest first. None: all places are open to it.
	Networks []string
	// Known clients have places of their own beside those of all others, and every other turn.
	Known bool
}

type hashClientKey struct{}

// ForHashClient returns a context in which hashes are made for the client.
func ForHashClient(ctx context.Context, client HashClient) context.Context {
	return context.WithValue(ctx, hashClientKey{}, client)
}

func hashClientFrom(ctx context.Context) HashClient {
	client, _ := ctx.Value(hashClientKey{}).(HashClient)
	return client
}

// Parts of the queue: one client has at most a quarter of all places, a wider network of it at most half of them,
// and at least one. Known clients have an eighth more than there are for all, at least one.
const (
	clientPart  = 4
	networkPart = 2
	knownPart   = 8
)

// hashQueue lets a bounded number work at once. The others wait in the order in which they came, a
// bounded number of them and for a bounded time. Known clients have a line of their own.
type hashQueue struct {
	maxWaiting int // in the line of all
	maxKnown   int // in the line of known clients
	maxWait    time.Duration
	atOnce     int
	places     int // of both lines and at work

	mu        sync.Mutex
	free      int
	all       []*place // the first to come first
	known     []*place // likewise
	knownNext bool     // whose turn is next if both lines wait
	held      map[string]int
}

// demand is how much of the queue a hash takes.
type demand struct {
	turns  int // at work: for the memory that it needs
	places int // while it waits and works: for the time that it takes
}

// place is that of one in the queue, while its holder waits and works.
type place struct {
	turn     chan struct{} // closed when its turn comes
	networks []string
	demand
}

func newHashQueue(atOnce, maxWaiting int, maxWait time.Duration) *hashQueue {
	maxKnown := (maxWaiting + knownPart - 1) / knownPart
	return &hashQueue{
		free: atOnce, atOnce: atOnce, maxWaiting: maxWaiting, maxKnown: maxKnown, maxWait: maxWait,
		places: atOnce + maxWaiting + maxKnown, knownNext: true, held: map[string]int{},
	}
}

// take returns a place when its turn has come, which ends with give. It returns ErrBusy when there is no room for
// the client or it has waited for too long, and the error of ctx when that has ended. A demand is met in part if it is for
// more turns than there are, or for more places than one client may have.
func (q *hashQueue) take(ctx context.Context, d demand) (*place, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := q.join(hashClientFrom(ctx), demand{
		turns: min(d.turns, q.atOnce), places: min(d.places, max(1, q.places/clientPart)),
	})
	if p == nil {
		return nil, ErrBusy
	}

	select {
	case <-p.turn:
		return p, nil
	default:
	}

	timer := time.NewTimer(q.maxWait)
	defer timer.Stop()
	var err error
	select {
	case <-p.turn:
		return p, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = ErrBusy
	}
	if !q.leave(p) {
		q.give(p) // the turn came at the same moment
	}
	return nil, err
}

// queued returns how many wait.
func (q *hashQueue) queued() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.all) + len(q.known)
}

// full reports whether the client is refused if it comes now for a hash as new ones are.
func (q *hashQueue) full(client HashClient) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	one := demand{turns: 1, places: 1}
	return q.hasShare(client, one) || !q.idle(one) && q.lineFor(client, one) == nil
}

// hasShare reports whether the client would have more places than it may have. A client that has none is let in, so that
// no hash is too dear to wait for. The caller has mu.
func (q *hashQueue) hasShare(client HashClient, d demand) bool {
	for i, network := range client.Networks {
		part := networkPart
		if i == 0 {
			part = clientPart
		}
		if held := q.held[network]; held > 0 && held+d.places > max(1, q.places/part) {
			return true
		}
	}
	return false
}

// idle reports whether there are so many turns for whoever comes now. The caller has mu.
func (q *hashQueue) idle(d demand) bool {
	return q.free >= d.turns && len(q.all) == 0 && len(q.known) == 0
}

// lineFor returns the line that has room for the client, or nil. The caller has mu.
func (q *hashQueue) lineFor(client HashClient, d demand) *[]*place {
	switch {
	case client.Known && hasRoom(q.known, q.maxKnown, d):
		return &q.known
	case hasRoom(q.all, q.maxWaiting, d):
		return &q.all
	}
	return nil
}

// hasRoom reports whether a line of at most so many places has room. One that is empty has room for any demand.
func hasRoom(line []*place, most int, d demand) bool {
	taken := 0
	for _, p := range line {
		taken += p.places
	}
	return taken+d.places <= most || taken == 0 && most > 0
}

// give ends turns. They are of those who come next, if there are any.
func (q *hashQueue) give(p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()

	q.release(p)
	q.free += p.turns
	q.admit()
}

// admit gives free turns to those who come next, in their order: whoever needs several is waited for. The caller has mu.
func (q *hashQueue) admit() {
	for {
		line := &q.all
		if len(q.all) == 0 || q.knownNext && len(q.known) > 0 {
			line = &q.known
		}
		if len(*line) == 0 || (*line)[0].turns > q.free {
			return
		}
		q.knownNext = line == &q.all
		q.free -= (*line)[0].turns
		close((*line)[0].turn)
		*line = slices.Delete(*line, 0, 1)
	}
}

// join returns a place for the client, and nil if there is none.
func (q *hashQueue) join(client HashClient, d demand) *place {
	q.mu.Lock()
	defer q.mu.Unlock()

	if q.hasShare(client, d) {
		return nil
	}
	p := &place{turn: make(chan struct{}), networks: client.Networks, demand: d}
	if q.idle(d) {
		q.free -= d.turns
		close(p.turn)
	} else if line := q.lineFor(client, d); line != nil {
		*line = append(*line, p)
	} else {
		return nil
	}
	for _, network := range p.networks {
		q.held[network] += d.places
	}
	return p
}

// release frees what the client has of its share. The caller has mu.
func (q *hashQueue) release(p *place) {
	for _, network := range p.networks {
		if q.held[network] -= p.places; q.held[network] == 0 {
			delete(q.held, network)
		}
	}
}

// leave reports whether the holder of the place was still waiting.
func (q *hashQueue) leave(p *place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()

	for _, line := range []*[]*place{&q.all, &q.known} {
		if i := slices.Index(*line, p); i >= 0 {
			*line = slices.Delete(*line, i, i+1)
			q.release(p)
			q.admit() // those who waited behind it may need fewer turns
			return true
		}
	}
	return false
}
