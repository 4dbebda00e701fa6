package httpd

import (
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// answer is a response that remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int   // zero: nothing was sent yet
	bytes  int64 // of the body
	cut    bool  // the connection was ended in the middle

	stopping *atomic.Bool // the server is, and the client is to come back on another connection
}

// begin takes down the status of the answer. Only here, at its last moment, is looked whether the server
// is stopping: whose answer was too early to say so has all of the drain time to ask once more.
func (a *answer) begin(status int) {
	a.status = status
	if a.stopping.Load() {
		a.Header().Set("Connection", "close")
	}
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	final := status >= http.StatusOK || status == http.StatusSwitchingProtocols
	if a.status == 0 && final {
		a.begin(status)
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.begin(http.StatusOK)
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// FlushError is how http.ResponseController flushes. What is flushed has begun, with a status.
func (a *answer) FlushError() error {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach what the connection can do.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// sent returns the status that the client was sent, and 0 if the connection was cut before that.
func (a *answer) sent() int {
	if a.status == 0 && !a.cut {
		return http.StatusOK // as net/http does for a handler that wrote nothing
	}
	return a.status
}

// logAccess writes one line about a request that is done. Of what the client chose it says only what
// cannot hold a secret: the route instead of the path, the method if it is a common one, the names
// that the schema has for what was asked, and the accounts that were named in the form that the
// operator wants; never the query, a header or a body.
func (s *Server) logAccess(a *answer, r *http.Request, report *auth.Report, start time.Time) {
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
		slog.Int("status", a.sent()),
		slog.Int64("bytes", a.bytes),
		slog.Duration("duration", now.Sub(start)),
	)
	operation, outcome := report.Operation()
	for _, told := range [...][2]string{{"operation", operation}, {"outcome", outcome}, {"account", s.accounts(report)}} {
		if told[1] != "" {
			attributes = append(attributes, slog.String(told[0], told[1]))
		}
	}
	if a.cut {
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
