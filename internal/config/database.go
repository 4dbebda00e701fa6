package config

import "github.com/latchkey-auth/latchkey/internal/secret"

// databaseURL returns the URL of PostgreSQL, or nothing for SQLite. Everything behind the scheme is
// the driver's to read.
func (r *resolver) databaseURL() secret.Text {
	if r.given.DatabaseURL == "" {
		return ""
	}

	u, problem := parseSecretURL(r.given.DatabaseURL.Reveal())
	if problem == "" && u.Scheme != "postgres" && u.Scheme != "postgresql" {
		problem = "must begin with postgres:// or postgresql://."
	}
	if problem != "" {
		r.fault("DATABASE_URL", problem,
			"Give it as postgres://user:password@host:5432/name, or nothing for SQLite in the data folder.")
		return ""
	}
	return r.given.DatabaseURL
}
