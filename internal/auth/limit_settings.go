package auth

import (
	"fmt"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// rule is a limit with what it counts by.
type rule struct {
	limit Limit
	per   Per
}

// Limits is what an operator decides of the limits. The zero value is what holds by default.
type Limits struct {
	off     bool
	changed map[rule]ratelimit.Rate // a zero Rate: not limited
}

// NoLimits limits nothing, for load tests.
var NoLimits = Limits{off: true}

// Off reports whether nothing is limited.
func (l Limits) Off() bool { return l.off }

// Equal reports whether both limit the same.
func (l Limits) Equal(other Limits) bool { return l.String() == other.String() }

// rate returns the rate of a rule, and false if it limits nothing.
func (l Limits) rate(r rule) (ratelimit.Rate, bool) {
	if l.off {
		return ratelimit.Rate{}, false
	}
	if rate, ok := l.changed[r]; ok {
		return rate, rate.Count > 0
	}
	for _, standard := range limitSpecs[r.limit].rates {
		if standard.per == r.per {
			return standard.rate, true
		}
	}
	return ratelimit.Rate{}, false
}

// String returns all limits in the form that ParseLimits reads, "off" if there are none.
func (l Limits) String() string {
	if l.off {
		return "off"
	}
	var words []string
	for _, spec := range LimitSpecs() {
		for _, standard := range spec.rates {
			word := fmt.Sprintf("%s=off/%s", spec.Limit, standard.per)
			if rate, ok := l.rate(spec.rule(standard)); ok {
				word = fmt.Sprintf("%s=%s", spec.Limit, rateInWords(rate, standard.per))
			}
			words = append(words, word)
		}
	}
	return strings.Join(words, ",")
}
