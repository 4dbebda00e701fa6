package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/metrics"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/trace"
)

// BenchmarkWatching asks who one is, front to back but for the network, on a server that nobody watches,
// and on one that is watched. What watching costs is the difference.
func BenchmarkWatching(b *testing.B) {
	for _, c := range []struct {
		name            string
		counted, traced bool
	}{{"unwatched", false, false}, {"metrics", true, false}, {"metrics and traces", true, true}} {
		b.Run(c.name, func(b *testing.B) {
			db := authtest.SQLite(b)
			config := authtest.Mandatory
			front := httpd.Config{ProductName: "Latchkey", Ready: db.Ping, Logger: slog.New(slog.DiscardHandler)}
			var options graph.Options
			if c.traced {
				tracer := collected(b)
				front.Observers, options.Observers = append(front.Observers, tracer), append(options.Observers, tracer)
				db.Observe(func(ctx context.Context, s store.Statement) {
					tracer.Statement(ctx, db.Kind(), s.Verb, s.Table, s.Begun, s.Failed)
				})
			}
			if c.counted {
				m := metrics.New(metrics.Sources{HashQueue: func() (int, int) { return 0, 0 }, Ping: db.Ping, Outbox: db.OutboxDepth, Pools: func() []metrics.Pool { return nil }})
				config.Observer = m
				front.Observers, options.Observers = append(front.Observers, m), append(options.Observers, m)
			}
			world := authtest.New(b, db, config)
			world.Join(b, "ada@example.com", "correct horse battery")
			_, token := world.LogIn(b, "ada@example.com", "correct horse battery")
			front.GraphQL = graph.NewHandler(world.Service, slog.New(slog.DiscardHandler), options)
			front.Accounts, front.AccountName = world, func(key string) string { return secret.NewFingerprintKey(world.Key, "log").Fingerprint(key).Short() }
			server, err := httpd.New(front)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", strings.NewReader(`{"query": "{ me { email name } }"}`))
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("Authorization", "Bearer "+token.Reveal())
				recorder := httptest.NewRecorder()
				server.ServeHTTP(recorder, r)
				if recorder.Code != http.StatusOK || !strings.Contains(recorder.Body.String(), "ada@example.com") {
					b.Fatalf("the answer is %d", recorder.Code)
				}
			}
		})
	}
}

// collected returns a tracer whose spans somebody takes.
func collected(b *testing.B) *trace.Tracer {
	b.Helper()
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	b.Cleanup(collector.Close)
	b.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracer, err := trace.New(b.Context(), "test", slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := tracer.Close(b.Context()); err != nil {
			b.Error(err)
		}
	})
	return tracer
}
