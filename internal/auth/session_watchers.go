package auth

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// How many may watch sessions at once through one process: each costs a connection.
const (
	watchersPerSession = 5
	watchersPerClient  = 100 // and more in the networks around an IPv6 client, see clientNetworks
	watchersAtOnce     = 10_000
	watcherRetryAfter  = 30 * time.Second
)

// watchers counts who watches a session.
type watchers struct {
	mu       sync.Mutex
	all      int
	sessions map[uuid.UUID]int
	networks map[string]int
}

func newWatchers() *watchers {
	return &watchers{sessions: map[uuid.UUID]int{}, networks: map[string]int{}}
}

// join counts one more, until the function is called that it returns. A client that is not known counts in no network.
func (w *watchers) join(session uuid.UUID, client []network) (leave func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	full := w.all >= watchersAtOnce || w.sessions[session] >= watchersPerSession
	for _, n := range client {
		full = full || w.networks[n.subject] >= watchersPerClient*n.factor
	}
	if full {
		return nil, &Error{Kind: RateLimited, Message: "Too many streams are open. Close some, and try again later.", RetryAfter: watcherRetryAfter}
	}
	w.add(session, client, 1)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.add(session, client, -1)
	}, nil
}

// add counts so many more. The caller has mu.
func (w *watchers) add(session uuid.UUID, client []network, more int) {
	w.all += more
	if w.sessions[session] += more; w.sessions[session] == 0 {
		delete(w.sessions, session)
	}
	for _, n := range client {
		if w.networks[n.subject] += more; w.networks[n.subject] == 0 {
			delete(w.networks, n.subject)
		}
	}
}
