package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// How the database and the outbox are asked: not more often than this, and each not for longer.
const (
	outboxKept    = 5 * time.Second
	outboxTimeout = 2 * time.Second
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(namespace+name, help, labels, nil)
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

// queueCollector shows the queue of password hashes.
type queueCollector struct {
	ask         func() (waiting, most int)
	depth, most *prometheus.Desc
}

func newQueue(ask func() (waiting, most int)) *queueCollector {
	return &queueCollector{
		ask:   ask,
		depth: desc("password_hash_queue_depth", "How many callers wait for a password hash."),
		most:  desc("password_hash_queue_limit", "How many callers may wait for a password hash; one more is refused."),
	}
}

// Describe implements prometheus.Collector.
func (q *queueCollector) Describe(to chan<- *prometheus.Desc) { describe(to, q.depth, q.most) }

// Collect implements prometheus.Collector.
func (q *queueCollector) Collect(to chan<- prometheus.Metric) {
	waiting, most := q.ask()
	to <- gauge(q.depth, float64(waiting))
	to <- gauge(q.most, float64(most))
}

// poolCollector shows the pools of database connections.
type poolCollector struct {
	ask                           func() []Pool
	open, most, waits, waitedTime *prometheus.Desc
}

func newPools(ask func() []Pool) *poolCollector {
	return &poolCollector{
		ask:        ask,
		open:       desc("database_connections", "Database connections by pool and state (in_use, idle).", "pool", "state"),
		most:       desc("database_connections_limit", "How many database connections a pool may have.", "pool"),
		waits:      desc("database_waits_total", "How often a database connection had to be waited for.", "pool"),
		waitedTime: desc("database_wait_seconds_total", "How long database connections were waited for, in seconds, all waits together.", "pool"),
	}
}

// Describe implements prometheus.Collector.
func (p *poolCollector) Describe(to chan<- *prometheus.Desc) {
	describe(to, p.open, p.most, p.waits, p.waitedTime)
}

// Collect implements prometheus.Collector.
func (p *poolCollector) Collect(to chan<- prometheus.Metric) {
	for _, pool := range p.ask() {
		to <- gauge(p.open, float64(pool.InUse), pool.Name, "in_use")
		to <- gauge(p.open, float64(pool.Idle), pool.Name, "idle")
		to <- gauge(p.most, float64(pool.Max), pool.Name)
		to <- prometheus.MustNewConstMetric(p.waits, prometheus.CounterValue, float64(pool.WaitedCount), pool.Name)
		to <- prometheus.MustNewConstMetric(p.waitedTime, prometheus.CounterValue, pool.Waited.Seconds(), pool.Name)
	}
}

// sessionCollector shows what became of looking for sessions in memory.
type sessionCollector struct {
	ask     func() (hits, misses, unvouched uint64)
	lookups *prometheus.Desc
}

func newSessions(ask func() (hits, misses, unvouched uint64)) *sessionCollector {
	return &sessionCollector{ask: ask, lookups: desc("session_cache_lookups_total",
		"How often a query's session was looked for in memory: hit, miss, or unvouched (the database was asked, because changes by others might not be known).", "result")}
}

// Describe implements prometheus.Collector.
func (s *sessionCollector) Describe(to chan<- *prometheus.Desc) { describe(to, s.lookups) }

// Collect implements prometheus.Collector.
func (s *sessionCollector) Collect(to chan<- prometheus.Metric) {
	if s.ask == nil {
		return
	}
	hits, misses, unvouched := s.ask()
	to <- prometheus.MustNewConstMetric(s.lookups, prometheus.CounterValue, float64(hits), "hit")
	to <- prometheus.MustNewConstMetric(s.lookups, prometheus.CounterValue, float64(misses), "miss")
	to <- prometheus.MustNewConstMetric(s.lookups, prometheus.CounterValue, float64(unvouched), "unvouched")
}

// outboxCollector shows whether the database answers and how much mail is owed, as asked at most outboxKept ago.
// When the mail cannot be counted, because the database does not answer or there is too much of it, nothing
// of it is shown: an old number would look like a new one.
type outboxCollector struct {
	ping                  func(ctx context.Context) error
	ask                   func(ctx context.Context, now time.Time) (auth.OutboxDepth, error)
	now                   func() time.Time
	mails, oldest, answer *prometheus.Desc

	mu    sync.Mutex // held while one asks, so that many scrapers are one
	asked time.Time
	up    bool
	depth *auth.OutboxDepth // nil: it could not be counted
}

func newOutbox(sources Sources, now func() time.Time) *outboxCollector {
	return &outboxCollector{
		ping: sources.Ping, ask: sources.Outbox, now: now,
		mails:  desc("outbox_mails", "Mails in the outbox of all servers together, by state: due, retrying (waiting for another attempt, or behind such a mail), abandoned (given up in the last 30 days).", "state"),
		oldest: desc("outbox_oldest_age_seconds", "How long the oldest mail that is due or retrying has been owed, in seconds; 0: there is none."),
		answer: desc("database_up", "1 if the database answered when it was last asked, a few seconds ago at most; 0 if not."),
	}
}

// Describe implements prometheus.Collector.
func (o *outboxCollector) Describe(to chan<- *prometheus.Desc) {
	describe(to, o.mails, o.oldest, o.answer)
}

// Collect implements prometheus.Collector.
func (o *outboxCollector) Collect(to chan<- prometheus.Metric) {
	up, depth := o.count()
	if !up {
		to <- gauge(o.answer, 0)
		return
	}
	to <- gauge(o.answer, 1)
	if depth == nil {
		return
	}
	age := 0.0
	if !depth.Oldest.IsZero() {
		age = max(0, o.now().Sub(depth.Oldest).Seconds())
	}
	to <- gauge(o.mails, float64(depth.Due), "due")
	to <- gauge(o.mails, float64(depth.Waiting), "retrying")
	to <- gauge(o.mails, float64(depth.Abandoned), "abandoned")
	to <- gauge(o.oldest, age)
}

func (o *outboxCollector) count() (up bool, depth *auth.OutboxDepth) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	if !o.asked.IsZero() && now.Sub(o.asked) < outboxKept {
		return o.up, o.depth
	}
	pinging, cancel := context.WithTimeout(context.Background(), outboxTimeout)
	defer cancel()
	o.up, o.depth = o.ping(pinging) == nil, nil
	if o.up {
		counting, cancel := context.WithTimeout(context.Background(), outboxTimeout)
		defer cancel()
		if depth, err := o.ask(counting, now.UTC()); err == nil {
			o.depth = &depth
		}
	}
	o.asked = o.now() // after the answers, so that what takes long is not asked for again at once
	return o.up, o.depth
}

func describe(to chan<- *prometheus.Desc, all ...*prometheus.Desc) {
	for _, d := range all {
		to <- d
	}
}
