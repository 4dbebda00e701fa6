package auth

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// Bounds of a rate that an operator gives.
const (
	maxRateCount  = 100_000
	minRatePeriod = time.Second
	maxRatePeriod = 24 * time.Hour
)

// ParseLimits reads what an operator has changed of the limits: "off", or words separated by commas or
// spaces, such as `login=60/1m/address`, `login_failed=off/address` and `signup=off`; what is not
// named stays as it is by default. It returns everything that is wrong, in words that follow the
// name of a setting, and then no limits that could be used.
func ParseLimits(text string) (Limits, []string) {
	words := strings.FieldsFunc(text, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
	if len(words) == 1 && strings.EqualFold(words[0], "off") {
		return NoLimits, nil
	}
	limits, problems := Limits{changed: map[rule]ratelimit.Rate{}}, []string(nil)
	if text != "" && len(words) == 0 {
		problems = append(problems, "has no limit in it.")
	}
	for _, word := range words {
		if problem := limits.change(word); problem != "" {
			problems = append(problems, problem)
		}
	}
	return limits, problems
}

// change takes in one word, or returns what is wrong with it.
func (l Limits) change(word string) string {
	name, value, ok := strings.Cut(strings.ToLower(word), "=")
	limit, pers := limitNamed(name).Limit, persOf(name)
	switch {
	case !ok:
		return fmt.Sprintf("has %q, which is no limit: write name=count/period/per, such as login=60/1m/address.", word)
	case len(pers) == 0:
		return fmt.Sprintf("has the name %q, which is no limit. There are: %s.", name, strings.Join(limitNames(), ", "))
	}

	rate, per, problem := parseRate(value)
	if problem != "" {
		return fmt.Sprintf("has %q, in which %s", word, problem)
	}
	if per != "" {
		if !slices.Contains(pers, per) {
			return fmt.Sprintf("has %q, but %s is counted per %s only.", word, name, pers[0])
		}
		pers = []Per{per}
	}
	for _, per := range pers {
		if _, twice := l.changed[rule{limit, per}]; twice {
			return fmt.Sprintf("says twice what %s per %s is.", name, per)
		}
		l.changed[rule{limit, per}] = rate
	}
	return ""
}

// parseRate reads count/period/per, off/per or off; no per then stands for all that a limit has.
func parseRate(value string) (rate ratelimit.Rate, per Per, problem string) {
	parts := strings.Split(value, "/")
	if parts[0] == "off" && len(parts) <= 2 {
		return ratelimit.Rate{}, Per(strings.Join(parts[1:], "")), ""
	}
	if len(parts) != 3 || parts[2] == "" {
		return ratelimit.Rate{}, "", "a rate is count/period/per, or off."
	}
	count, err := strconv.Atoi(parts[0])
	if err != nil || count < 1 || count > maxRateCount {
		return ratelimit.Rate{}, "", fmt.Sprintf("the count must be a whole number from 1 to %d.", maxRateCount)
	}
	period, err := time.ParseDuration(parts[1])
	if err != nil || period < minRatePeriod || period > maxRatePeriod {
		return ratelimit.Rate{}, "", "the period must be a time from 1s to 24h, such as 30s, 5m or 1h."
	}
	return ratelimit.Rate{Count: count, Period: period}, Per(parts[2]), ""
}

// persOf returns what the limit with the name counts by; nothing if there is none.
func persOf(name string) []Per {
	var pers []Per
	for _, r := range limitNamed(name).rates {
		pers = append(pers, r.per)
	}
	return pers
}

// limitNames returns the names of all limits.
func limitNames() []string {
	var names []string
	for _, spec := range LimitSpecs() {
		names = append(names, string(spec.Limit))
	}
	return names
}
