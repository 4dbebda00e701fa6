package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// noticesOfSessions is the channel on which the triggers of migration 0014 tell: the id of a user, or
	// another word for all users.
	noticesOfSessions = "latchkey_sessions"

	// A connection that fails is made anew after a pause, which doubles.
	firstReconnect   = 250 * time.Millisecond
	longestReconnect = 30 * time.Second
)

// notices is the invalidator of a Postgres database: a connection of its own, on which the database tells
// whose sessions have changed. A pooler in between, or a network, can lose notices without a word. So
// heartbeats are sent on another connection, as notices are, and unless one came back that was sent
// within the last 2 s, the cache does not answer. Notices arrive in the order of the commits that they are
// of: a heartbeat that came back says that everything committed before it was sent is known, unless one
// before it did not come. Then others may not have come either, and all that is kept is void.
type notices struct {
	cache   *sessionCache
	connect func(context.Context) (*pgx.Conn, error)
	logger  *slog.Logger
	own     string // the channel of the heartbeats

	heartbeat heartbeat
	wanted    chan struct{} // a heartbeat

	// Only listen uses these.
	last     int64 // the number of the last heartbeat that came back
	silenced bool  // the log says that the cache does not answer

	stop  func()
	group sync.WaitGroup
}

// listenForNotices listens until close.
func listenForNotices(db *DB, cache *sessionCache, logger *slog.Logger) *notices {
	n := &notices{
		cache: cache, logger: logger, heartbeat: heartbeat{start: time.Now()}, wanted: make(chan struct{}, 1),
		own:     "latchkey_heartbeat_" + strings.ReplaceAll(uuid.NewString(), "-", ""),
		connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.ConnectConfig(ctx, db.postgres.Copy()) },
	}
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	n.group.Go(func() { n.listen(ctx) })
	n.group.Go(func() { n.beat(ctx) })
	return n
}

func (n *notices) close() {
	n.stop()
	n.group.Wait()
}

func (n *notices) current(context.Context) bool {
	if n.heartbeat.due() {
		n.wantHeartbeat()
	}
	return n.heartbeat.alive()
}

func (n *notices) wantHeartbeat() {
	select {
	case n.wanted <- struct{}{}:
	default: // one is wanted already
	}
}

// beat sends heartbeats when they are wanted, on a connection of its own: when all others are in use, the
// memory is needed most.
func (n *notices) beat(ctx context.Context) {
	var conn *pgx.Conn
	defer func() { hangUp(ctx, conn) }()
	for number := 1; ; number++ {
		select {
		case <-ctx.Done():
			return
		case <-n.wanted:
		}
		at := n.heartbeat.send()
		var err error
		if conn, err = n.sendHeartbeat(ctx, conn, fmt.Sprintf("%d %d", number, at)); err != nil && ctx.Err() == nil {
			n.logger.Debug("a heartbeat for the session cache could not be sent", "error", describe(err))
		}
	}
}

// sendHeartbeat sends one, and returns the connection for the next, if it is still good for that.
func (n *notices) sendHeartbeat(ctx context.Context, conn *pgx.Conn, heartbeat string) (*pgx.Conn, error) {
	sending, cancel := context.WithTimeout(ctx, heartbeatHolds)
	defer cancel()
	if conn == nil {
		var err error
		if conn, err = n.connect(sending); err != nil {
			return nil, err
		}
	}
	// It need not survive a crash, and so no disk is waited for.
	_, err := conn.Exec(sending, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)", n.own, heartbeat)
	if err != nil {
		hangUp(ctx, conn)
		return nil, err
	}
	return conn, nil
}

// hangUp closes a connection, if there is one. There is nothing on it to lose.
func hangUp(ctx context.Context, conn *pgx.Conn) {
	if conn == nil {
		return
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(closing)
}

// listen listens, on one connection after the other.
func (n *notices) listen(ctx context.Context) {
	pause := firstReconnect
	for {
		heard, err := n.listenOnce(ctx)
		n.heartbeat.stop()
		if ctx.Err() != nil {
			return
		}
		if !n.silenced {
			n.silenced = true
			n.logger.Warn("sessions are not answered from memory for now, only slower: the database's notices of changes do not arrive. "+
				"Behind a pooler in transaction mode they never do; LATCHKEY_SESSION_CACHE=0 does without", "error", err)
		}
		if heard {
			pause = firstReconnect
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause = min(2*pause, longestReconnect)
	}
}

// errHeartbeatLost is returned for a connection on which a heartbeat does not arrive.
var errHeartbeatLost = errors.New("a heartbeat did not come back")

// listenOnce listens on one connection until that fails, and reports whether a heartbeat came back on it.
func (n *notices) listenOnce(ctx context.Context) (heard bool, err error) {
	conn, err := n.subscribe(ctx)
	if err != nil {
		return false, err
	}
	defer hangUp(ctx, conn)
	n.cache.changedAll() // what changed before was not heard
	n.heartbeat.begin()
	n.wantHeartbeat()
	for {
		waiting, cancel := context.WithTimeout(ctx, heartbeatLost)
		notice, err := conn.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			heard = n.hearNotice(notice) || heard
		case ctx.Err() != nil:
			return heard, ctx.Err()
		case !pgconn.Timeout(err):
			return heard, errors.New(describe(err))
		}
		if n.heartbeat.lost() {
			return heard, errHeartbeatLost
		}
	}
}

// subscribe returns a new connection on which notices arrive.
func (n *notices) subscribe(ctx context.Context) (*pgx.Conn, error) {
	connecting, cancel := context.WithTimeout(ctx, heartbeatLost)
	defer cancel()
	conn, err := n.connect(connecting)
	if err != nil {
		return nil, errors.New(describe(err))
	}
	for _, channel := range []string{noticesOfSessions, n.own} {
		if _, err := conn.Exec(connecting, "LISTEN "+channel); err != nil {
			hangUp(ctx, conn)
			return nil, fmt.Errorf("listen: %s", describe(err))
		}
	}
	return conn, nil
}

// hearNotice acts upon a notice, and reports whether it is a heartbeat of this server that came back.
func (n *notices) hearNotice(notice *pgconn.Notification) bool {
	if notice.Channel == n.own {
		var number, at int64
		if _, err := fmt.Sscanf(notice.Payload, "%d %d", &number, &at); err != nil {
			return false // not from Latchkey: no other program knows the channel
		}
		if number != n.last+1 {
			n.cache.changedAll()
		}
		n.last = number
		n.heartbeat.receive(at)
		if n.silenced {
			n.silenced = false
			n.logger.Info("sessions are answered from memory again")
		}
		return true
	}
	user, err := uuid.Parse(notice.Payload)
	if err != nil { // all users, or a notice of a newer release
		n.cache.changedAll()
		return false
	}
	n.cache.changed(user)
	return false
}
