package store

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// watchLooks is how often it is made sure that changes which others make arrive, while anybody waits for one.
	watchLooks = time.Second
	// watchBlind is how often those who wait look for themselves if they do not, in looks.
	watchBlind = 5
)

// sessionWatch tells those who wait for a change of a user, or of a session, that there may be one.
type sessionWatch struct {
	// current is that of the invalidator; nil: nobody tells of what others change.
	current func(context.Context) bool
	looks   time.Duration

	mu      sync.Mutex
	waiting map[uuid.UUID]map[chan struct{}]struct{}
	stop    context.CancelFunc // of look; nil: nobody waits
	group   sync.WaitGroup
}

func newSessionWatch() *sessionWatch {
	return &sessionWatch{looks: watchLooks, waiting: map[uuid.UUID]map[chan struct{}]struct{}{}}
}

// WatchSessions implements auth.SessionWatcher.
func (db *DB) WatchSessions(ctx context.Context, userID uuid.UUID) (<-chan struct{}, error) {
	if err := db.Ping(ctx); err != nil { // whoever waits for a store that is away should know
		return nil, err
	}
	return db.watch.join(ctx, userID), nil
}

// join has the changes of a user told on a channel until ctx ends.
func (w *sessionWatch) join(ctx context.Context, user uuid.UUID) <-chan struct{} {
	changed := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stop == nil {
		looking, stop := context.WithCancel(context.Background())
		w.stop = stop
		w.group.Go(func() { w.look(looking) })
	}
	if w.waiting[user] == nil {
		w.waiting[user] = map[chan struct{}]struct{}{}
	}
	w.waiting[user][changed] = struct{}{}
	context.AfterFunc(ctx, func() { w.leave(user, changed) })
	return changed
}

func (w *sessionWatch) leave(user uuid.UUID, changed chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting[user], changed)
	if len(w.waiting[user]) == 0 {
		delete(w.waiting, user)
	}
	if len(w.waiting) == 0 && w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// tell tells of a change of a user, of all users for uuid.Nil. It does not wait for anybody.
func (w *sessionWatch) tell(user uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if user != uuid.Nil {
		tellEach(w.waiting[user])
		return
	}
	for _, channels := range w.waiting {
		tellEach(channels)
	}
}

func tellEach(channels map[chan struct{}]struct{}) {
	for changed := range channels {
		select {
		case changed <- struct{}{}:
		default: // it has not looked since the last
		}
	}
}

// look asks the invalidator again and again, which tells of the changes that it hears of, and sends everybody to look for
// themselves while it cannot hear of all.
func (w *sessionWatch) look(ctx context.Context) {
	ticker := time.NewTicker(w.looks)
	defer ticker.Stop()
	for blind := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if w.current != nil && w.current(ctx) {
			blind = 0
			continue
		}
		if blind++; blind%watchBlind == 0 {
			w.tell(uuid.Nil)
		}
	}
}

// close ends looking. Who waits is told nothing more.
func (w *sessionWatch) close() {
	w.mu.Lock()
	if w.stop != nil {
		w.stop()
	}
	w.mu.Unlock()
	w.group.Wait()
}
