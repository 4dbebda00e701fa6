package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// pooler is something between a server and its database that can lose notices, as a pooler in transaction
// mode does, and hold them up.
type pooler struct {
	url           string
	mute          atomic.Bool  // notices are lost
	cut           atomic.Bool  // the next answer with a row is lost, and the connection with it
	passed, drops atomic.Int64 // notices
}

// newPooler puts one in front of the database of the URL.
func newPooler(t *testing.T, to string) *pooler {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", target.Host
	if socket := target.Query().Get("host"); socket != "" {
		port := target.Query().Get("port")
		if port == "" {
			port = "5432"
		}
		network, address = "unix", socket+"/.s.PGSQL."+port
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &pooler{}
	front := *target
	query := front.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	front.Host, front.RawQuery = listener.Addr().String(), query.Encode()
	p.url = front.String()

	var group sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	opened := func(conn net.Conn) {
		mu.Lock()
		defer mu.Unlock()
		conns = append(conns, conn)
	}
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // it was closed
			}
			server, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
			if err != nil {
				_ = client.Close()
				continue
			}
			opened(client)
			opened(server)
			group.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
			group.Go(func() { p.answers(client, server); _ = client.Close() })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return p
}

// answers passes on what the database says, message by message, but the notices while it is mute.
func (p *pooler) answers(client io.Writer, server io.Reader) {
	const notification, dataRow = 'A', 'D'
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return
		}
		// The database sends rows when the transaction has ended, so the statement has been executed.
		if head[0] == dataRow && p.cut.CompareAndSwap(true, false) {
			return
		}
		if head[0] == notification && p.mute.Load() {
			p.drops.Add(1)
			continue
		}
		if head[0] == notification {
			p.passed.Add(1)
		}
		if _, err := client.Write(append(bytes.Clone(head), body...)); err != nil {
			return
		}
	}
}

// logged is a log that can be asked what is in it.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) has(words string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), words)
}

// TestNoticesThatAreLostAreNotTrusted ends a session while the notice of that is lost.
func TestNoticesThatAreLostAreNotTrusted(t *testing.T) {
	target := pgtest.URL(t)
	elsewhere := migrated(t, target)
	between := newPooler(t, target)
	log := &logged{}
	db := opened(t, between.url)
	db.EnableSessionCache(8<<20, slog.New(slog.NewTextHandler(log, nil)))

	user, session := member(t, elsewhere)
	awaitKeeping(t, db, session)
	between.mute.Store(true)
	if _, err := elsewhere.EndSessions(t.Context(), user.ID, user.ID); err != nil {
		t.Fatal(err)
	}
	ended := time.Now()
	await(t, "known to have ended", func() bool {
		_, _, err := db.RecentSessionByDigest(t.Context(), session.TokenDigest)
		if err != nil && !errors.Is(err, auth.ErrNotFound) {
			t.Fatal(err)
		}
		return err != nil
	})
	if took := time.Since(ended); took > 6*time.Second { // 2 s, and what a busy machine adds; what is kept lasts for 10
		t.Errorf("it took %v", took)
	}
	if between.drops.Load() == 0 {
		t.Fatal("no notice was lost, so nothing is shown")
	}
	await(t, "in the log", func() bool {
		if _, _, err := db.RecentSessionByDigest(t.Context(), session.TokenDigest); !errors.Is(err, auth.ErrNotFound) {
			t.Fatalf("it is answered for again: %v", err)
		}
		return log.has("sessions are not answered from memory for now")
	})

	// While nothing is vouched for, each answer is the database's own.
	_, session = member(t, elsewhere)
	for range 3 {
		if _, _, err := db.RecentSessionByID(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		if err := elsewhere.ProveSession(t.Context(), session.ID, time.Now(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := elsewhere.EndSession(t.Context(), session.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.RecentSessionByID(t.Context(), session.ID); !errors.Is(err, auth.ErrNotFound) {
		t.Errorf("the error is %v, want ErrNotFound", err)
	}

	between.mute.Store(false)
	_, session = member(t, elsewhere)
	awaitKeeping(t, db, session)
	await(t, "in the log", func() bool { return log.has("sessions are answered from memory again") })
}

// TestAnAnswerThatIsLostVoidsWhatIsKept has the database do what it is told, and loses its answer.
func TestAnAnswerThatIsLostVoidsWhatIsKept(t *testing.T) {
	target := pgtest.URL(t)
	plain := migrated(t, target)
	for name, change := range map[string]func(db *store.DB, session *auth.Session) error{
		"the end of a session": func(db *store.DB, session *auth.Session) error { return db.EndSession(t.Context(), session.ID) },
		"a proof": func(db *store.DB, session *auth.Session) error {
			return db.ProveSession(t.Context(), session.ID, session.AuthenticatedAt.Add(time.Minute), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			between := newPooler(t, target)
			db := opened(t, between.url)
			db.EnableSessionCacheDeaf(8 << 20)
			_, session := member(t, plain)
			awaitKeeping(t, db, session)

			between.cut.Store(true)
			if err := change(db, session); err == nil {
				t.Fatal("got an answer, want an error")
			}
			await(t, "changed in the database", func() bool {
				now, _, err := plain.SessionByDigest(t.Context(), session.TokenDigest)
				return errors.Is(err, auth.ErrNotFound) || err == nil && now.AuthenticatedAt.After(session.AuthenticatedAt)
			})
			got, _, err := db.RecentSessionByDigest(t.Context(), session.TokenDigest)
			if !errors.Is(err, auth.ErrNotFound) && (err != nil || !got.AuthenticatedAt.After(session.AuthenticatedAt)) {
				t.Errorf("got the session as it was before (error: %v), want it as the database has it", err)
			}
		})
	}
}

// TestWhatChangedWhileNobodyHeardIsNotAnswered cuts the connection on which notices arrive.
func TestWhatChangedWhileNobodyHeardIsNotAnswered(t *testing.T) {
	mortal := pgtest.NewMortal(t)
	elsewhere := migrated(t, mortal.URL())
	db := opened(t, mortal.URL())
	db.EnableSessionCache(8<<20, slog.New(slog.DiscardHandler))
	_, kept := member(t, elsewhere)
	awaitKeeping(t, db, kept)

	mortal.Kill()
	mortal.Start()
	await(t, "ended", func() bool { return elsewhere.EndSession(t.Context(), kept.ID) == nil })
	await(t, "asked of the database", func() bool {
		_, _, err := db.RecentSessionByID(t.Context(), kept.ID)
		if err == nil {
			t.Fatal("got an answer for an ended session, want an error")
		}
		return errors.Is(err, auth.ErrNotFound)
	})
	_, other := member(t, elsewhere)
	awaitKeeping(t, db, other) // it listens again
	if err := elsewhere.EndSession(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
	await(t, "told of the end", func() bool {
		_, _, err := db.RecentSessionByID(t.Context(), other.ID)
		return errors.Is(err, auth.ErrNotFound)
	})
}

// TestAnIdleServerSendsNoHeartbeats shows that the database is left alone while nobody asks.
func TestAnIdleServerSendsNoHeartbeats(t *testing.T) {
	target := pgtest.URL(t)
	elsewhere := migrated(t, target)
	between := newPooler(t, target)
	db := opened(t, between.url)
	db.EnableSessionCache(8<<20, slog.New(slog.DiscardHandler))
	_, session := member(t, elsewhere)
	awaitKeeping(t, db, session)
	before := between.passed.Load()
	timer := time.NewTimer(3 * time.Second)
	defer timer.Stop()
	<-timer.C
	if n := between.passed.Load() - before; n > 1 { // the last may have been on its way
		t.Errorf("%d heartbeats came in 3 s in which nobody asked", n)
	}
}

// TestWhoeverChangesASessionIsHeard changes rows as somebody at the prompt would.
func TestWhoeverChangesASessionIsHeard(t *testing.T) {
	target := pgtest.URL(t)
	elsewhere := migrated(t, target)
	db := keeping(t, target)
	for _, statement := range []string{
		"DELETE FROM sessions", "TRUNCATE sessions CASCADE", "UPDATE users SET disabled_at = '2026-01-01T00:00:00Z'",
		"UPDATE sessions SET ends_at = '2026-01-01T00:00:00Z'", "DELETE FROM users", "UPDATE users SET role = 'ADMIN'",
		"DELETE FROM passwords", "TRUNCATE passwords",
	} {
		t.Run(statement, func(t *testing.T) {
			_, session := member(t, elsewhere)
			awaitKeeping(t, db, session)
			if _, err := elsewhere.Bun().NewRaw(statement).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			await(t, "as it is stored", func() bool {
				kept, keptUser, errKept := db.RecentSessionByID(t.Context(), session.ID)
				stored, storedUser, err := elsewhere.SessionByID(t.Context(), session.ID)
				if err != nil || errKept != nil {
					return errors.Is(err, auth.ErrNotFound) && errors.Is(errKept, auth.ErrNotFound)
				}
				return kept.EndsAt.Equal(stored.EndsAt) && *keptUser == *storedUser
			})
		})
	}
	t.Run("but not who is seen", func(t *testing.T) {
		_, session := member(t, elsewhere)
		awaitKeeping(t, db, session)
		_, misses, _ := db.SessionCacheStats()
		if err := elsewhere.TouchSession(t.Context(), session.ID, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		_, marker := member(t, elsewhere)
		awaitKeeping(t, db, marker)
		if err := elsewhere.EndSession(t.Context(), marker.ID); err != nil {
			t.Fatal(err)
		}
		await(t, "past it", func() bool { // notices arrive in order
			_, _, err := db.RecentSessionByID(t.Context(), marker.ID)
			return errors.Is(err, auth.ErrNotFound)
		})
		_, before, _ := db.SessionCacheStats()
		if _, _, err := db.RecentSessionByID(t.Context(), session.ID); err != nil {
			t.Fatal(err)
		}
		if _, after, _ := db.SessionCacheStats(); after != before {
			t.Errorf("the database was asked for a session that was only seen (%d, %d, %d)", misses, before, after)
		}
	})
}
