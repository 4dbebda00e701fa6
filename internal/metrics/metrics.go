// Package metrics counts what the server does and shows it to Prometheus. It is told by the
// observers of the other packages and asks nobody but for a few gauges, when it is scraped.
//
// Whoever reads metrics may be anybody, and each combination of labels is kept in memory for ever. So
// no label holds anything that a client chose: all are names and codes of the program, and bounded in
// number even if a caller gets that wrong.
package metrics

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Sources are what is asked when somebody scrapes. All are needed.
type Sources struct {
	Version string
	// HashQueue returns how many wait for a password hash, and how many may.
	HashQueue func() (waiting, most int)
	// Ping asks the database whether it answers. It must return when its context ends.
	Ping func(ctx context.Context) error
	// Outbox counts the mail that is owed, for which it reads all of it. It must return when its context ends.
	Outbox func(ctx context.Context, now time.Time) (auth.OutboxDepth, error)
	// Pools returns the state of the pools of database connections, without asking the database.
	Pools func() []Pool
	// Sessions returns how often a session was answered for from memory, how often it was not in it, and how
	// often the database was asked because nothing was vouched for. Nil: none are kept in memory.
	Sessions func() (hits, misses, unvouched uint64)
}

// Pool is the state of one pool of connections.
type Pool struct {
	Name                                string // a constant of the program
	Max, Open, InUse, Idle, WaitedCount int64
	Waited                              time.Duration
}

// Metrics are all metrics of one server. It is an observer of the parts of the program, and safe for
// concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	logins, acts, limits    *prometheus.CounterVec
	hashes, mails           *prometheus.CounterVec
	hashWait, hashDuration  prometheus.Histogram
	operations, requests    *prometheus.CounterVec
	operationTime, httpTime *prometheus.HistogramVec
	known                   labelBounds
}

// New returns metrics that count from zero.
func New(sources Sources) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		logins:   counter("logins_total", "Attempts to log in, by way (password, code, ...) and outcome (ok, or the code of the problem).", "way", "outcome"),
		acts:     counter("acts_total", "Security-relevant acts, as the audit trail has them, by act and outcome.", "act", "outcome"),
		limits:   counter("limits_hit_total", "Attempts that a rate limit refused, by limit.", "limit"),
		hashes:   counter("password_hashes_total", "Password hashes by outcome: done, busy (refused, the queue was full or too slow), gone (nobody waits for it any more).", "outcome"),
		mails:    counter("mails_total", "Attempts to send a mail, by errand and outcome: sent, nobody (nobody is to get one), withheld (its address has had its share), retried, given_up, taken_over.", "errand", "outcome"),

		hashWait:     histogram("password_hash_wait_seconds", "How long a password hash waited for its turn, in seconds, refused ones included.", shortTimes),
		hashDuration: histogram("password_hash_duration_seconds", "How long a password hash took from its turn on, in seconds.", shortTimes),

		operations:    counter("graphql_operations_total", "GraphQL operations by root field (several: more than one; invalid: refused before it was run) and outcome (ok, a code, or several).", "operation", "outcome"),
		operationTime: histograms("graphql_duration_seconds", "How long a GraphQL operation took, in seconds, by root field.", "operation"),
		requests:      counter("http_requests_total", "HTTP requests by route and status (0: the connection was cut before there was one).", "route", "status"),
		httpTime:      histograms("http_request_duration_seconds", "How long an HTTP request took, in seconds, by route.", "route"),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: namespace + "build_info", Help: "Always 1; the labels say which version runs.",
		ConstLabels: prometheus.Labels{"version": sources.Version, "goversion": runtime.Version()},
	})
	build.Set(1)
	m.registry.MustRegister(
		m.logins, m.acts, m.limits, m.hashes, m.mails, m.hashWait, m.hashDuration,
		m.operations, m.operationTime, m.requests, m.httpTime, build,
		newQueue(sources.HashQueue), newPools(sources.Pools), newSessions(sources.Sessions), newOutbox(sources, time.Now),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	// What alerts look at is there before it happens, or the first time would go unseen.
	for _, outcome := range []string{hashDone, hashBusy, hashGone} {
		m.hashes.WithLabelValues(outcome)
	}
	return m
}

const namespace = "latchkey_"

// Bounds of the buckets in seconds.
var (
	shortTimes = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, .75, 1, 2.5}
	longTimes  = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}
)

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: namespace + name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: namespace + name, Help: help, Buckets: buckets})
}

func histograms(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: namespace + name, Help: help, Buckets: longTimes}, labels)
}
