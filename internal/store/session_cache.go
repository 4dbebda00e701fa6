package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/maypok86/otter/v2"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// cacheFor is how long a session is kept before the database is asked for it again, whatever the
// invalidator has told: no change is missed for longer.
const cacheFor = 10 * time.Second

// cachedWeight is what a session with its user takes in memory, but for its texts, in bytes; each of its
// two keys counts for half of it.
const cachedWeight = 1200

// invalidator tells the sessionCache of everything that others change in the database.
type invalidator interface {
	// current reports whether it has told of every change up to a moment ago. Only then does the cache
	// answer.
	current(ctx context.Context) bool
	close()
}

// sessionCache keeps in memory, for a moment, the sessions that were asked for, each with its user. What
// was read before the last change of its user counts for nothing (see revisions).
type sessionCache struct {
	entries     *otter.Cache[cacheKey, *cachedSession]
	invalidator invalidator
	revisions   revisions
	watch       *sessionWatch // is told of the changes too

	hits, misses, uncertain atomic.Uint64
}

// cacheKey is the digest of a session's token, or its id.
type cacheKey struct {
	isID bool
	key  [32]byte
}

func digestKey(digest []byte) (key cacheKey) {
	copy(key.key[:], digest)
	return key
}

func idKey(id uuid.UUID) (key cacheKey) {
	key.isID = true
	copy(key.key[:], id[:])
	return key
}

type cachedSession struct {
	session auth.Session
	user    auth.User
	read    revision // when the database was asked
	until   time.Time
	seen    atomic.Int64 // when it was last seen by this process, in µs since 1970; 0: no later than the database knew
}

// copies returns the session and its user, which the caller may change.
func (s *cachedSession) copies() (*auth.Session, *auth.User) {
	session, user := s.session, s.user
	if seen := time.UnixMicro(s.seen.Load()).UTC(); seen.After(session.LastSeenAt) {
		session.LastSeenAt = seen
	}
	return &session, &user
}

func newSessionCache(bytes int64, watch *sessionWatch) *sessionCache {
	k := &sessionCache{watch: watch}
	k.entries = otter.Must(&otter.Options[cacheKey, *cachedSession]{
		MaximumWeight:    uint64(bytes), //nolint:gosec // the settings bound it
		ExpiryCalculator: otter.ExpiryWriting[cacheKey, *cachedSession](cacheFor),
		Weigher: func(_ cacheKey, s *cachedSession) uint32 {
			texts := len(s.user.Profile) + len(s.user.Name) + len(s.user.PasswordHash) + 2*len(s.user.Email.Address) + len(s.session.UserAgent)
			return uint32(cachedWeight+texts) / 2 //nolint:gosec // the texts are bounded, far below
		},
	})
	return k
}

// find returns a session from memory, or else asks the database and keeps the answer.
func (k *sessionCache) find(ctx context.Context, key cacheKey, ask func() (*auth.Session, *auth.User, error)) (*auth.Session, *auth.User, error) {
	current := k.invalidator.current(ctx)
	read, until := k.revisions.latest(), time.Now().Add(cacheFor)
	if current {
		if cached, ok := k.entries.GetIfPresent(key); ok && k.valid(cached) {
			k.hits.Add(1)
			session, user := cached.copies()
			return session, user, nil
		}
		k.misses.Add(1)
	} else {
		k.uncertain.Add(1)
	}
	session, user, err := ask()
	if err != nil {
		k.drop(key)
		return nil, nil, err
	}
	if session.Impersonated() { // it also ends with what is known of another user
		return session, user, nil
	}
	cached := &cachedSession{session: *session, user: *user, read: read, until: until}
	k.entries.Set(digestKey(session.TokenDigest), cached)
	k.entries.Set(idKey(session.ID), cached)
	return session, user, nil
}

// drop forgets a session that was not found.
func (k *sessionCache) drop(key cacheKey) {
	if cached, ok := k.entries.Invalidate(key); ok {
		k.entries.Invalidate(digestKey(cached.session.TokenDigest))
		k.entries.Invalidate(idKey(cached.session.ID))
	}
}

// close forgets everything.
func (k *sessionCache) close() {
	k.invalidator.close()
	k.entries.InvalidateAll()
	k.entries.StopAllGoroutines()
}

// valid reports whether nothing is known that makes a cached session outdated.
func (k *sessionCache) valid(cached *cachedSession) bool {
	return k.revisions.unchangedSince(cached.read, cached.user.ID) && time.Now().Before(cached.until)
}

// changed voids what is cached of a user, or everything for uuid.Nil, which is no user's. It comes after
// the change was made.
func (k *sessionCache) changed(user uuid.UUID) {
	k.revisions.change(user)
	k.watch.tell(user)
}

// changedAll voids everything that is cached.
func (k *sessionCache) changedAll() { k.changed(uuid.Nil) }

// seen notes that a session was seen.
func (k *sessionCache) seen(id uuid.UUID, at time.Time) {
	cached, ok := k.entries.GetIfPresent(idKey(id))
	if !ok {
		return
	}
	for micros := at.UnixMicro(); ; {
		before := cached.seen.Load()
		if before >= micros || cached.seen.CompareAndSwap(before, micros) {
			return
		}
	}
}

// EnableSessionCache writes down when sessions were seen, many at a time, within a second or so; and it
// answers RecentSessionByDigest and RecentSessionByID from memory, of which it takes so many bytes at
// most, wherever it is certain that the database would say the same; none, if those are 0. It must be called
// once, before the database is used by others, and ends with Close. The logger is told when nothing can be
// kept, and why.
func (db *DB) EnableSessionCache(bytes int64, logger *slog.Logger) {
	db.touches = newTouches(db.writeTouches)
	if bytes == 0 {
		return
	}
	db.cache = newSessionCache(bytes, db.watch)
	if db.kind == Postgres {
		db.cache.invalidator = listenForNotices(db, db.cache, logger)
	} else {
		db.cache.invalidator = newFileVersion(db, db.cache)
	}
	db.watch.current = db.cache.invalidator.current
}

// SessionCacheStats returns how often a session was in memory, how often it was not, and how often it was
// uncertain whether what is in memory was current; all are 0 without EnableSessionCache.
func (db *DB) SessionCacheStats() (hits, misses, uncertain uint64) {
	if db.cache == nil {
		return 0, 0, 0
	}
	return db.cache.hits.Load(), db.cache.misses.Load(), db.cache.uncertain.Load()
}

// RecentSessionByDigest is SessionByDigest, from memory if it can be.
func (c *conn) RecentSessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	ask := func() (*auth.Session, *auth.User, error) { return c.SessionByDigest(ctx, digest) }
	if c.cache == nil || len(digest) != len(cacheKey{}.key) {
		return ask()
	}
	return c.cache.find(ctx, digestKey(digest), ask)
}

// RecentSessionByID is SessionByID, from memory if it can be.
func (c *conn) RecentSessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	ask := func() (*auth.Session, *auth.User, error) { return c.SessionByID(ctx, id) }
	if c.cache == nil {
		return ask()
	}
	return c.cache.find(ctx, idKey(id), ask)
}

// changed notes that a user, their password or one of their sessions is not what it was: at once, or
// inside of a transaction for when that has ended.
func (c *conn) changed(user uuid.UUID) {
	if c.pool == nil {
		c.changes = append(c.changes, user)
		return
	}
	c.void(user)
}

// changedBy is changed by a statement that returned the user or failed. One that failed otherwise than by
// finding nothing may have changed a user nevertheless.
func (c *conn) changedBy(user uuid.UUID, err error) {
	if !errors.Is(err, sql.ErrNoRows) {
		c.changed(user)
	}
}

// changedAll is changed for all users, for whom uuid.Nil stands.
func (c *conn) changedAll() { c.changed(uuid.Nil) }

// void forgets what is kept of a user who has changed, all users for uuid.Nil, and tells those who watch.
func (c *conn) void(user uuid.UUID) {
	if c.cache != nil {
		c.cache.changed(user)
		return
	}
	c.watch.tell(user)
}

// voidChanged voids what a transaction that has ended may have changed. It does so even if the end failed,
// because such a transaction may have been committed all the same.
func (c *conn) voidChanged(tx *conn) {
	for _, user := range tx.changes {
		c.void(user)
	}
}
