package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// limitBudget is the name of the budget where refusals are counted. No setting changes it.
const limitBudget = "email_to_address"

// The budget of an address is for what people have sent to it who need not read it. It has two parts, so that
// neither takes from the other: one for links and codes into an account, and one for all else. Each part is
// three at once and then one in three and a half hours: both together are at most 6 in an hour and 18 in a day.
//
// The first of a network in a day uses nothing else. Of further ones a network has one in four hours, and all
// networks together two at once and then one in eight hours. So one network never has all of a part, and only four or
// more can keep it used up; and an owner at a new network, of whom two emails were lost, waits for four hours at most
// while no stranger asks.
var (
	budgetPart      = ratelimit.Rate{Count: 3, Period: 3 * 210 * time.Minute}
	budgetFirst     = ratelimit.Rate{Count: 1, Period: 24 * time.Hour}
	budgetRepeat    = ratelimit.Rate{Count: 1, Period: 4 * time.Hour}
	budgetAllRepeat = ratelimit.Rate{Count: 2, Period: 16 * time.Hour}
)

// What addresses of one mailbox, such as ada+shop@example.com and ada+news@example.com, have together beside the budget
// of each: four times that, and one network a third of it at once and then one in six hours. Most providers deliver
// them to one mailbox (RFC 5233). An address without a tag has none of this, so that whoever makes tags up takes nothing
// from it.
var (
	budgetMailbox        = ratelimit.Rate{Count: 12, Period: 3 * 210 * time.Minute}
	budgetMailboxNetwork = ratelimit.Rate{Count: 4, Period: 24 * time.Hour}
)

// knownBudget is what a client that the account knows has for itself instead.
var knownBudget = []ratelimit.Rate{
	{Count: 5, Period: 5 * time.Hour},
	{Count: 12, Period: 36 * time.Hour},
}

// actEmailWithheld names no account, as everything that anyone can cause, but the client who caused it.
var actEmailWithheld = newAct("email_withheld",
	"What anyone can have sent to an address was withheld, if there was anything to send, because the address has had its share.", outcomeLimited)

// spendBudget counts an item against the budget of its recipient, and returns ErrWithheld if that is used up. It
// counts the same and does the same work without a letter, nil, so that a budget that is used up tells nothing
// either. It is decided here, after the request was answered, so it tells whoever asked nothing. A client that the
// account knows has a budget for itself, so that no stranger keeps the owner from a reset or a code. A retry was
// counted when it was new.
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
	return s.spend(ctx, s.budgetUses(item, recipient, known, budgetNetwork(request)))
}

// spend counts the first of these ways to use the budget that is not refused. A refusal of all is ErrWithheld and
// is written down, unless it is quiet: then it is ErrNoLetter.
func (s *Service) spend(ctx context.Context, ways [][]ratelimit.Use) error {
	var refusal *ratelimit.Exceeded
	var events []string
	for _, uses := range ways {
		_, err := s.limits.Begin(ctx, uses...)
		exceeded, ok := errors.AsType[*ratelimit.Exceeded](err)
		if !ok {
			return err
		}
		refusal, events = exceeded, append(events, exceeded.Events...)
	}
	if refusal.Quiet {
		return ErrNoLetter
	}
	refusal.Events = slices.Compact(events) // one refusal, however many meters are used up
	if err := s.refused(ctx, refusal); !isRateLimited(err) {
		return err
	}
	return ErrWithheld
}

// budgetUses returns the ways in which an email may use the budget, the first to be tried first. One that a login
// asks for leaves no more often than ResendConfirmationEmail would send it. That is counted apart from requests:
// how much of their limit is left is seen by anyone, and must not tell whether a password was right.
func (s *Service) budgetUses(item *OutboxItem, to identifier, knownClient, network string) [][]ratelimit.Use {
	recipient := to.limited()
	use := func(by, subject string, rate ratelimit.Rate, event Act) ratelimit.Use {
		return ratelimit.Use{Limit: limitBudget, By: by, Subject: subject, Rate: rate, Event: string(event)}
	}
	part := "links"
	if item.Job.lowPriority() {
		part = "the rest"
	}
	whole := []ratelimit.Use{use(part, recipient, budgetPart, actEmailWithheld)}
	if mailbox := mailboxOf(to.email.Canonical); mailbox != "" {
		whole = append(whole, use(part+", mailbox", mailbox, budgetMailbox, actEmailWithheld))
		if network != "" {
			whole = append(whole, use(part+", mailbox by network", mailbox+" by "+network, budgetMailboxNetwork, actEmailWithheld))
		}
	}
	var ways [][]ratelimit.Use
	switch {
	case knownClient != "":
		var uses []ratelimit.Use
		for _, rate := range knownBudget {
			uses = append(uses, use("known client, "+rate.Period.String(), recipient+" from "+knownClient, rate, actEmailWithheld))
		}
		ways = append(ways, uses)
	case network == "":
		ways = append(ways, whole)
	default:
		ways = append(ways,
			slices.Concat(whole, []ratelimit.Use{use(part+", first", recipient+" by "+network, budgetFirst, "")}),
			slices.Concat(whole, []ratelimit.Use{
				use(part+", repeats by network", recipient+" by "+network, budgetRepeat, actEmailWithheld),
				use(part+", repeats", recipient, budgetAllRepeat, actEmailWithheld),
			}))
	}
	if rate, ok := s.config.Limits.rate(rule{LimitConfirmEmail, PerAccount}); ok && item.Password != PasswordNotAsked {
		login := ratelimit.Use{Limit: string(LimitConfirmEmail), By: "login", Subject: recipient, Rate: rate, Quiet: true}
		for i := range ways {
			ways[i] = append(ways[i], login)
		}
	}
	return ways
}

// mailboxOf returns an address without the tag that it has, or "" if it has none.
func mailboxOf(canonical string) string {
	at, tag := strings.LastIndex(canonical, "@"), strings.Index(canonical, "+")
	if tag < 1 || tag > at {
		return ""
	}
	return canonical[:tag] + canonical[at:]
}

// budgetNetwork returns what counts as one network for the budget, which is more than one client of other limits:
// 24 bits of an IPv4 address, 48 of an IPv6 address. Whoever has one address of such a network often has more.
func budgetNetwork(r Request) string {
	if !r.ClientIP.IsValid() {
		return ""
	}
	ip := embeddedIPv4(r.ClientIP.Unmap().WithZone(""))
	bits := 24
	if ip.Is6() {
		bits = 48
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
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
		fingerprint := s.deviceKey.Fingerprint("client", recipient.limited(), device)
		known, err := s.store.IsDeviceKnown(ctx, [][]byte{fingerprint[:]}, s.now().Add(-deviceKnownFor))
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
