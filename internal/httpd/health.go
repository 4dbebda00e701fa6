package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// readyTimeout is how long readiness waits for the database.
const readyTimeout = time.Second

// healthz answers as long as the process can: restarting it would mend nothing else.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	s.text(w, r, http.StatusOK, "ok")
}

// readyz tells a load balancer whether to send requests here: whether the next sign-in could work. The reason of a no is in plain words;
// details of the database are for the log.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		s.text(w, r, http.StatusServiceUnavailable, "not ready: this server is stopping")
		return
	}

	if err := s.isReady(r.Context()); err != nil {
		s.config.Logger.LogAttrs(r.Context(), slog.LevelWarn, "not ready",
			slog.String("request_id", requestID(r)), slog.String("error", err.Error()))
		s.text(w, r, http.StatusServiceUnavailable, "not ready: sign-ins would fail, because the database does not answer, takes no writes, has no room or lacks migrations; the log has the cause")
		return
	}
	s.text(w, r, http.StatusOK, "ready")
}

// isReady returns why requests cannot be served, or nil. It does not wait long.
func (s *Server) isReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	return s.config.Ready(ctx)
}
