package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/metrics"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/trace"
)

// observation is what watches the server, if it is turned on: metrics and traces.
type observation struct {
	metrics  *metrics.Metrics // nil: none
	listener net.Listener     // of metrics
	tracer   *trace.Tracer    // nil: none
	logger   *slog.Logger
	version  string
	hosts    *httpd.Hosts // by whose names metrics are to be had
}

// observe takes the address of the metrics and starts the tracer. Nothing is watched yet.
func (a *App) observe(ctx context.Context) error {
	o := &observation{logger: a.logger, version: a.env.Version(), hosts: metricsHosts(a.cfg)}
	a.observation = o
	wanted, warning := trace.Wanted(a.env.Getenv)
	if warning != "" {
		o.logger.Warn(warning)
	}
	if a.cfg.MetricsAddr != "" {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.MetricsAddr)
		if err != nil {
			return fmt.Errorf("listen for metrics on %s: %w\nAnother program may have the port: choose one with LATCHKEY_METRICS_ADDR", a.cfg.MetricsAddr, err)
		}
		o.listener = listener
		o.logger.Info("metrics", "addr", listener.Addr().String())
	}
	if wanted {
		tracer, err := trace.New(ctx, o.version, o.logger)
		if err != nil {
			return err
		}
		o.tracer = tracer
		o.logger.Info("traces are sent by OTLP")
	}
	return nil
}

// watch begins to watch the database, the hashes and the acts of the domain. It comes before anything
// uses them.
func (o *observation) watch(d *domain, db *store.DB) {
	if o.listener != nil {
		o.metrics = metrics.New(metrics.Sources{
			Version:   o.version,
			HashQueue: func() (waiting, most int) { return d.hasher.Waiting(), d.hasher.MostWaiting() },
			Ping:      db.Ping,
			Outbox:    db.OutboxDepth,
			Pools:     func() []metrics.Pool { return poolsOf(db) },
			Sessions:  db.SessionCacheStats,
		})
		d.policy.Observer = o.metrics
		d.hasher.Observe(o.metrics.Hashed)
	}
	if o.tracer != nil {
		d.hasher.Observe(o.tracer.Hashed)
		db.Observe(func(ctx context.Context, s store.Statement) {
			o.tracer.Statement(ctx, db.Kind(), s.Verb, s.Table, s.Begun, s.Failed)
		})
	}
}

func poolsOf(db *store.DB) []metrics.Pool {
	var pools []metrics.Pool
	for _, pool := range db.Pools() {
		pools = append(pools, metrics.Pool(pool))
	}
	return pools
}

// observer is what watches all that happens between a request and its mail.
type observer interface {
	httpd.Observer
	graph.Observer
	mail.Observer
}

// observers returns those who watch, the tracer first: what the others do is part of its spans.
func observers[T any](o *observation) []T {
	var all []T
	add := func(who observer) {
		if who, ok := who.(T); ok {
			all = append(all, who)
		}
	}
	if o.tracer != nil {
		add(o.tracer)
	}
	if o.metrics != nil {
		add(o.metrics)
	}
	return all
}

// serve answers those who scrape until ctx ends.
func (o *observation) serve(ctx context.Context) error {
	if o.metrics == nil {
		<-ctx.Done()
		return nil
	}
	return o.metrics.Serve(ctx, o.listener, o.hosts.Allow, o.logger)
}

// close sends the last spans, and gives up the address if nothing was served on it. That a collector does
// not answer is logged: the server has done its work.
func (o *observation) close(ctx context.Context) error {
	if o.tracer != nil {
		if err := o.tracer.Close(ctx); err != nil {
			o.logger.Warn(err.Error())
		}
	}
	if o.listener == nil {
		return nil
	}
	if err := o.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("stop metrics: %w", err)
	}
	return nil
}

// accountName is how the log names accounts: an address in clear if the operator wants it so, and
// everything else by its fingerprint. A username is never in clear: people type passwords into that field.
func accountName(cfg *config.Config, key secret.Key) func(string) string {
	fingerprints := secret.NewFingerprintKey(key, "log")
	return func(account string) string {
		if _, err := address.ParseEmail(account); err == nil && cfg.LogPII {
			return account
		}
		return fingerprints.Fingerprint(account).Short()
	}
}
