package auth

import (
	"sync"
	"time"

	"github.com/google/uuid"
)

// How many may watch sessions at once through one process: each costs a connection.
const (
	watchersPerSession = 5
	watchersPerAddress = 100
	watchersAtOnce     = 10_000
	watcherRetryAfter  = 30 * time.Second
)

// watchers counts who watches a session.
type watchers struct {
	mu       sync.Mutex
	all      int
	sessions map[uuid.UUID]int
	clients  map[string]int
}

func newWatchers() *watchers {
	return &watchers{sessions: map[uuid.UUID]int{}, clients: map[string]int{}}
}

// join counts one more, until the function is called that it returns. An address that is not known counts for none.
func (w *watchers) join(session uuid.UUID, client string) (leave func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all >= watchersAtOnce || w.sessions[session] >= watchersPerSession || client != "" && w.clients[client] >= watchersPerAddress {
		return nil, &Error{Kind: RateLimited, Message: "Too many are waiting for the end of a session: close some, and try again later.", RetryAfter: watcherRetryAfter}
	}
	w.add(session, client, 1)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.add(session, client, -1)
	}, nil
}

// add counts so many more. The caller has mu.
func (w *watchers) add(session uuid.UUID, client string, n int) {
	w.all += n
	if w.sessions[session] += n; w.sessions[session] == 0 {
		delete(w.sessions, session)
	}
	if client == "" {
		return
	}
	if w.clients[client] += n; w.clients[client] == 0 {
		delete(w.clients, client)
	}
}
