package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// Waste is a kind of rows that nobody needs any more some time after a moment that each holds.
type Waste string

// The kinds of waste, and the moment in each.
const (
	WasteTokens       Waste = "links"                   // expires
	WasteSuccessors   Waste = "sealed refresh tokens"   // was sealed; only what is sealed goes
	WasteSignUps      Waste = "sign-ups"                // expires
	WasteCodes        Waste = "codes"                   // was asked for
	WasteWrongCodes   Waste = "counts of wrong codes"   // began; those of a user's address stay
	WasteIdleSessions Waste = "sessions unused"         // was last seen
	WasteOldSessions  Waste = "sessions at their limit" // ends, however much it is used
	WasteMail         Waste = "mails given up"          // was abandoned
	WasteAccounts     Waste = "deleted accounts"        // can no longer come back
	WasteClients      Waste = "devices"                 // was last logged in from
	WasteAuditEvents  Waste = "audit events"            // happened
	WasteLimits       Waste = "counts of limits"        // counts nothing any more
	WasteHolds        Waste = "attempts under way"      // is given up
	WasteKnownClients Waste = "clients of accounts"     // was last logged in from
)

// How long what is no use to the program is kept for people to look at.
const (
	codesKept         = 2 * time.Hour       // longer than its mail may take, and it works
	wrongCodesKept    = 30 * 24 * time.Hour // of addresses that nobody has
	abandonedMailKept = 30 * 24 * time.Hour
	auditEventsKept   = 400 * 24 * time.Hour // a year, and time to look back on it
	limitsKept        = time.Hour            // for replicas whose clocks are behind
)

// CleanUpStore removes what nobody needs, and knows who does what one replica does for all.
type CleanUpStore interface {
	// Discard removes up to limit rows of a kind, those whose moment is the time given or earlier,
	// and returns how many it removed. Of WasteClients the newest of each user stays. What somebody
	// else has locked it leaves for another time; so several may discard at once.
	Discard(ctx context.Context, what Waste, upTo time.Time, limit int) (int, error)
	// TakeLease gives the lease of that name to the holder until a time, if nobody else has it at
	// now, and reports whether it did. A holder may take it again.
	TakeLease(ctx context.Context, name string, holder uuid.UUID, now, until time.Time) (bool, error)
}

// cleanUpBatch is how many rows one transaction of a clean-up removes, so that it holds up nobody.
const cleanUpBatch = 500

// chore is a part of the clean-up: do removes up to cleanUpBatch of something and returns how many it
// removed. It is called until that is less.
type chore struct {
	what Waste
	do   func(ctx context.Context) (int, error)
}

// chores are all parts of the clean-up, in order. A feature whose rows expire adds its line here.
func (s *Service) chores() []chore {
	return []chore{
		s.discard(WasteTokens, 0),
		{what: WasteSuccessors, do: s.forgetSuccessors},
		s.discard(WasteSignUps, 0),
		s.discard(WasteCodes, codesKept),
		s.discard(WasteWrongCodes, wrongCodesKept),
		s.discard(WasteIdleSessions, sessionIdle+sessionNoted),
		s.discard(WasteOldSessions, 0),
		s.discard(WasteMail, abandonedMailKept),
		s.discard(WasteClients, clientMemory),
		{what: WasteAccounts, do: s.EraseDeleted},
		s.discard(WasteAuditEvents, auditEventsKept),
		s.discard(WasteLimits, limitsKept),
		s.discard(WasteHolds, limitsKept),
		s.discard(WasteKnownClients, clientKnown),
	}
}

// discard is the chore of removing rows whose moment was so long ago.
func (s *Service) discard(what Waste, age time.Duration) chore {
	return chore{what: what, do: func(ctx context.Context) (int, error) {
		return s.store.Discard(ctx, what, s.now().Add(-age), cleanUpBatch)
	}}
}

// Swept is what a clean-up removed, a line for each kind of waste, in the same order every time.
type Swept []SweptRows

// SweptRows is how many rows of a kind went.
type SweptRows struct {
	What Waste
	Rows int
}

// Total returns how many rows went.
func (s Swept) Total() int {
	total := 0
	for _, line := range s {
		total += line.Rows
	}
	return total
}

// LogValue implements slog.LogValuer: what went, and nothing of what did not.
func (s Swept) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, line := range s {
		if line.Rows > 0 {
			attrs = append(attrs, slog.Int(string(line.What), line.Rows))
		}
	}
	return slog.GroupValue(attrs...)
}

// CleanUp removes everything that has expired, in small batches. One kind that cannot be removed
// keeps no other: Swept is what went in any case, and the error tells what did not.
func (s *Service) CleanUp(ctx context.Context) (Swept, error) {
	return s.CleanUpTelling(ctx, func(Waste, int) {})
}

// CleanUpTelling is CleanUp for somebody who watches: tell is called before each batch with the kind,
// and how much of it has gone so far.
func (s *Service) CleanUpTelling(ctx context.Context, tell func(what Waste, gone int)) (Swept, error) {
	var (
		swept    Swept
		failures []error
	)
	for _, c := range s.chores() {
		rows, err := c.finish(ctx, tell)
		swept = append(swept, SweptRows{What: c.what, Rows: rows})
		if err != nil {
			failures = append(failures, fmt.Errorf("clean up %s: %w", c.what, err))
		}
	}
	return swept, errors.Join(failures...)
}

// finish does the chore until there is nothing left to do.
func (c chore) finish(ctx context.Context, tell func(what Waste, gone int)) (total int, err error) {
	for {
		tell(c.what, total)
		rows, err := c.do(ctx)
		total += rows
		if err != nil || rows < cleanUpBatch {
			return total, err
		}
	}
}
