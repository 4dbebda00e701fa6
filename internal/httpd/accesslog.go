package httpd

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// countingWriter is a ResponseWriter that counts what was sent, for the log and the observers.
type countingWriter struct {
	http.ResponseWriter
	status int   // zero: nothing was sent yet
	bytes  int64 // of the body
	cut    bool  // the connection was ended in the middle

	stopping *atomic.Bool // the server is, and the client is to come back on another connection
}

// begin takes down the status of the answer. Only here, at its last moment, is looked whether the server
// is stopping: whose answer was too early to say so has all of the drain time to ask once more.
func (w *countingWriter) begin(status int) {
	w.status = status
	if w.stopping.Load() {
		w.Header().Set("Connection", "close")
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *countingWriter) WriteHeader(status int) {
	final := status >= http.StatusOK || status == http.StatusSwitchingProtocols
	if w.status == 0 && final {
		w.begin(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *countingWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.begin(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// FlushError is how http.ResponseController flushes. What is flushed has begun, with a status.
func (w *countingWriter) FlushError() error {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach what the connection can do.
func (w *countingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sent returns the status that the client was sent, and 0 if the connection was cut before that.
func (w *countingWriter) sent() int {
	if w.status == 0 && !w.cut {
		return http.StatusOK // as net/http does for a handler that wrote nothing
	}
	return w.status
}

// logAccess writes one line about a request that is done. Of what the client chose it says only what
// cannot hold a secret: the route instead of the path, the method if it is a common one, the names
// that the schema has for what was asked, and the accounts that were named in the form that the
// operator wants; never the query, a header or a body.
func (s *Server) logAccess(w *countingWriter, r *http.Request, report *auth.Report, start time.Time) {
	level := slog.LevelInfo
	if r.Pattern == "/healthz" || r.Pattern == "/readyz" {
		level = slog.LevelDebug // several a minute from every load balancer
	}
	// Not by the Logger's own methods, which look for the line of code that logs.
	log := s.config.Logger.Handler()
	if !log.Enabled(r.Context(), level) {
		return
	}
	now := time.Now()
	attributes := append(make([]slog.Attr, 0, 10),
		slog.String("request_id", requestID(r)),
		slog.String("method", knownMethod(r.Method)),
		slog.String("route", r.Pattern),
		slog.Int("status", w.sent()),
		slog.Int64("bytes", w.bytes),
		slog.Duration("duration", now.Sub(start)),
	)
	operation, outcome := report.Operation()
	for _, told := range [...][2]string{{"operation", operation}, {"outcome", outcome}, {"account", s.accounts(report)}} {
		if told[1] != "" {
			attributes = append(attributes, slog.String(told[0], told[1]))
		}
	}
	if w.cut {
		attributes = append(attributes, slog.Bool("cut", true))
	}
	record := slog.NewRecord(now, level, "request", 0)
	record.AddAttrs(attributes...)
	_ = log.Handle(r.Context(), record) // a Logger does not tell either
}

// knownMethod returns the method, or OTHER for one that HTTP does not define: it can be any word.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "OTHER"
	}
}
