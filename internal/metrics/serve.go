package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// scrapesAtOnce bounds how many scrape at once; more are told to come back (503).
const scrapesAtOnce = 4

// Handler returns what answers GET /metrics, and nothing else.
func (m *Metrics) Handler(logger *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            errorLog{logger},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: scrapesAtOnce,
	}))
	return mux
}

// forHosts refuses requests for hosts that are not allowed: a page of another site may have its name lead
// here (DNS rebinding).
func forHosts(allowed func(host string) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed(r.Host) {
			http.Error(w, "Metrics do not answer to this host name. Ask by an IP address, or add the name to LATCHKEY_ALLOWED_HOSTS.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Serve answers on the listener until ctx ends, to requests for the hosts that are allowed, and closes it.
// It returns nil after that.
func (m *Metrics) Serve(ctx context.Context, listener net.Listener, allowed func(host string) bool, logger *slog.Logger) error {
	server := &http.Server{
		Handler:           forHosts(allowed, m.Handler(logger)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       2 * time.Minute, // a scraper comes about every 15 s
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve metrics: %w", err)
	case <-ctx.Done():
	}
	if err := server.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("stop metrics: %w", err)
	}
	return nil
}

// errorLog is the log that promhttp wants.
type errorLog struct{ logger *slog.Logger }

// Println implements promhttp.Logger.
func (l errorLog) Println(v ...any) {
	l.logger.Warn("metrics", "error", fmt.Sprint(v...))
}
