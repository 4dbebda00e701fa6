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

// dearPart is the part of the turns, and of the places of each line, that dear hashes have at most: a half, and at least
// one turn. Whoever finds addresses whose hashes are dear, or the decoys of those, leaves the rest to all others.
const dearPart = 2

// hashQueue lets a bounded number work at once. The others wait in the order in which they came, a
// bounded number of them and for a bounded time. Known clients have a line of their own.
type hashQueue struct {
	maxWaiting int // in the line of all
	maxKnown   int // in the line of known clients
	maxWait    time.Duration
	atOnce     int
	dearAtOnce int // of these turns, for dear hashes
	places     int // of both lines and at work

	mu        sync.Mutex
	free      int
	dear      int      // turns that dear hashes have now
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

// isDear reports whether a hash needs more than the dearest of our own that a level makes up for.
func (d demand) isDear() bool { return d.turns > 1 || d.places > levelMost }

// place is that of one in the queue, while its holder waits and works.
type place struct {
	turn     chan struct{} // closed when its turn comes
	networks []string
	dear     bool
	demand
}

func newHashQueue(atOnce, maxWaiting int, maxWait time.Duration) *hashQueue {
	maxKnown := (maxWaiting + knownPart - 1) / knownPart
	return &hashQueue{
		free: atOnce, atOnce: atOnce, dearAtOnce: max(1, atOnce/dearPart), maxWaiting: maxWaiting, maxKnown: maxKnown, maxWait: maxWait,
		places: atOnce + maxWaiting + maxKnown, knownNext: true, held: map[string]int{},
	}
}

// take returns a place when its turn has come, which ends with give. It returns ErrBusy when there is no room for
// the client or it has waited for too long, and the error of ctx when that has ended. A demand is met in part if it is for
// more turns than dear hashes may have, or for more places than one client may have.
func (q *hashQueue) take(ctx context.Context, d demand) (*place, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p := &place{turn: make(chan struct{}), networks: hashClientFrom(ctx).Networks, dear: d.isDear(), demand: demand{
		turns: min(d.turns, q.atOnce), places: min(d.places, max(1, q.places/clientPart)),
	}}
	if p.dear {
		p.turns = min(p.turns, q.dearAtOnce)
	}
	if !q.join(hashClientFrom(ctx), p) {
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
	one := &place{demand: demand{turns: 1, places: 1}}
	return q.hasShare(client, one) || !q.idle(one) && q.lineFor(client, one) == nil
}

// hasShare reports whether the client would have more places than it may have. A client that has none is let in, so that
// no hash is too dear to wait for. The caller has mu.
func (q *hashQueue) hasShare(client HashClient, p *place) bool {
	for i, network := range client.Networks {
		part := networkPart
		if i == 0 {
			part = clientPart
		}
		if held := q.held[network]; held > 0 && held+p.places > max(1, q.places/part) {
			return true
		}
	}
	return false
}

// idle reports whether there are so many turns for whoever comes now, and nobody who waits for them. The caller has mu.
func (q *hashQueue) idle(p *place) bool {
	if _, next := q.next(); next >= 0 || q.free < p.turns {
		return false
	}
	return !p.dear || len(q.all) == 0 && len(q.known) == 0 && !q.isHeldBack(p)
}

// isHeldBack reports whether dear hashes have all turns that they may have, so that others may come before this one. The
// caller has mu.
func (q *hashQueue) isHeldBack(p *place) bool { return p.dear && q.dear+p.turns > q.dearAtOnce }

// lineFor returns the line that has room for the client, or nil. The caller has mu.
func (q *hashQueue) lineFor(client HashClient, p *place) *[]*place {
	switch {
	case client.Known && hasRoom(q.known, q.maxKnown, p):
		return &q.known
	case hasRoom(q.all, q.maxWaiting, p):
		return &q.all
	}
	return nil
}

// hasRoom reports whether a line of at most so many places has room. One in which nobody waits has room for any demand,
// and one without dear hashes for one of those, if there is any room.
func hasRoom(line []*place, most int, p *place) bool {
	taken, dear := 0, 0
	for _, waiting := range line {
		taken += waiting.places
		if waiting.dear {
			dear += waiting.places
		}
	}
	if p.dear && dear > 0 && dear+p.places > most/dearPart {
		return false
	}
	return taken+p.places <= most || taken == 0 && most > 0
}

// give ends turns. They are of those who come next, if there are any.
func (q *hashQueue) give(p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()

	q.release(p)
	q.free += p.turns
	if p.dear {
		q.dear -= p.turns
	}
	q.admit()
}

// admit gives free turns to those who come next, in their order: whoever needs several is waited for. The caller has mu.
func (q *hashQueue) admit() {
	for {
		line, i := q.next()
		if i < 0 || (*line)[i].turns > q.free {
			return
		}
		q.knownNext = line == &q.all
		q.begin((*line)[i])
		*line = slices.Delete(*line, i, i+1)
	}
}

// next returns whose turn is next: their line, and where they stand in it. -1: nobody waits who is not held back. The
// caller has mu.
func (q *hashQueue) next() (line *[]*place, i int) {
	lines := [2]*[]*place{&q.all, &q.known}
	if q.knownNext {
		lines = [2]*[]*place{&q.known, &q.all}
	}
	for _, line = range lines {
		heldBack := false // and then all dear ones behind it are
		i = slices.IndexFunc(*line, func(p *place) bool {
			heldBack = heldBack || q.isHeldBack(p)
			return !p.dear || !heldBack
		})
		if i >= 0 {
			return line, i
		}
	}
	return nil, -1
}

// begin gives its turns to a place. The caller has mu.
func (q *hashQueue) begin(p *place) {
	q.free -= p.turns
	if p.dear {
		q.dear += p.turns
	}
	close(p.turn)
}

// join takes a place for the client, and reports false if there is none.
func (q *hashQueue) join(client HashClient, p *place) bool {
	q.mu.Lock()
	defer q.mu.Unlock()

	if q.hasShare(client, p) {
		return false
	}
	if q.idle(p) {
		q.begin(p)
	} else if line := q.lineFor(client, p); line != nil {
		*line = append(*line, p)
	} else {
		return false
	}
	for _, network := range p.networks {
		q.held[network] += p.places
	}
	return true
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
