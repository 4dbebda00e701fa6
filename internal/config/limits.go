package config

import "github.com/latchkey-auth/latchkey/internal/auth"

// rateLimits returns how often what can be done. Every word that is wrong is a fault of its own.
func (r *resolver) rateLimits() auth.Limits {
	const variable = "LATCHKEY_RATE_LIMITS"
	limits, problems := auth.ParseLimits(r.given.RateLimits)
	for _, problem := range problems {
		r.fault(variable, problem, "Give off, or words such as login=60/1m/address,login_failed=5/5m/account,signup=off.")
	}
	if len(problems) > 0 {
		return auth.Limits{}
	}
	return limits
}
