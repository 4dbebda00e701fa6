package auth

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/locale"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// KnownDeviceStore remembers from which devices users have logged in, as far as limits treat these
// apart.
type KnownDeviceStore interface {
	// RememberDevice notes that the user logged in at a time from a device, by marks that only
	// a server that knows both can make. ErrNotFound if there is no such user.
	RememberDevice(ctx context.Context, userID uuid.UUID, marks [][]byte, at time.Time) error
	// ForgetDevices forgets all that was noted of the user. There being none is no error.
	ForgetDevices(ctx context.Context, userID uuid.UUID) error
}

// KnownDeviceReader finds out which clients accounts know.
type KnownDeviceReader interface {
	// IsDeviceKnown reports whether one of the marks was noted later than since.
	IsDeviceKnown(ctx context.Context, marks [][]byte, since time.Time) (bool, error)
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
	client := clientAddress(request)
	for _, u := range wanted {
		for _, by := range []struct {
			per     Per
			subject string
		}{{PerAddress, client}, {PerAccount, u.account}} {
			rate, ok := s.config.Limits.rate(rule{u.limit, by.per})
			if !ok || by.subject == "" || u.per != "" && u.per != by.per {
				continue
			}
			if u.rate.Count > 0 {
				rate = u.rate
			}
			uses = append(uses, ratelimit.Use{
				Limit: string(u.limit), By: string(by.per), Subject: by.subject,
				Rate: rate, Hold: u.hold, Event: string(u.act), Quiet: u.quiet,
			})
		}
	}
	return uses
}

// clientAddress returns what counts as one client: an IPv4 address, or the network of 64 bits that an
// IPv6 client has all to itself. "" if none is known, as at the command line and behind a Unix
// socket: all of them together are not one client.
func clientAddress(r Request) string {
	if !r.ClientIP.IsValid() {
		return ""
	}
	ip := r.ClientIP.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
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
	attempt, err := s.limits.Begin(ctx, s.uses(RequestFrom(ctx), wanted)...)
	if exceeded, ok := errors.AsType[*ratelimit.Exceeded](err); ok {
		return nil, s.refused(ctx, exceeded)
	}
	return attempt, err
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
