package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// keptFor is how long a session is kept before the database is asked for it anew, whatever was heard or
// not heard of it: no change is missed for longer.
const keptFor = 10 * time.Second

// keptWeight is what a session with its user takes in memory, but for its texts, in bytes; each of its
// two keys counts for half of it.
const keptWeight = 1200

// keptUsers is how many numbers there are of changes of users. Some users share one, and a change of one
// of them makes the database be asked for the others too.
const keptUsers = 4096

// witness says whether everything that others have changed in the database, up to a moment ago, has been
// told to the keptSessions. What it vouches for is answered from memory.
type witness interface {
	vouches(ctx context.Context) bool
	close()
}

// keptSessions keeps in memory, for a moment, the sessions that were asked for, each with its user.
//
// A change is not looked up in what is kept: it gets a number, and what was asked for under an earlier
// number than that of the last change of its user counts for nothing. So an answer that was on its way
// while the change was made is void too, whichever of the two arrives first.
type keptSessions struct {
	entries *otter.Cache[keptKey, *keptSession]
	witness witness

	changes atomic.Uint64            // how many there were so far
	ofAll   atomic.Uint64            // the last of them that was about everybody
	ofUsers [keptUsers]atomic.Uint64 // the last of them that was about the users with this number

	hits, misses, doubts atomic.Uint64
}

// keptKey is the digest of a session's token, or its id.
type keptKey struct {
	isID bool
	key  [32]byte
}

func digestKey(digest []byte) (key keptKey) {
	copy(key.key[:], digest)
	return key
}

func idKey(id uuid.UUID) (key keptKey) {
	key.isID = true
	copy(key.key[:], id[:])
	return key
}

type keptSession struct {
	session auth.Session
	user    auth.User
	asked   uint64 // how many changes there were when the database was asked
	until   time.Time
	seen    atomic.Int64 // when it was last seen by this process, in µs since 1970; 0: no later than the database knew
}

// found returns copies, which the caller may change.
func (s *keptSession) found() (*auth.Session, *auth.User) {
	session, user := s.session, s.user
	if seen := time.UnixMicro(s.seen.Load()).UTC(); seen.After(session.LastSeenAt) {
		session.LastSeenAt = seen
	}
	return &session, &user
}

func newKeptSessions(bytes int64) *keptSessions {
	k := &keptSessions{}
	k.entries = otter.Must(&otter.Options[keptKey, *keptSession]{
		MaximumWeight:    uint64(bytes), //nolint:gosec // the settings bound it
		ExpiryCalculator: otter.ExpiryWriting[keptKey, *keptSession](keptFor),
		Weigher: func(_ keptKey, s *keptSession) uint32 {
			texts := len(s.user.Profile) + len(s.user.Name) + len(s.user.PasswordHash) + 2*len(s.user.Email.Address) + len(s.session.UserAgent)
			return uint32(keptWeight+texts) / 2 //nolint:gosec // the texts are bounded, far below
		},
	})
	return k
}

// find returns a session from memory, or asks for it and keeps it.
func (k *keptSessions) find(ctx context.Context, key keptKey, ask func() (*auth.Session, *auth.User, error)) (*auth.Session, *auth.User, error) {
	certain := k.witness.vouches(ctx)
	asked, until := k.changes.Load(), time.Now().Add(keptFor)
	if certain {
		if kept, ok := k.entries.GetIfPresent(key); ok && k.holds(kept) {
			k.hits.Add(1)
			session, user := kept.found()
			return session, user, nil
		}
		k.misses.Add(1)
	} else {
		k.doubts.Add(1)
	}
	session, user, err := ask()
	if err != nil {
		k.drop(key)
		return nil, nil, err
	}
	kept := &keptSession{session: *session, user: *user, asked: asked, until: until}
	k.entries.Set(digestKey(session.TokenDigest), kept)
	k.entries.Set(idKey(session.ID), kept)
	return session, user, nil
}

// drop forgets a session that was not found.
func (k *keptSessions) drop(key keptKey) {
	if kept, ok := k.entries.Invalidate(key); ok {
		k.entries.Invalidate(digestKey(kept.session.TokenDigest))
		k.entries.Invalidate(idKey(kept.session.ID))
	}
}

// close forgets everything.
func (k *keptSessions) close() {
	k.witness.close()
	k.entries.InvalidateAll()
	k.entries.StopAllGoroutines()
}

// holds reports whether what is kept is still so, as far as is known.
func (k *keptSessions) holds(kept *keptSession) bool {
	return kept.asked >= k.ofUser(kept.user.ID).Load() && kept.asked >= k.ofAll.Load() && time.Now().Before(kept.until)
}

func (k *keptSessions) ofUser(id uuid.UUID) *atomic.Uint64 {
	return &k.ofUsers[binary.BigEndian.Uint64(id[8:])%keptUsers] // those bits of a UUIDv7 are random
}

// changed voids what is kept of a user, or of everybody for uuid.Nil, which is nobody's. It comes after
// the change was made.
func (k *keptSessions) changed(user uuid.UUID) {
	if user == uuid.Nil {
		k.changedAll()
		return
	}
	raise(k.ofUser(user), k.changes.Add(1))
}

// changedAll voids everything that is kept.
func (k *keptSessions) changedAll() { raise(&k.ofAll, k.changes.Add(1)) }

// raise sets a number unless it is higher already.
func raise(number *atomic.Uint64, to uint64) {
	for {
		now := number.Load()
		if now >= to || number.CompareAndSwap(now, to) {
			return
		}
	}
}

// seen notes that a session was seen.
func (k *keptSessions) seen(id uuid.UUID, at time.Time) {
	kept, ok := k.entries.GetIfPresent(idKey(id))
	if !ok {
		return
	}
	for micros := at.UnixMicro(); ; {
		before := kept.seen.Load()
		if before >= micros || kept.seen.CompareAndSwap(before, micros) {
			return
		}
	}
}

// KeepSessions writes down when sessions were seen many at a time from now on, within a second or so; and
// it answers RecentSessionByDigest and RecentSessionByID from memory, of which it takes so many bytes at
// most, wherever it is certain that the database would say the same; none, if those are 0. It must be called
// once, before the database is used by others, and ends with Close. The logger is told when nothing can be
// kept, and why.
func (db *DB) KeepSessions(bytes int64, logger *slog.Logger) {
	db.touches = newTouches(db.writeTouches)
	if bytes == 0 {
		return
	}
	db.kept = newKeptSessions(bytes)
	if db.kind == Postgres {
		db.kept.witness = listenForNotices(db, db.kept, logger)
	} else {
		db.kept.witness = newFileVersion(db, db.kept)
	}
}

// KeptSessions says how often a session was asked for that was in memory, how often for one that was
// not, and how often nothing was vouched for; all are 0 without KeepSessions.
func (db *DB) KeptSessions() (hits, misses, doubts uint64) {
	if db.kept == nil {
		return 0, 0, 0
	}
	return db.kept.hits.Load(), db.kept.misses.Load(), db.kept.doubts.Load()
}

// RecentSessionByDigest is SessionByDigest, from memory if it can be.
func (c *conn) RecentSessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	ask := func() (*auth.Session, *auth.User, error) { return c.SessionByDigest(ctx, digest) }
	if c.kept == nil || len(digest) != len(keptKey{}.key) {
		return ask()
	}
	return c.kept.find(ctx, digestKey(digest), ask)
}

// RecentSessionByID is SessionByID, from memory if it can be.
func (c *conn) RecentSessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	ask := func() (*auth.Session, *auth.User, error) { return c.SessionByID(ctx, id) }
	if c.kept == nil {
		return ask()
	}
	return c.kept.find(ctx, idKey(id), ask)
}

// changed notes that a user, their password or one of their sessions is not what it was: at once, or
// inside of a transaction for when that has ended.
func (c *conn) changed(user uuid.UUID) {
	switch {
	case c.pool == nil:
		c.changes = append(c.changes, user)
	case c.kept != nil:
		c.kept.changed(user)
	}
}

// changedBy is changed by a statement that returned the user or failed. One that failed otherwise than by
// finding nothing may have changed somebody nevertheless.
func (c *conn) changedBy(user uuid.UUID, err error) {
	if !errors.Is(err, sql.ErrNoRows) {
		c.changed(user)
	}
}

// changedAll is changed of everybody, for whom uuid.Nil stands.
func (c *conn) changedAll() { c.changed(uuid.Nil) }

// tellKept tells of what was changed in a transaction that has ended, however it did: whether one was
// committed whose end was not heard is not known.
func (c *conn) tellKept(tx *conn) {
	if c.kept == nil {
		return
	}
	for _, user := range tx.changes {
		c.kept.changed(user)
	}
}
