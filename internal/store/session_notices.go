package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// noticesOfSessions is the channel on which the triggers of migration 0014 tell: the id of a user, or
	// another word for everybody.
	noticesOfSessions = "latchkey_sessions"

	// heartbeatEvery is how often a heartbeat is sent while anybody asks for sessions. Nobody asks an idle
	// server, and it sends none.
	heartbeatEvery = 500 * time.Millisecond
	// heartbeatHolds is how long a heartbeat that came back vouches for, from when it was sent. Without notices,
	// what was changed elsewhere is asked for after so long at the latest; where one is lost by itself, keptFor ends it.
	heartbeatHolds = 2 * time.Second
	// heartbeatLost is how long a heartbeat may be on its way until the connection is made anew.
	heartbeatLost = 5 * time.Second

	// A connection that fails is made anew after a pause, which doubles.
	firstReconnect   = 250 * time.Millisecond
	longestReconnect = 30 * time.Second
)

// notices is the witness of a Postgres database: a connection of its own, on which the database tells
// whose sessions have changed. A pooler in between, or a network, can lose notices without a word. So
// heartbeats are sent on another connection, as notices are, and while none came back that was sent
// within the last 2 s, nothing is vouched for. Notices arrive in the order of the commits that they are
// of: a heartbeat that came back says that everything committed before it was sent is known, unless one
// before it did not come. Then others may not have come either, and all that is kept is void.
type notices struct {
	kept    *keptSessions
	connect func(context.Context) (*pgx.Conn, error)
	logger  *slog.Logger
	own     string // the channel of the heartbeats

	start    time.Time    // what the times below count from
	sent     atomic.Int64 // when the last heartbeat was sent, in ns; 0: none was
	back     atomic.Int64 // when the last that came back was sent; 0: none has since the connection was made
	missing  atomic.Int64 // when the first was sent of those since then; 0: none was
	wanted   chan struct{}
	last     int64 // the number of the last that came back; only who listens has it
	silenced bool  // the log says that nothing is vouched for; the same

	stop  func()
	group sync.WaitGroup
}

// listenForNotices listens until close.
func listenForNotices(db *DB, kept *keptSessions, logger *slog.Logger) *notices {
	n := &notices{
		kept: kept, logger: logger, start: time.Now(), wanted: make(chan struct{}, 1),
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

// now is the time since the start, by a clock that nobody sets.
func (n *notices) now() int64 { return int64(time.Since(n.start)) }

func (n *notices) vouches(context.Context) bool {
	now := n.now()
	if now-n.sent.Load() >= int64(heartbeatEvery) {
		n.wantHeartbeat()
	}
	back := n.back.Load()
	return back != 0 && now-back < int64(heartbeatHolds)
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
		at := n.now()
		n.sent.Store(at)
		n.missing.CompareAndSwap(0, at)
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
		heard, err := n.hear(ctx)
		n.back.Store(0)
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

// hear listens on one connection until that fails, and reports whether a heartbeat came back on it.
func (n *notices) hear(ctx context.Context) (heard bool, err error) {
	connecting, cancel := context.WithTimeout(ctx, heartbeatLost)
	defer cancel()
	conn, err := n.connect(connecting)
	if err != nil {
		return false, errors.New(describe(err))
	}
	defer hangUp(ctx, conn)
	for _, channel := range []string{noticesOfSessions, n.own} {
		if _, err := conn.Exec(connecting, "LISTEN "+channel); err != nil {
			return false, fmt.Errorf("listen: %s", describe(err))
		}
	}
	n.kept.changedAll() // what changed before was not heard
	n.missing.Store(0)
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
		if missing := n.missing.Load(); missing != 0 && n.now()-missing > int64(heartbeatLost) {
			return heard, errHeartbeatLost
		}
	}
}

// hearNotice acts upon a notice, and reports whether it is a heartbeat of this server that came back.
func (n *notices) hearNotice(notice *pgconn.Notification) bool {
	if notice.Channel == n.own {
		var number, at int64
		if _, err := fmt.Sscanf(notice.Payload, "%d %d", &number, &at); err != nil {
			return false // nobody else knows the channel, and so nobody is wronged
		}
		if number != n.last+1 {
			n.kept.changedAll()
		}
		n.last = number
		n.back.Store(at)
		n.missing.Store(0)
		if n.silenced {
			n.silenced = false
			n.logger.Info("sessions are answered from memory again")
		}
		return true
	}
	user, err := uuid.Parse(notice.Payload)
	if err != nil { // everybody, or what a newer release tells
		n.kept.changedAll()
		return false
	}
	n.kept.changed(user)
	return false
}
