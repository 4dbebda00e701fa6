package auth

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/latchkey-auth/latchkey/internal/locale"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// Limit names something that can be done only so often. The file of the feature that counts it declares it
// with newLimit. Settings of deployments have the names; they are those of django-allauth's
// ACCOUNT_RATE_LIMITS where it has one for the same.
type Limit string

// LimitSpec is what is known of a limit.
type LimitSpec struct {
	Limit  Limit
	Counts string // what counts, in a sentence for operators

	rates []limitRate
}

// Per says of whom a limit counts.
type Per string

// A client address is one IPv4 address or one IPv6 network. An account is what was typed to name it,
// whether anybody has it or not, or the user of a session, or a session.
const (
	PerAddress Per = "address"
	PerAccount Per = "account"
)

// limitRate is the rate by which a limit counts unless an operator says otherwise.
type limitRate struct {
	per  Per
	rate ratelimit.Rate
}

func perAddress(count int, period time.Duration) limitRate {
	return limitRate{PerAddress, ratelimit.Rate{Count: count, Period: period}}
}

func perAccount(count int, period time.Duration) limitRate {
	return limitRate{PerAccount, ratelimit.Rate{Count: count, Period: period}}
}

// limitSpecs are all limits. newLimit fills it.
var limitSpecs = map[Limit]LimitSpec{}

// newLimit adds a limit to the table and returns it. It has one rate for each Per that it counts by, client
// addresses first.
func newLimit(limit Limit, counts string, rates ...limitRate) Limit {
	limitSpecs[limit] = LimitSpec{Limit: limit, Counts: counts, rates: rates}
	return limit
}

// LimitSpecs returns what is known of every limit, in alphabetical order.
func LimitSpecs() []LimitSpec {
	return slices.SortedFunc(maps.Values(limitSpecs), func(a, b LimitSpec) int { return cmp.Compare(a.Limit, b.Limit) })
}

// limitNamed returns the limit with the name. Its rates are empty if there is none.
func limitNamed(name string) LimitSpec { return limitSpecs[Limit(name)] }

// Defaults returns the default rates of the limit, in the form that ParseLimits reads: 5/5m/account.
func (l LimitSpec) Defaults() []string {
	words := make([]string, len(l.rates))
	for i, r := range l.rates {
		words[i] = rateInWords(r.rate, r.per)
	}
	return words
}

// rule returns what the operator may change of a rate of the limit.
func (l LimitSpec) rule(r limitRate) rule { return rule{l.Limit, r.per} }

// rateInWords returns a rate in the form that ParseLimits reads.
func rateInWords(r ratelimit.Rate, per Per) string {
	return strconv.Itoa(r.Count) + "/" + locale.Exact(r.Period) + "/" + string(per)
}
