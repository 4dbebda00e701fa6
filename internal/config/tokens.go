package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a JWT access token's lifetime. The upper one is for how long a service that asks no server
// takes a token whose session has ended.
const (
	accessTokenShortest = time.Minute
	accessTokenLongest  = 15 * time.Minute
)

func (r *resolver) tokens() {
	r.config.AccessToken = r.choice("LATCHKEY_ACCESS_TOKEN", "opaque", "jwt")
	r.config.AccessTokenLifetime = r.accessTokenLifetime()
	r.config.JWTAlgorithm = r.choice("LATCHKEY_JWT_ALGORITHM", "EdDSA", "ES256", "RS256")
	r.config.JWTAudience = r.jwtAudience()
	r.config.JWTClaims = r.jwtClaims()
	r.config.BasicAuth = r.boolean("LATCHKEY_BASIC_AUTH", false)
}

func (r *resolver) accessTokenLifetime() time.Duration {
	if r.given.AccessTokenLifetime == "" {
		return accessTokenLongest
	}
	d, err := time.ParseDuration(r.given.AccessTokenLifetime)
	if err != nil || d < accessTokenShortest || d > accessTokenLongest || d%time.Second != 0 {
		r.fault("LATCHKEY_ACCESS_TOKEN_LIFETIME", "must be from 1m to 15m, in whole seconds.",
			"Give minutes or seconds with their unit, such as 10m, 90s or 2m30s, or nothing for 15m.")
		return accessTokenLongest
	}
	return d
}

// jwtAudience returns whom JWTs are for: the public URL, unless others are named.
func (r *resolver) jwtAudience() []string {
	const (
		variable = "LATCHKEY_JWT_AUDIENCE"
		remedy   = "Give names that your services know themselves by, separated by commas, such as https://api.your-site.com,reports."
		most     = 16 // every token holds them all
	)
	otherwise := []string{r.config.PublicURL.String()}
	if r.given.JWTAudience == "" {
		return otherwise
	}

	entries := entriesOf(r.given.JWTAudience)
	r.given.JWTAudience = strings.Join(entries, ",") // as it is shown
	before := len(r.faults)
	for i, entry := range entries {
		if problem := audienceProblem(entry); problem != "" {
			r.fault(variable, fmt.Sprintf("has the entry %d, which %s", i+1, problem), remedy)
		} else if slices.Contains(entries[:i], entry) {
			r.fault(variable, fmt.Sprintf("has the entry %d, which stands there before.", i+1), remedy)
		}
	}
	switch {
	case len(entries) == 0:
		r.fault(variable, "has no name in it.", remedy)
	case len(entries) > most:
		r.fault(variable, fmt.Sprintf("names more than %d.", most), remedy)
	}
	if len(r.faults) > before {
		return otherwise
	}
	return entries
}

// audienceProblem says what is wrong with one audience, or nothing. A name with a colon has to be a
// URI (RFC 7519, section 2, StringOrURI).
func audienceProblem(name string) string {
	const longest = 200 // characters
	if utf8.RuneCountInString(name) > longest {
		return fmt.Sprintf("is longer than %d characters.", longest)
	}
	if !strings.Contains(name, ":") {
		return ""
	}
	switch u, err := url.Parse(name); {
	case err != nil || u.Scheme == "":
		return "has a colon and is no URL: such a name has to be one."
	case u.User != nil:
		return "must not hold a user or a password: everybody who has a token reads it."
	}
	return ""
}

// jwtClaims returns the claims that were asked for, unchecked: what may be one depends on the profile
// schema, so that auth.ParseClaims has to say it.
func (r *resolver) jwtClaims() []string {
	if r.given.JWTClaims == "" {
		return nil
	}
	entries := entriesOf(r.given.JWTClaims)
	if len(entries) == 0 {
		r.fault("LATCHKEY_JWT_CLAIMS", "has no name in it.", "Give names separated by commas, such as email,role, or nothing for none.")
	}
	return entries
}
