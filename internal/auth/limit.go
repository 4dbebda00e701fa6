package auth

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Meter is what one limit has counted of one client address or one account.
type Meter struct {
	Key      []byte        // a keyed digest of both: the store learns nobody's address
	Interval time.Duration // when one unit comes back; whole microseconds
	Units    int           // how many there are when nothing is counted
	Hold     bool          // a unit is held until it is known whether the attempt failed
}

// Shortage is a meter that has no unit for somebody.
type Shortage struct {
	Key []byte
	// FreeAt is when there is one. Zero: there are some, but other attempts hold them, each of
	// which may give its back.
	FreeAt time.Time
}

// LimitStore counts what is limited, for all replicas at once. Of a meter nothing is kept but when all
// of its units will be back, and which attempts hold one.
type LimitStore interface {
	// TakeUnits takes a unit of every meter, or of none if one is short of it, and then returns
	// all that are. A meter that is full so late that no clock which is off by ClockTolerance at most
	// can have counted it is set back to what it is with all units taken at now. However many take at once, nobody gets a unit that is not there. Of meters
	// with Hold the attempt holds the unit until it is settled, or until heldUntil if that never
	// happens. It must not be called in a transaction.
	TakeUnits(ctx context.Context, attempt uuid.UUID, meters []Meter, now, heldUntil time.Time) ([]Shortage, error)
	// SettleUnits gives back the units that an attempt holds of the meters or, if it failed, takes
	// them for good at now. Units of meters without Hold stay taken.
	SettleUnits(ctx context.Context, attempt uuid.UUID, meters []Meter, failed bool, now time.Time) error

	// RememberClient notes that the user logged in at a time from a client, by marks that only
	// whoever knows both can make. ErrNotFound if there is no such user.
	RememberClient(ctx context.Context, userID uuid.UUID, marks [][]byte, at time.Time) error
	// ForgetClients forgets all that was noted of the user. There being none is no error.
	ForgetClients(ctx context.Context, userID uuid.UUID) error
	// IsClientKnown reports whether one of the marks was noted later than since.
	IsClientKnown(ctx context.Context, marks [][]byte, since time.Time) (bool, error)
}

// ClockTolerance is how far the clocks of replicas may be apart without changing anything. What was
// counted by one further ahead holds nobody up for longer than all units of a limit take.
const ClockTolerance = time.Minute

// How long attempts wait and are waited for.
const (
	// holdTime is longer than any attempt takes. The unit of one whose replica died comes back then.
	holdTime = time.Minute
	// defaultPatience is how long an attempt waits for others that hold the units it needs.
	defaultPatience = 2 * time.Second
	// askAgain is how often is looked whether attempts of other replicas have ended.
	askAgain = 50 * time.Millisecond
)

// limiter is what a Service needs to limit beside its store.
type limiter struct {
	limits   Limits
	marks    *secret.MarkKey // of what is counted
	patience time.Duration
	refused  *refusals
	strange  *refusals // clients that were not known a moment ago
	lines    *lines
	local    *localMeters
	observe  func(limit string)
}

func newLimiter(config Config, key secret.Key) *limiter {
	l := &limiter{
		limits:   config.Limits,
		marks:    secret.NewMarkKey(key, "rate limits"),
		patience: config.LimitPatience,
		refused:  newRefusals(rememberedMeters),
		strange:  newRefusals(rememberedMeters),
		lines:    newLines(),
		local:    newLocalMeters(rememberedMeters),
		observe:  func(string) {},
	}
	if l.patience <= 0 {
		l.patience = defaultPatience
	}
	if config.Observer != nil {
		l.observe = config.Observer.Limited
	}
	return l
}

// rememberedMeters bounds what a replica keeps in memory of the limits: about 10 MB.
const rememberedMeters = 100_000

// use is what an attempt uses of a limit.
type use struct {
	limit   Limit
	act     Act    // what is written down if it is refused; empty: nothing
	account string // what counts as the account; empty: only the client address counts
	hold    bool   // only a failure counts
	per     Per    // what alone counts; empty: both
	rate    Rate   // in place of the limit's own; zero: that
	quiet   bool   // a refusal is not the end of it, and is not told
}

// meter is a Meter, and what it is of.
type meter struct {
	Meter
	id   secret.Mark
	use  use
	rate Rate
}

// meters returns what the uses of a request are counted by.
func (l *limiter) meters(request Request, uses []use) []meter {
	var meters []meter
	client := clientAddress(request)
	for _, u := range uses {
		for _, by := range []struct {
			per Per
			who string
		}{{PerAddress, client}, {PerAccount, u.account}} {
			rate, ok := l.limits.rate(rule{u.limit, by.per})
			if !ok || by.who == "" || u.per != "" && u.per != by.per {
				continue
			}
			if u.rate.Count > 0 {
				rate = u.rate
			}
			id := l.marks.Mark(string(u.limit), string(by.per), by.who)
			meters = append(meters, meter{
				Meter: Meter{Key: id[:], Interval: rate.interval(), Units: rate.Count, Hold: u.hold},
				id:    id, use: u, rate: rate,
			})
		}
	}
	return meters
}

// clientAddress returns what counts as one client: an IPv4 address, or the network of 64 bits that an
// IPv6 client has all to itself. "" where none is known, as at the command line and behind a Unix
// socket: all of them together are not one client.
func clientAddress(r Request) string {
	if !r.ClientIP.IsValid() {
		return ""
	}
	address := r.ClientIP.Unmap().WithZone("")
	bits := 32
	if address.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(address, bits).Masked().String()
}

// limit counts something that is limited, whatever comes of it. It returns an Error of kind
// RateLimited if that was too often.
func (s *Service) limit(ctx context.Context, limit Limit, act Act, account string) error {
	_, err := s.permit(ctx, use{limit: limit, act: act, account: account})
	return err
}

// permit counts the uses of an attempt, all or none of them, and lets it begin. It returns an Error of
// kind RateLimited if one of them was too often; being refused counts for nothing. Whoever is let
// in calls end.
func (s *Service) permit(ctx context.Context, uses ...use) (*attempt, error) {
	meters := s.limits.meters(RequestFrom(ctx), uses)
	if len(meters) == 0 {
		return nil, nil //nolint:nilnil // nothing is limited, and a nil attempt is one
	}
	if err := s.remembered(ctx, meters); err != nil {
		return nil, err
	}
	a := &attempt{service: s, id: newID(), meters: meters}
	waiting := s.limits.lines.enter(a.held()...)
	defer waiting.leave()
	wait, cancel := context.WithTimeout(ctx, s.limits.patience)
	defer cancel()

	for {
		if waiting.await(wait) != nil {
			return nil, s.impatient(ctx, meters)
		}
		if err := s.remembered(ctx, meters); err != nil { // by one who was before us
			return nil, err
		}
		now := s.now()
		short, err := s.store.TakeUnits(ctx, a.id, a.stored(), now, now.Add(holdTime))
		if err != nil {
			return nil, fmt.Errorf("count what is limited: %w", err)
		}
		if len(short) == 0 {
			return a, nil
		}
		held, err := s.short(ctx, meters, short, now)
		if err != nil {
			return nil, err
		}
		if !waiting.join(held) {
			return nil, s.impatient(ctx, meters)
		}
	}
}
