package metrics

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Outcomes of a password hash.
const (
	hashDone = "done"
	hashBusy = "busy"
	hashGone = "gone"
)

// outcomeOK is the outcome of what nothing was wrong with.
const outcomeOK = "ok"

var _ auth.Observer = (*Metrics)(nil)

// Acted implements auth.Observer.
func (m *Metrics) Acted(act auth.Act, outcome string) {
	outcome = m.known.bound("outcome", outcome)
	m.acts.WithLabelValues(m.known.bound("act", string(act)), outcome).Inc()
	if way := act.LoginWay(); way != "" {
		m.logins.WithLabelValues(m.known.bound("way", way), outcome).Inc()
	}
}

// Limited implements auth.Observer.
func (m *Metrics) Limited(limit string) {
	m.limits.WithLabelValues(m.known.bound("limit", limit)).Inc()
}

// Hashed is an observer of password hashes.
func (m *Metrics) Hashed(_ context.Context, work secret.HashWork) {
	m.hashWait.Observe(work.Waited.Seconds())
	switch {
	case work.Err == nil:
		m.hashes.WithLabelValues(hashDone).Inc()
		m.hashDuration.Observe(work.Worked.Seconds())
	case errors.Is(work.Err, secret.ErrBusy):
		m.hashes.WithLabelValues(hashBusy).Inc()
	default:
		m.hashes.WithLabelValues(hashGone).Inc()
	}
}

// MailBegun is an observer of mail.
func (m *Metrics) MailBegun(ctx context.Context, job auth.Job) (context.Context, func(outcome string)) {
	return ctx, func(outcome string) {
		m.mails.WithLabelValues(m.known.bound("errand", string(job)), m.known.bound("mail outcome", outcome)).Inc()
	}
}

// OperationBegun is an observer of GraphQL operations.
func (m *Metrics) OperationBegun(ctx context.Context) (context.Context, func(kind string, fields, codes []string)) {
	begun := time.Now()
	return ctx, func(_ string, fields, codes []string) {
		operation := m.known.bound("operation", one(fields, "invalid"))
		m.operations.WithLabelValues(operation, m.known.bound("outcome", one(codes, outcomeOK))).Inc()
		m.operationTime.WithLabelValues(operation).Observe(time.Since(begun).Seconds())
	}
}

// RequestBegun is an observer of HTTP requests.
func (m *Metrics) RequestBegun(ctx context.Context, _ *http.Request) (context.Context, func(route string, status int)) {
	begun := time.Now()
	return ctx, func(route string, status int) {
		route = m.known.bound("route", one([]string{route}[:min(len(route), 1)], "none"))
		m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
		m.httpTime.WithLabelValues(route).Observe(time.Since(begun).Seconds())
	}
}

// one makes one word of a list: of an empty one the word given, and "several" of several.
func one(list []string, none string) string {
	switch len(list) {
	case 0:
		return none
	case 1:
		return list[0]
	default:
		return "several"
	}
}

// maxNames is how many values a label may have. The schema has fewer fields, the domain fewer acts
// and codes, the server fewer routes.
const maxNames = 100

// labelBounds keeps labels bounded: the values of each that were seen.
type labelBounds struct {
	mu   sync.RWMutex
	seen map[string]map[string]bool
}

// bound returns the value, or "other" if the label has too many already.
func (n *labelBounds) bound(label, value string) string {
	n.mu.RLock()
	known := n.seen[label][value]
	n.mu.RUnlock()
	if known {
		return value
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen[label] == nil {
		if n.seen == nil {
			n.seen = map[string]map[string]bool{}
		}
		n.seen[label] = map[string]bool{}
	}
	if !n.seen[label][value] && len(n.seen[label]) >= maxNames {
		return "other"
	}
	n.seen[label][value] = true
	return value
}
