package config

import (
	"cmp"
	"net/url"
	"regexp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// databaseURL returns the URL of PostgreSQL, or nothing for SQLite. Everything behind the scheme is
// the driver's to read.
func (r *resolver) databaseURL() secret.Text {
	if r.given.DatabaseURL == "" {
		return ""
	}

	given := withSocket(r.given.DatabaseURL.Reveal())
	u, err := address.ParseSecretURL(given)
	problem := ""
	if err != nil {
		problem = err.Error() + "."
	} else if u.Scheme != "postgres" && u.Scheme != "postgresql" {
		problem = "must begin with postgres:// or postgresql://."
	}
	if problem != "" {
		r.fault("DATABASE_URL", problem,
			"Give it as postgres://user:password@host:5432/name, or nothing for SQLite in the data folder.")
		return ""
	}
	return secret.Text(given)
}

// socketURL is a URL with the folder of a socket in place of a host, as libpq takes it.
var socketURL = regexp.MustCompile(`^(postgres(?:ql)?://(?:[^@/?#]*@)?)(%2[Ff][^/?#:@]*)(?::([0-9]+))?(/[^?#]*)?(?:\?(.*))?$`)

// withSocket puts the folder of a socket into the parameter host, where the driver looks for it.
func withSocket(databaseURL string) string {
	parts := socketURL.FindStringSubmatch(databaseURL)
	if parts == nil {
		return databaseURL
	}
	folder, err := url.PathUnescape(parts[2])
	if err != nil {
		return databaseURL
	}
	query := "host=" + url.QueryEscape(folder)
	if parts[3] != "" {
		query += "&port=" + parts[3]
	}
	if parts[5] != "" {
		query += "&" + parts[5]
	}
	return parts[1] + cmp.Or(parts[4], "/") + "?" + query
}
