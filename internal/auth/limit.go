package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/locale"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// KnownDeviceStore remembers from which devices users have logged in, as far as limits treat these
// apart.
type KnownDeviceStore interface {
	// RememberDevice notes that the user logged in at a time from a device, by fingerprints that only
	// a server that knows both can make. ErrNotFound if there is no such user.
	RememberDevice(ctx context.Context, userID uuid.UUID, fingerprints [][]byte, at time.Time) error
	// ForgetDevices forgets all that was noted of the user. There being none is no error.
	ForgetDevices(ctx context.Context, userID uuid.UUID) error
}

// KnownDeviceReader finds out which clients accounts know.
type KnownDeviceReader interface {
	// IsDeviceKnown reports whether one of the fingerprints was noted later than since.
	IsDeviceKnown(ctx context.Context, fingerprints [][]byte, since time.Time) (bool, error)
}

// outcomeLimited is the outcome of an act that was refused because its limit was exceeded.
const outcomeLimited = "RATE_LIMITED"

// use is what an attempt uses of a limit.
type use struct {
	limit   Limit
	act     Act            // what is written down if it is refused; empty: nothing
	account string         // what counts as the account; empty: only the client address counts
	hold    bool           // only a failure counts
	per     Per            // what alone counts; empty: both
	rate    ratelimit.Rate // in place of the limit's own; zero: that
	quiet   bool           // a refusal is not the end of it, and is not told
}

// uses returns what the uses of a request are counted by.
func (s *Service) uses(request Request, wanted []use) []ratelimit.Use {
	var uses []ratelimit.Use
	networks := clientNetworks(request)
	for _, u := range wanted {
		add := func(per Per, subject string, factor int) {
			rate, ok := s.config.Limits.rate(rule{u.limit, per})
			if !ok || subject == "" || u.per != "" && u.per != per {
				return
			}
			if u.rate.Count > 0 {
				rate = u.rate
			}
			rate.Count *= factor
			uses = append(uses, ratelimit.Use{
				Limit: string(u.limit), By: string(per), Subject: subject,
				Rate: rate, Hold: u.hold, Event: string(u.act), Quiet: u.quiet,
			})
		}
		for _, n := range networks {
			add(PerAddress, n.subject, n.factor)
		}
		add(PerAccount, u.account, 1)
	}
	return uses
}

// limit counts something that is limited, whatever comes of it. It returns an Error of kind
// RateLimited if the limit is exceeded.
func (s *Service) limit(ctx context.Context, limit Limit, act Act, account string) error {
	_, err := s.permit(ctx, use{limit: limit, act: act, account: account})
	return err
}

// limitHere is limit for what each replica counts by itself. Nothing is written down.
func (s *Service) limitHere(ctx context.Context, limit Limit) error {
	if exceeded := s.limits.CountHere(s.uses(RequestFrom(ctx), []use{{limit: limit}})...); exceeded != nil {
		return s.refused(ctx, exceeded)
	}
	return nil
}

// permit counts the uses of an attempt, all or none of them, and lets it begin. It returns an Error of
// kind RateLimited if one of them exceeds its limit; being refused counts for nothing. A caller that is
// let in ends the attempt.
func (s *Service) permit(ctx context.Context, wanted ...use) (*ratelimit.Attempt, error) {
	attempt, err := s.begin(ctx, wanted)
	return attempt, s.told(ctx, err)
}

func (s *Service) begin(ctx context.Context, wanted []use) (*ratelimit.Attempt, error) {
	return s.limits.Begin(ctx, s.uses(RequestFrom(ctx), wanted)...)
}

// told is refused for an error that may be a refusal.
func (s *Service) told(ctx context.Context, err error) error {
	if exceeded, ok := errors.AsType[*ratelimit.Exceeded](err); ok {
		return s.refused(ctx, exceeded)
	}
	return err
}

// failOn makes an attempt fail if a password was found wrong before its verification ended with an error.
func failOn(attempt *ratelimit.Attempt, err error) {
	if errors.Is(err, secret.ErrMismatch) {
		attempt.Fail()
	}
}

// refused writes a refusal down if it is the first in a while, and returns its Error. The event is of no
// account: whether there is one is not looked at.
func (s *Service) refused(ctx context.Context, exceeded *ratelimit.Exceeded) error {
	for _, act := range exceeded.Events {
		if err := s.do(ctx, "note a refusal", func(tx *tx) error {
			return tx.write(ctx, AuditEvent{Act: actNamed(act), Outcome: outcomeLimited})
		}); err != nil {
			return err
		}
	}
	if !exceeded.Quiet {
		s.observeLimit(exceeded.Limit)
	}
	return rateLimited(exceeded.RetryAfter)
}

func (s *Service) observeLimit(limit string) {
	if s.config.Observer != nil {
		s.config.Observer.Limited(limit)
	}
}

// rateLimited is an Error of kind RateLimited. It says the same of every account.
func rateLimited(wait time.Duration) error {
	return &Error{
		Kind:       RateLimited,
		Message:    fmt.Sprintf("This was tried too often. Wait %s and try again.", locale.Wait(wait)),
		RetryAfter: wait,
	}
}

// isRateLimited reports whether an error is of kind RateLimited.
func isRateLimited(err error) bool {
	fault, ok := errors.AsType[*Error](err)
	return ok && fault.Kind == RateLimited
}
