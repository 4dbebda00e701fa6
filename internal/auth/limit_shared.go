package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// LimitRequestCode counts requests for a code, to log in or to step up. Each makes an email to an address that
// anyone can type.
var LimitRequestCode = newLimit("request_login_code", "Requests for a code by email, to sign in or to confirm an identity.",
	perAddress(20, time.Minute), perAccount(1, 10*time.Second))

// What strangers together have of an account beyond the limit that they share, by clients that have not used up
// their own. It is several times what one client has: so that a few machines that ask all the time do not take
// everything from the owner, and a thousand machines make no flood of email.
var (
	moreCodes  = ratelimit.Rate{Count: 10, Period: 10 * time.Minute}
	moreClaims = ratelimit.Rate{Count: 25, Period: 15 * time.Minute}
)

// permitShared is permit for a use per account that strangers have together. A client that has not used up the
// limit by itself has a unit of what all of them share or else, beyond that, of more. An IPv6 client is all of its
// widest network. The others are counted besides. It is the same work whether there is such an account or not.
func (s *Service) permitShared(ctx context.Context, shared use, more ratelimit.Rate, others ...use) (*ratelimit.Attempt, error) {
	client := clientNetwork(RequestFrom(ctx))
	if _, limited := s.config.Limits.rate(rule{shared.limit, PerAccount}); !limited || client == "" {
		return s.permit(ctx, append(others, shared)...)
	}
	own, beyond := shared, shared
	own.account, own.per = shared.account+" by "+client, PerAccount
	beyond.account, beyond.rate = shared.account+" more", more
	own.quiet, shared.quiet, beyond.quiet = true, true, true // it is one refusal, however many meters are asked
	attempt, err := s.begin(ctx, slices.Concat(others, []use{shared, own}))
	if !isQuiet(err) {
		return attempt, s.told(ctx, err)
	}
	attempt, beyondErr := s.begin(ctx, slices.Concat(others, []use{beyond, own}))
	if !isQuiet(beyondErr) {
		return attempt, s.told(ctx, beyondErr)
	}
	s.observeLimit(string(shared.limit))
	return nil, s.told(ctx, err) // a unit of the shared ones is there sooner
}

// isQuiet reports whether a refusal is not the end of it.
func isQuiet(err error) bool {
	exceeded, ok := errors.AsType[*ratelimit.Exceeded](err)
	return ok && exceeded.Quiet
}

// limitCode is limitIdentifier for a request for a code to log in with, which may be the only way in. A client that
// the account knows has the limit for itself.
func (s *Service) limitCode(ctx context.Context, h identifier) error {
	account, err := s.limitedFrom(ctx, LimitRequestCode, h)
	if err != nil {
		return err
	}
	all := use{limit: LimitRequestCode, act: actCodeRequested, account: account}
	if account != h.limited() {
		_, err = s.permit(ctx, all)
		return err
	}
	_, err = s.permitShared(ctx, all, moreCodes)
	return err
}
