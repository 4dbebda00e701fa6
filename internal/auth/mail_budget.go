package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// limitBudget is the name of the budget where refusals are counted. No setting changes it.
const limitBudget = "email_to_address"

// The budget of an address is how many emails it gets at the word of people who need not read them, of all
// kinds and for all of them together: at most 6 in any hour and 20 in any day. Five may come at once, then one an
// hour; of 12 that are used up one comes back every 3 hours.
var budget = []ratelimit.Rate{
	{Count: 5, Period: 5 * time.Hour},
	{Count: 12, Period: 36 * time.Hour},
}

// clientBudget is what one client has of it, so that one alone does not take all of it from the others.
var clientBudget = []ratelimit.Rate{
	{Count: 4, Period: 6 * time.Hour},
	{Count: 8, Period: 36 * time.Hour},
}

// actEmailWithheld names no account, as everything that anyone can cause, but the client who caused it.
var actEmailWithheld = newAct("email_withheld",
	"An email that anyone can have sent to an address was withheld, because the address has had its share.", outcomeLimited)

// spendBudget counts a letter against the budget of its recipient, and returns ErrWithheld if that is used up.
// It is decided here, after the request was answered, so it tells whoever asked nothing. A client that the
// account knows has a budget for itself, so that no stranger keeps the owner from a reset or a code. A retry was
// counted when it was new. Without a letter, nil, it is as much work and uses nothing.
func (s *Service) spendBudget(ctx context.Context, item *OutboxItem, letter *Letter) error {
	if s.config.Limits.Off() || item.Attempts > 1 {
		return nil
	}
	request := Request{}
	if ip, err := netip.ParseAddr(item.IPAddress); err == nil {
		request.ClientIP = ip
	}
	ctx = WithRequest(ctx, request) // for the audit trail

	recipient := identifier{email: address.Email{Canonical: cmp.Or(item.Recipient, item.EmailKey)}}
	if letter != nil {
		recipient.email = letter.To
	}
	known, err := s.knownClient(ctx, recipient, request)
	if err != nil {
		return err
	}
	uses := s.budgetUses(item, recipient.limited(), known, clientAddress(request))
	if letter == nil {
		for i := range uses {
			uses[i].By += ", no letter" // these are other meters, which nothing else reads
		}
	}
	_, err = s.limits.Begin(ctx, uses...)
	exceeded, ok := errors.AsType[*ratelimit.Exceeded](err)
	switch {
	case !ok:
		return err
	case letter == nil || exceeded.Quiet:
		return ErrNoLetter
	}
	exceeded.Events = slices.Compact(exceeded.Events) // one refusal, however many meters are used up
	if err := s.refused(ctx, exceeded); !isRateLimited(err) {
		return err
	}
	return ErrWithheld
}

// budgetUses returns what an email uses. One that a login asks for with the right password leaves no more often
// than ResendConfirmationEmail would send it. That is counted apart from requests: how much of their limit is left
// is seen by anyone, and must not tell whether a password was right.
func (s *Service) budgetUses(item *OutboxItem, recipient, knownClient, client string) []ratelimit.Use {
	var uses []ratelimit.Use
	add := func(subject string, rates []ratelimit.Rate) {
		for _, rate := range rates {
			uses = append(uses, ratelimit.Use{
				Limit: limitBudget, By: "recipient, " + rate.Period.String(), Subject: subject, Rate: rate, Event: string(actEmailWithheld),
			})
		}
	}
	switch {
	case knownClient != "":
		add(recipient+" from "+knownClient, budget)
	default:
		add(recipient, budget)
		if client != "" {
			add(recipient+" by "+client, clientBudget)
		}
	}
	if rate, ok := s.config.Limits.rate(rule{LimitConfirmEmail, PerAccount}); ok && item.Password != PasswordNotAsked {
		uses = append(uses, ratelimit.Use{Limit: string(LimitConfirmEmail), By: "login", Subject: recipient, Rate: rate, Quiet: true})
	}
	return uses
}

// knownClient returns by what the account of an address knows the client of a request, or "" if it does not. An
// account whose address was not confirmed knows none: a stranger may have made it.
func (s *Service) knownClient(ctx context.Context, recipient identifier, request Request) (string, error) {
	user, err := recipient.find(ctx, s.store)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", fmt.Errorf("find the recipient: %w", err)
	}
	confirmed := err == nil && user.EmailVerified()
	for _, device := range devices(request) {
		mark := s.deviceMarks.Mark("client", recipient.limited(), device)
		known, err := s.store.IsDeviceKnown(ctx, [][]byte{mark[:]}, s.now().Add(-deviceKnownFor))
		if err != nil {
			return "", fmt.Errorf("look for a known device: %w", err)
		}
		if known && confirmed {
			return device, nil
		}
	}
	return "", nil
}

// mintNothing is as much work for the store as keeping the digest of a token. What it writes counts nothing, is
// one row for each recipient, and is removed with the counts of limits.
func (s *Service) mintNothing(ctx context.Context, item *OutboxItem) error {
	_, err := s.limits.Begin(ctx, ratelimit.Use{
		Limit: "no token", By: "recipient", Subject: cmp.Or(item.Recipient, item.EmailKey),
		Rate: ratelimit.Rate{Count: 1 << 20, Period: time.Hour}, Quiet: true,
	})
	if _, ok := errors.AsType[*ratelimit.Exceeded](err); ok {
		return nil
	}
	return err
}
