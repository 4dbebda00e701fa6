package config

import (
	"cmp"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// SMTP is the server that takes the mail.
type SMTP struct {
	URL  secret.Text // as it was given, and checked
	Host string
	Port string // 1 to 65535, also where the URL has none
}

// smtp returns the SMTP server, or nil if there is none.
func (r *resolver) smtp() *SMTP {
	const variable = "LATCHKEY_SMTP_URL"
	const remedy = "Give it as smtp://user:password@host:587 or smtps://user:password@host:465." //nolint:gosec // an example

	if r.demand(variable, "production sends mail.", remedy) || r.given.SMTPURL == "" {
		return nil
	}

	server, problem := parseSMTP(r.given.SMTPURL.Reveal())
	if problem != "" {
		r.fault(variable, problem, remedy)
		return nil
	}
	return server
}

// parseSMTP returns the server that a URL names, or what is wrong with the URL.
//
// smtp demands STARTTLS, smtps is TLS from the first byte (RFC 8314). A connection without TLS is
// one to this machine itself, or asked for by ?tls=off, and then carries no password.
func parseSMTP(value string) (server *SMTP, problem string) {
	u, problem := parseSecretURL(value)
	if problem != "" {
		return nil, problem
	}

	ports := map[string]string{"smtp": "587", "smtps": "465"}
	server = &SMTP{URL: secret.Text(value), Host: u.Hostname(), Port: cmp.Or(u.Port(), ports[u.Scheme])}
	password, _ := u.User.Password()
	off := u.RawQuery == "tls=off"

	switch {
	case ports[u.Scheme] == "":
		return nil, "must begin with smtp:// or smtps://."
	case server.Host == "":
		return nil, "names no host."
	case !validPort(server.Port) || strings.Trim(server.Port, "0") == "":
		return nil, "must have a port from 1 to 65535."
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return nil, "must end with the host and the port, but for ?tls=off."
	case (u.User.Username() == "") != (password == ""):
		return nil, "must have a user and a password, or neither."
	case u.RawQuery != "" && !off:
		return nil, "has a query that is not understood: only ?tls=off is."
	case off && u.Scheme == "smtps":
		return nil, "says both smtps and ?tls=off, which contradict each other."
	case off && password != "" && !loopback(server.Host):
		return nil, "has a password that ?tls=off would send over the net for everybody to read."
	}
	return server, ""
}
