package auth

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// reportLimit is how many accounts one request is remembered by. A mutation has no more fields that
// name one.
const reportLimit = 10

// Report is what is remembered of a request until it is over, for the one line that the log has of
// it: what was asked for, what came of it, and which accounts were named. The server of the request
// makes one; what works on the request writes into it. A nil Report takes everything and remembers nothing.
// It is safe for concurrent use.
type Report struct {
	mu        sync.Mutex
	operation string
	outcome   string
	accounts  []string
}

type reportKey struct{}

// WithReport returns a context that carries the report of a request.
func WithReport(ctx context.Context, r *Report) context.Context {
	return context.WithValue(ctx, reportKey{}, r)
}

// ReportFrom returns the report of the request, and nil outside of one.
func ReportFrom(ctx context.Context) *Report {
	r, _ := ctx.Value(reportKey{}).(*Report)
	return r
}

// Done says what was asked for, by the names that the schema has for it and no others ("" if it
// could not be made out, or has no name), and the codes of what went wrong; none is success.
func (r *Report) Done(operation []string, codes []string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.operation, r.outcome = strings.Join(operation, ","), outcomeOK
	if len(codes) > 0 {
		r.outcome = strings.Join(codes, ",")
	}
}

// concerns says which account a request named, by the key of an address or a username that could be
// one's. Whether anybody has it does not matter.
func (r *Report) concerns(account string) {
	if r == nil || account == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.accounts) < reportLimit && !slices.Contains(r.accounts, account) {
		r.accounts = append(r.accounts, account)
	}
}

// Operation returns what was asked for and what came of it: "ok", codes, or "" if that was not written down.
func (r *Report) Operation() (operation, outcome string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.operation, r.outcome
}

// Accounts returns the keys of the addresses and usernames that were named. They are personal data:
// a log has them only as fingerprints, or if its operator wants it so.
func (r *Report) Accounts() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.accounts)
}

// String implements fmt.Stringer and gives no account away.
func (r *Report) String() string { return "[report]" }

// GoString implements fmt.GoStringer.
func (r *Report) GoString() string { return r.String() }
