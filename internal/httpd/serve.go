package httpd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxHeaderBytes bounds the headers of a request.
const maxHeaderBytes = 16 << 10

// Timeouts bound how long a client can keep the server busy, and how long stopping takes. Zero means
// the default that stands beside each.
type Timeouts struct {
	ReadHeader time.Duration // 5 s
	Read       time.Duration // 15 s, for the whole request
	Write      time.Duration // 30 s, from the end of the headers to the end of the answer
	Idle       time.Duration // 120 s, between two requests on a connection
	Grace      time.Duration // 10 s, for requests in flight when the server stops
	// Request is how long one may be worked on, 20 s: what it waits for, a database that is frozen,
	// say, is given up then.
	Request time.Duration
	// Drain is how long a server that was told to stop still takes requests, while /readyz says
	// no, so that load balancers that ask can look elsewhere. By default it does not wait.
	Drain time.Duration
}

// Serve answers requests that come in on the listener, by https if there is a certificate, until ctx
// ends, and then stops: readiness says no at once, no new connections are taken after the drain time,
// and requests in flight have the grace time to finish. It closes the listener.
//
// It returns nil after a clean stop, and an error if serving failed or if requests had to be cut off.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	t := s.config.Timeouts
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: cmp.Or(t.ReadHeader, 5*time.Second),
		ReadTimeout:       cmp.Or(t.Read, 15*time.Second),
		WriteTimeout:      cmp.Or(t.Write, 30*time.Second),
		IdleTimeout:       cmp.Or(t.Idle, 120*time.Second),
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(serverLog{s.config.Logger}, "", 0),
		// OPTIONS * gets our headers and our log like everything else.
		DisableGeneralOptionsHandler: true,
	}
	serve := server.Serve
	if s.config.Certificate != nil {
		server.TLSConfig = s.config.Certificate.config()
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") } // with HTTP/2
	}
	server.RegisterOnShutdown(s.end)
	ended := make(chan error, 1)
	go func() { ended <- serve(listener) }()

	select {
	case err := <-ended:
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	// From now on each answer asks its client not to come back on this connection (see answer). It is
	// not closed before that: a request may be on its way on it.
	if t.Drain > 0 {
		drained := time.NewTimer(t.Drain)
		defer drained.Stop()
		select {
		case err := <-ended:
			return fmt.Errorf("serve http: %w", err)
		case <-drained.C:
		}
	}

	grace := cmp.Or(t.Grace, 10*time.Second)
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		return fmt.Errorf("stop http: requests were cut off after %v: %w", grace, errors.Join(err, server.Close()))
	}
	return nil
}

// serverLog takes the lines of net/http's log. They are warnings, except that of a failed handshake: anyone
// can cause those, as many as they like, and any check of an open port does.
type serverLog struct{ logger *slog.Logger }

// Write implements io.Writer; it is called with one line at a time.
func (l serverLog) Write(line []byte) (int, error) {
	text, level := strings.TrimSuffix(string(line), "\n"), slog.LevelWarn
	if strings.HasPrefix(text, "http: TLS handshake error") {
		level = slog.LevelDebug
	}
	l.logger.Log(context.Background(), level, text)
	return len(line), nil
}
