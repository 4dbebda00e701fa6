package auth

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// LimitRequestCode counts requests for a code, to log in or to step up. Each makes an email to an address that
// anyone can type.
var LimitRequestCode = newLimit("request_login_code", "Requests for a code by email, to sign in or to confirm an identity.",
	perAddress(20, time.Minute), perAccount(1, 10*time.Second))

// moreCodes is how many codes for an account are asked for beyond the limit of all strangers together,
// by clients that have not used up their own: so that one who asks all the time does not take every
// code from the owner, and a thousand machines make no flood of mail.
var moreCodes = ratelimit.Rate{Count: 10, Period: 10 * time.Minute}

// limitCode is limitIdentifier for a request for a code to log in with, which may be the only way in. A
// client that the account does not know has the limit for itself, and what all of those share,
// or else one of moreCodes. It is the same work whether there is such an account or not.
func (s *Service) limitCode(ctx context.Context, h identifier) error {
	account, err := s.limitedFrom(ctx, LimitRequestCode, h)
	if err != nil {
		return err
	}
	all := use{limit: LimitRequestCode, act: actCodeRequested, account: account}
	client := clientAddress(RequestFrom(ctx))
	if _, limited := s.config.Limits.rate(rule{LimitRequestCode, PerAccount}); !limited || client == "" || account != h.limited() {
		_, err := s.permit(ctx, all)
		return err
	}

	own := use{limit: LimitRequestCode, act: actCodeRequested, account: account + " by " + client, per: PerAccount}
	shared, more := all, all
	own.quiet, shared.quiet, more.quiet = true, true, true // it is one refusal, however many meters are asked
	more.account, more.rate = account+" more", moreCodes
	if _, err = s.permit(ctx, shared, own); err == nil || !isRateLimited(err) {
		return err
	}
	if _, moreErr := s.permit(ctx, more, own); moreErr == nil || !isRateLimited(moreErr) {
		return moreErr
	}
	s.observeLimit(string(LimitRequestCode))
	return err // one of the shared ones is there sooner
}

func isRateLimited(err error) bool {
	fault, ok := errors.AsType[*Error](err)
	return ok && fault.Kind == RateLimited
}
