package trace

import (
	"log/slog"
	"regexp"
	"sync"
	"time"
)

// logEvery is how often it is logged that spans cannot be sent.
const logEvery = time.Minute

// errorHandler logs what goes wrong with sending spans, the first time and then once in a while: a
// collector that is down fails several times a minute.
type errorHandler struct {
	logger *slog.Logger
	now    func() time.Time

	mu   sync.Mutex
	last time.Time
}

func newErrorHandler(logger *slog.Logger, now func() time.Time) *errorHandler {
	return &errorHandler{logger: logger, now: now}
}

// Handle implements otel.ErrorHandler.
func (c *errorHandler) Handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if err == nil || !c.last.IsZero() && now.Sub(c.last) < logEvery {
		return
	}
	c.last = now
	c.logger.Warn("traces: spans are not sent; nothing else suffers from it", "error", withoutURLs(err))
}

var anyURL = regexp.MustCompile(`[a-zA-Z]+://[^\s"]+`)

// withoutURLs returns the text of an error without URLs, which may have a key of the collector's.
func withoutURLs(err error) string { return anyURL.ReplaceAllString(err.Error(), "(URL)") }
